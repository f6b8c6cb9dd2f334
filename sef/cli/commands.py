# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef check`, `compare`, `write` and the options of `sef export`: alike in every program that has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, cast

import click

from itmo.forms import Json
from itmo.reasons import ProtocolError
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option
from itmo.runtime.cli.whole_numbers import NUMBER
from sef.layout import LAST_YEAR

_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_LAYOUT: Final = click.Choice(["draft", "cp1", "cp2"])
_OUT: Final = click.Path(path_type=Path, dir_okay=False)
_PACKAGE: Final = "itmo-clearing-house"
_DONE, _FINDINGS, _UNREADABLE = 0, 1, 2
"""Exit status."""


class Run(Protocol):
    """The run of a program: how its answers are shown."""

    def show(self, value: Mapping[str, Json], text: Callable[[Screen], None]) -> None:
        """Shows an answer: as JSON for a program, as text for people."""

    def refuse(self, error: ProtocolError, first: bool) -> None:  # see `sef.cli.reading.Refuse`
        """Tells of a file that cannot be read."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option("--html", type=_OUT, help="Write a page, too.")
def check(files: tuple[Path, ...], html: Path | None) -> int:
    """Checks SEFs against every tie: within a file, across years and across Parties.

    Workbooks in any layout in use, and XML. Give earlier years, the next period and other Parties as
    well: what a tie needs and does not get is not compared, or left open. Of several versions of one
    report the last one counts. The cells count, not the name of a file.

    Exit status 0: every tie holds; 1: there are findings; 2: a file cannot be read.
    """
    from importlib.metadata import version

    from itmo.clock import SystemClock
    from sef.cli import check_text
    from sef.cli.check import check_files
    from sef.result.document import as_tree

    run = _run()
    now = SystemClock().now()
    name = click.get_current_context().find_root().command.name
    program = f"{name} {version(_PACKAGE)}"
    result = check_files(files, html, program, now, run.refuse)
    if result is None:
        return _UNREADABLE
    run.show(as_tree(result), lambda screen: check_text.tell(screen, result))
    return _DONE if result.clean else _FINDINGS


@click.command()
@click.argument("one", type=_FILE)
@click.argument("other", type=_FILE)
def compare(one: Path, other: Path) -> int:
    """Compares two SEFs cell by cell, such as a registry's own with the log's summary.

    Layouts may differ. Exit status 0: they say the same; 1: they differ; 2: a file cannot be read.
    """
    from sef.cli.compare import as_tree, compare_files
    from sef.cli.compare import tell as tell_differences

    run = _run()
    found = compare_files(one, other, run.refuse)
    if found is None:
        return _UNREADABLE
    run.show(as_tree(found), lambda screen: tell_differences(screen, found))
    return _DONE if found[2].same else _FINDINGS


@click.command()
@click.argument("file", type=_FILE)
@click.argument("out", type=_OUT)
@click.option("--layout", "kind", type=_LAYOUT, help="By default the one in use for the period.")
def write(file: Path, out: Path, kind: str | None) -> int:
    """Writes the SEF of FILE to OUT, a workbook (.xlsx) or XML (.xml), in a layout.

    Nothing is written where the layout has no place for a quantity, or where FILE has findings that
    hide one.
    """
    from sef.cli.write import write_as

    run = _run()
    written = write_as(file, out, kind, run.refuse)
    if written is None:
        return _UNREADABLE
    show_written(run, out, written)
    return _DONE


FILE_COMMANDS: Final[tuple[click.Command, ...]] = (check, compare, write)
"""Commands that need no ledger."""


def export_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the arguments and options of `sef export`."""
    for each in reversed(
        (
            click.argument("party"),
            click.argument("year", type=click.IntRange(2007, LAST_YEAR)),
            click.option(
                "--period", type=click.IntRange(1, 2), required=True, help="The commitment period."
            ),
            click.option(
                "--out",
                type=_OUT,
                help="File to write to; by default named as Parties name theirs.",
            ),
            click.option(
                "--layout",
                "kind",
                type=_LAYOUT,
                help="By default the one in use for the period.",
            ),
            click.option(
                "--version",
                default=1,
                show_default=True,
                type=NUMBER,
                help="Of the report.",
            ),
            as_of_option,
        )
    ):
        function = each(function)
    return function


def show_written(run: Run, path: Path, layout: str, *, remark: str = "") -> None:
    """Shows which file was written, in which layout, and what is to be said of where it comes from."""
    text = f"{path} is written in layout {layout}."
    run.show(
        {"file": str(path), "layout": layout} | ({"remark": remark} if remark else {}),
        lambda screen: screen.line(" ".join(filter(None, (text, remark)))),
    )


def _run() -> Run:
    return cast("Run", click.get_current_context().find_root().obj)
