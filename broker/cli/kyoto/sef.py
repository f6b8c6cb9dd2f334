# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`sef`: the standard electronic format of Parties under the Kyoto Protocol."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.cli.session import Session, session
from itmo.runtime.cli.contract import Exit, tell
from itmo.runtime.cli.times import as_of_option

if TYPE_CHECKING:
    from sef.cli.reading import Refuse
    from sef.entries import Entry

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_LAYOUT = click.Choice(["draft", "cp1", "cp2"])
_OUT = click.Path(path_type=Path, dir_okay=False)


@click.group()
def sef() -> None:
    """Standard electronic format (SEF, Kyoto Protocol Article 7.1) of Parties."""


@sef.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option("--html", type=_OUT, help="Write a page, too.")
def check(files: tuple[Path, ...], html: Path | None) -> int:
    """Checks SEFs against every tie: within a file, across years and across Parties.

    Workbooks in any layout in use, and XML. Give earlier years, the next period and other Parties as
    well: what a tie needs and does not get is not compared, or left open. Of several versions of one
    report the last one counts. The cells count, not the name of a file.

    Exit status 0: every tie holds; 1: there are findings; 2: a file cannot be read.
    """
    from broker import __version__
    from itmo.clock import SystemClock
    from sef.cli import check_text
    from sef.cli.check import check_files
    from sef.result.document import as_tree

    run = session()
    now = SystemClock().now()
    result = check_files(files, html, f"broker {__version__}", now, _refuse(as_json=run.as_json))
    if result is None:
        return Exit.USAGE
    run.show(as_tree(result), lambda screen: check_text.tell(screen, result))
    return Exit.DONE if result.clean else Exit.REFUSED


@sef.command()
@click.argument("one", type=_FILE)
@click.argument("other", type=_FILE)
def compare(one: Path, other: Path) -> int:
    """Compares two SEFs cell by cell, such as a registry's own with the log's summary.

    Layouts may differ. Exit status 0: they say the same; 1: they differ; 2: a file cannot be read.
    """
    from sef.cli.compare import as_tree, compare_files
    from sef.cli.compare import tell as tell_differences

    run = session()
    found = compare_files(one, other, _refuse(as_json=run.as_json))
    if found is None:
        return Exit.USAGE
    run.show(as_tree(found), lambda screen: tell_differences(screen, found))
    return Exit.DONE if found[2].same else Exit.REFUSED


@sef.command()
@click.argument("file", type=_FILE)
@click.argument("out", type=_OUT)
@click.option("--layout", "kind", type=_LAYOUT, help="By default the one in use for the period.")
def write(file: Path, out: Path, kind: str | None) -> int:
    """Writes the SEF of FILE to OUT, a workbook (.xlsx) or XML (.xml), in a layout.

    Nothing is written where the layout has no place for a quantity, or where FILE has findings that
    hide one.
    """
    from sef.cli.write import write_as

    run = session()
    written = write_as(file, out, kind, _refuse(as_json=run.as_json))
    if written is None:
        return Exit.USAGE
    run.show(
        {"file": str(out), "layout": written},
        lambda screen: screen.line(f"{out} is written in layout {written}."),
    )
    return Exit.DONE


@sef.command()
@click.argument("party")
@click.argument("year", type=click.IntRange(2007, 2023))
@click.option("--period", type=click.IntRange(1, 2), required=True, help="The commitment period.")
@click.option("--out", type=_OUT, help="File to write to; by default named as Parties name theirs.")
@click.option("--layout", "kind", type=_LAYOUT, help="By default the one in use for the period.")
@click.option(
    "--version", default=1, show_default=True, type=click.IntRange(1), help="Of the report."
)
@as_of_option
def export(
    party: str,
    year: int,
    period: int,
    out: Path | None,
    kind: str | None,
    version: int,
    as_of: datetime | None,
) -> int:
    """Writes what the record says of a PARTY in a reported YEAR: the log's annual summary.

    Any year can be written as it was known at any moment.
    """
    from broker.reports.kyoto.sef_entries import registry_of
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_party_code
    from sef.cli.write import write_derived
    from sef.derivation import Asked
    from sef.model import Source

    run = session()
    code = parse_party_code(party, "PARTY")
    asked = Asked(
        party=registry_of(code), year=year, period=period, version=version, as_of=as_of,
        made=SystemClock().now(), source=Source.LOG,
    )  # fmt: skip
    path, layout = write_derived(_entries(run, as_of), asked, out, kind)
    run.show(
        {"file": str(path), "layout": layout},
        lambda screen: screen.line(f"{path} is written in layout {layout}."),
    )
    return Exit.DONE


@sef.command("true-up")
@click.argument("party")
@click.argument("period", type=click.IntRange(1, 2))
@as_of_option
def true_up(party: str, period: int, as_of: datetime | None) -> None:
    """Lists what a PARTY retired for a PERIOD and carried over from it, by serial numbers."""
    from broker.reports.kyoto.sef_entries import registry_of
    from itmo.identifiers import parse_party_code
    from sef.cli.true_up import as_tree
    from sef.cli.true_up import tell as tell_units
    from sef.true_up import true_up as reported

    run = session()
    code = registry_of(parse_party_code(party, "PARTY"))
    found = reported(_entries(run, as_of), code, period)
    run.show(as_tree(found), lambda screen: tell_units(screen, found))


def _entries(run: Session, as_of: datetime | None) -> list[Entry]:
    from broker.reports.kyoto.sef_entries import sef_entries
    from itmo.clock import SystemClock

    with run.reader() as connection:
        return sef_entries(connection, (as_of or SystemClock().now()).date(), as_of)


def _refuse(*, as_json: bool) -> Refuse:
    # One JSON value only: the first refusal.
    return lambda error, first: tell(error, as_json=as_json and first)
