# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker aef export`: Parties' AEFs drawn from the ledger, as workbooks or JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from aef.years import REPORTED_YEARS
from broker.cli.session import Session, session
from itmo.files import write_whole
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from aef.model import Submission

_VERSION: Final = re.compile(r"[1-9][0-9]{0,5}\.(0|[1-9][0-9]{0,5})", re.ASCII)
FORMATS: Final = ("xlsx", "json")


def _version(_: click.Context, __: click.Parameter, text: str) -> str:
    if _VERSION.fullmatch(text) is None:
        raise click.BadParameter(f"{text!a} is no version such as 1.0")
    return text


@click.command("export")
@click.option("--party", metavar="CODE", help="The Party.")
@click.option(
    "--year",
    type=click.IntRange(REPORTED_YEARS.start, REPORTED_YEARS.stop - 1),
    help="The reported year.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every Party and year of the record, or those of --party or --year.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File, or with --all folder, to write to; the present folder where not given.",
)
@click.option(
    "--format", "kind", type=click.Choice(FORMATS), help="By default that of --out, or xlsx."
)
@click.option(
    "--version", "version", default="1.0", show_default=True, callback=_version,
    help="Version of the submission.",
)  # fmt: skip
@click.option(
    "--unmerged",
    is_flag=True,
    help="Merge no cells of a workbook: every column has its heading in one row, for programs.",
)
@click.option("--force", is_flag=True, help="Write over files that exist.")
def export(
    party: str | None,
    year: int | None,
    everything: bool,
    out: Path | None,
    kind: str | None,
    version: str,
    unmerged: bool,
    force: bool,
) -> None:  # click's signature
    """Writes the AEF of a Party and year, as the ledger has it, into AEF_CHE_2024.xlsx or the like.

    Tables 1 to 5 as decision 4/CMA.6 annex II lays them out. What the platform fills in is left to
    it. The broker may run meanwhile.
    """
    from itmo.identifiers import parse_party_code

    if not everything and (party is None or year is None):
        raise click.UsageError("name a Party and a year, or ask for --all")
    run = session()
    code = None if party is None else parse_party_code(party, "--party")
    kind = format_of(out, kind, folder=everything)
    with Bar() as bar:
        drawn = _drawn(run, code, year, version, bar)
        written = [(each, place_of(each, out, kind, folder=everything)) for each in drawn]
        if not force:
            refuse_existing(path for _, path in written)
        for each, path in written:
            progress = partial(bar.at, f"writing {path.name}")
            write(each, path, kind, progress, merged=not unmerged)
    run.show(
        {"files": [told(each, path) for each, path in written]},
        lambda screen: tell_written(screen, written),
    )


def _drawn(
    run: Session, party: str | None, year: int | None, version: str, bar: Bar
) -> list[Submission]:
    from broker.reports.paris.aef.drawing import draw_all, movements_to_read

    with run.reader() as connection:
        of, done = movements_to_read(connection), 0

        def progress(count: int) -> None:
            nonlocal done
            done += count
            bar.at("drawing from the ledger", min(done, of), of)

        wanted = None if party is None or year is None else [(party, year)]
        drawn = draw_all(
            connection, wanted, version=version, submitted=_today(run), progress=progress
        )
    return [
        each
        for each in drawn
        if party in (None, each.heading.party) and year in (None, each.heading.reported_year)
    ]


def _today(run: Session) -> date:
    """The broker's date, which on a test network need not be that of the machine."""
    from broker.app import broker_clock
    from broker.store import genesis
    from itmo.clock import SystemClock

    with run.reader() as connection:
        network = genesis.read_network(connection)
    return (broker_clock(network) if network else SystemClock()).now().date()


def format_of(out: Path | None, asked: str | None, *, folder: bool) -> str:
    """The format that was asked for, or that the name of a file asks for.

    Raises:
        click.BadParameter: the file has the name of another format.
    """
    if out is None or folder or out.is_dir():
        return asked or "xlsx"
    named = out.suffix.lower().removeprefix(".")
    if named not in FORMATS or asked not in (None, named):
        raise click.BadParameter(
            f"{str(out)!a} has the name of another format; name a file that ends in"
            f" {' or '.join(f'.{each}' for each in FORMATS if asked in (None, each))},"
            " or a folder that exists",
            param_hint="--out",
        )
    return named


def place_of(submission: Submission, out: Path | None, kind: str, *, folder: bool) -> Path:
    """The file that a submission is written into."""
    heading = submission.heading
    name = f"AEF_{heading.party}_{heading.reported_year}.{kind}"
    if out is None:
        return Path(name)
    return out / name if folder or out.is_dir() else out


def refuse_existing(paths: Iterator[Path]) -> None:
    """Looks that nothing is written over.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming the file that exists.
    """
    for path in paths:
        if path.exists():
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"The file {path} exists. Write over it with --force, or elsewhere with --out.",
                setting="--out",
                found=str(path),
            )


def write(
    submission: Submission,
    path: Path,
    kind: str,
    progress: Callable[[int, int], None],
    *,
    merged: bool,
) -> None:
    """Writes a file that appears under its name when it is complete."""
    import json

    from aef.json_writing import to_json
    from aef.workbook_writing import write_workbook

    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "xlsx":
        write_workbook(submission, path, progress, merged=merged)
        return
    text = json.dumps(to_json(submission), ensure_ascii=False, indent=2)
    write_whole(path, f"{text}\n")


def told(submission: Submission, path: Path) -> dict[str, object]:
    """What was written, for a program."""
    return {
        "party": submission.heading.party,
        "year": submission.heading.reported_year,
        "file": str(path),
        "rows": {
            "authorizations": len(submission.authorizations),
            "actions": len(submission.actions),
            "holdings": len(submission.holdings),
            "entities": len(submission.entities),
        },
    }


def tell_written(screen: Screen, written: list[tuple[Submission, Path]]) -> None:
    """What was written, for people."""
    screen.table(
        ("Party", "year", "file", "authorizations", "actions", "holdings", "entities"),
        [
            (
                each.heading.party, each.heading.reported_year, path, len(each.authorizations),
                len(each.actions), len(each.holdings), len(each.entities),
            )
            for each, path in written
        ],
        numbers=["year", "authorizations", "actions", "holdings", "entities"],
        empty="the record has nothing to report",
    )  # fmt: skip
