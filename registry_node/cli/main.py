# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The program `registry-node`: its commands, and what they have in common."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

import click
import structlog

from registry_node.cli import (
    authorizing,
    books,
    heading,
    keeping,
    noticing,
    office,
    rulebook,
    setting_up,
    sharing,
    stating,
    status,
    trading,
)
from registry_node.cli.plugins import PluggedGroup
from registry_node.cli.session import Exit, Session
from registry_node.settings_file import FOLDER_VARIABLE

EPILOG = """
\b
Exit codes:
  0  done
  1  refused: by the other side, by a check, or by this node
  2  wrong usage, input or settings
  3  not reachable, not running, or no decision within --wait
  4  a fault of the program itself
"""


class Program(PluggedGroup):
    """The group of all commands; a fault of the program itself has an exit code of its own."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001 - whatever else it is, it is our own fault
            if isinstance(error, OSError) or hasattr(error, "sqlite_errorname"):
                click.echo(f"error: {_of_the_machine(error)}", err=True)
                ctx.exit(Exit.UNREACHABLE)
            traceback.print_exc()
            click.echo("This is a fault of the program; please report the lines above.", err=True)
            ctx.exit(Exit.OWN_FAULT)


def _of_the_machine(error: Exception) -> str:
    """Says what the disk or the system refused, of which file, and what to do."""
    if not isinstance(error, OSError):
        full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
        fault = "has no room left" if full else f"failed: {error}"
        return (
            f"The node's database (its file, the log -wal beside it, or SQLite's temporary files) {fault}."
            " Nothing half done was kept. Make room or repair the disk, then start the node again."
        )
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}. Look at the disk and the file, then try again."


@click.group(
    cls=Program,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    envvar=FOLDER_VARIABLE,
    show_default="here",
    show_envvar=True,
    help="Folder with node.toml.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value and nothing else.")
@click.version_option(package_name="itmo-clearing-house")
@click.pass_context
def main(context: click.Context, folder: Path, as_json: bool) -> None:
    """Run a registry node of the carbon-unit clearing-house, and work with it.

    A node is made with `init`, joins a network with `join` and runs with `serve`; every other
    command talks to the running node through its socket. Units are written as THA01:1-1916; the
    registry may be left out where it is the account's.
    """
    # Standard output is for the answer; `serve` sets up a log of its own.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    context.obj = Session(folder, as_json=as_json)


for command in (
    *setting_up.COMMANDS,
    *heading.COMMANDS,
    *keeping.COMMANDS,
    *status.COMMANDS,
    *books.COMMANDS,
    *trading.COMMANDS,
    *stating.COMMANDS,
    *sharing.COMMANDS,
    *authorizing.COMMANDS,
    *noticing.COMMANDS,
    *office.COMMANDS,
    *rulebook.COMMANDS,
):
    main.add_command(command)
