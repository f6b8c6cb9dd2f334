# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The command `scenario`, which plugs into the broker's command line."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

import click

from itmo.runtime.cli.contract import print_json
from scenarios.outcome import Outcome, Refused

_UNEXPECTED: Final = 1
_INVALID: Final = 2


@click.group()
def scenario() -> None:
    """Plays stories of carbon accounting against a clearing-house in this process."""


@scenario.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON value: `files` has an object for each."
)
@click.option(
    "--database",
    metavar="URL",
    help="Keeps the clearing-house's books on this PostgreSQL server, in a schema of its own for each story"
    " that is dropped afterwards.  [default: in memory]",
)
def run(files: tuple[Path, ...], *, as_json: bool, database: str | None) -> None:
    """Plays scenario files and says for each expectation whether it held.

    Exit status 0: every expectation held; 1: one did not; 2: a file is not a valid scenario.
    """
    from itmo.runtime.cli.terminal import NOT_A_TERMINAL, Terminal
    from scenarios import report

    _log_to_stderr()
    outcomes = [play_file(path, database) for path in files]
    if as_json:
        print_json(report.as_tree(outcomes))
    else:
        width = None if sys.stdout.isatty() else NOT_A_TERMINAL
        report.print_text(Terminal(highlight=False, width=width), outcomes)
    refused = [each for each in outcomes if isinstance(each, Refused)]
    if as_json:
        for line in (line for each in refused for line in report.problem_lines(each)):
            click.echo(line, err=True)
    click.get_current_context().exit(exit_status(outcomes))


def play_file(path: Path, database: str | None = None) -> Outcome:
    """Reads and plays one file, with the books in memory or on a server."""
    from broker.known_regimes import ALL_REGIMES
    from broker.store.engines import for_a_while
    from scenarios.document import ScenarioInvalid
    from scenarios.play import play
    from scenarios.reading import read_file

    try:
        story = read_file(path)
        if database is None:
            return asyncio.run(play(story))
        with for_a_while(database, ALL_REGIMES) as books:
            return asyncio.run(play(story, books))
    except ScenarioInvalid as invalid:
        return Refused(file=invalid.file, problems=tuple(invalid.problems))


def exit_status(outcomes: list[Outcome]) -> int:
    """0, 1 or 2, as the format promises; an invalid file outweighs a failed expectation."""
    if any(isinstance(each, Refused) for each in outcomes):
        return _INVALID
    return 0 if all(not isinstance(each, Refused) and each.ok for each in outcomes) else _UNEXPECTED


def _log_to_stderr() -> None:
    """Keeps what the programs log apart from the report, which another program may read."""
    import logging

    import structlog

    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
