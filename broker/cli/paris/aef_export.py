# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker aef export`: Parties' AEFs drawn from the ledger, as workbooks or JSON."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from aef.cli.options import export_options
from broker.cli.session import Session, session
from itmo.runtime.cli.progress import Bar

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import date

    from aef.model import Submission
    from broker.reports.paris.timeline import Timeline
    from itmo.runtime.db.connection import Connection


@click.command("export")
@export_options
def export(
    party: str | None,
    year: int | None,
    version: str,
    kind: str | None,
    **options: Any,  # noqa: ANN401  # by their names
) -> None:
    """Writes the AEF of a Party and year, as the ledger has it, into AEF_CHE_2024.xlsx or the like.

    Tables 1 to 5 as decision 4/CMA.6 annex II lays them out. What the platform fills in is left to
    it. The broker may run meanwhile.
    """
    from aef.cli.export import format_of, tell_written, told, write_files
    from itmo.identifiers import parse_party_code

    out, everything = options["out"], options["everything"]
    if not everything and (party is None or year is None):
        raise click.UsageError("name a Party and a year, or ask for --all")
    run = session()
    code = None if party is None else parse_party_code(party, "--party")
    kind = format_of(out, kind, folder=everything)
    with Bar() as bar:
        written = write_files(_drawn(run, code, year, version, bar), bar, kind=kind, **options)
    run.show(
        {"files": [told(each, path) for each, path in written]},
        lambda screen: tell_written(screen, written),
    )


def _drawn(
    run: Session, party: str | None, year: int | None, version: str, bar: Bar
) -> list[Submission]:
    """Of one Party along the timeline, so that what others did is not read; of all of the whole record."""
    submitted, step = _today(run), partial(bar.at, "drawing from the ledger")
    with run.reader() as connection, _timeline(run, connection, party) as made:
        if made is None or party is None:
            return _of_record(
                connection, party, year, version=version, submitted=submitted, progress=step
            )
        from broker.reports.paris.aef.party_drawing import PartyDrawing

        drawing = PartyDrawing(party, year)
        while not drawing.read_on(connection, made):
            step(0, None)
        return drawing.submissions(connection, version=version, submitted=submitted)


def _timeline(
    run: Session, connection: Connection, party: str | None
) -> AbstractContextManager[Timeline | None]:
    return nullcontext() if party is None else run.timeline(connection)


def _of_record(
    connection: Connection,
    party: str | None,
    year: int | None,
    **options: Any,  # noqa: ANN401  # by their names
) -> list[Submission]:
    from broker.reports.paris.aef.drawing import draw_all

    wanted = None if party is None or year is None else [(party, year)]
    drawn = draw_all(connection, wanted, only=party, **options)
    return [each for each in drawn if year in (None, each.heading.reported_year)]


def _today(run: Session) -> date:
    """The broker's date, which on a test network need not be that of the machine."""
    from broker.store import genesis
    from broker.store.genesis import broker_clock
    from itmo.clock import SystemClock

    with run.reader() as connection:
        network = genesis.read_network(connection)
    return (broker_clock(network) if network else SystemClock()).now().date()
