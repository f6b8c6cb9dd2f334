# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The program `registry-node`: its commands, and what they have in common."""

from __future__ import annotations

from pathlib import Path

import click

from itmo.runtime.cli.contract import EXIT_HELP, Program, with_contract
from registry_node.cli import (
    authorizing,
    books,
    comparing,
    heading,
    keeping,
    keying,
    noticing,
    office,
    renewing,
    rulebook,
    serving,
    setting_up,
    sharing,
    stating,
    status,
    trading,
)
from registry_node.cli.plugins import PluggedGroup
from registry_node.cli.session import Session, global_options
from registry_node.settings_file import FOLDER_VARIABLE


class NodeProgram(PluggedGroup, Program):
    """The group of all commands."""


@click.group(
    cls=NodeProgram,
    epilog=EXIT_HELP,
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
@click.version_option(package_name="itmo-clearing-house", prog_name="registry-node")
@click.pass_context
def main(context: click.Context, folder: Path, as_json: bool) -> None:
    """Run a registry node of the carbon-unit clearing-house, and work with it.

    A node is made with `init`, joins a network with `join` and runs with `serve`; every other
    command talks to the running node through its socket. Units are written as THA01:1-1916; the
    registry may be left out where it is the account's.
    """
    context.obj = Session(folder, as_json=as_json)


for command in (
    *setting_up.COMMANDS,
    *renewing.COMMANDS,
    *keying.COMMANDS,
    *serving.COMMANDS,
    *heading.COMMANDS,
    *keeping.COMMANDS,
    *comparing.COMMANDS,
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
    with_contract(command, global_options)
    main.add_command(command)
