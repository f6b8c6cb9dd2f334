# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker aef export`: Parties' AEFs drawn from the ledger, as workbooks or JSON."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from aef.cli.options import export_options
from broker.cli.session import Session, session
from itmo.runtime.cli.progress import Bar

if TYPE_CHECKING:
    from datetime import date

    from aef.model import Submission


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
    from broker.reports.paris.aef.drawing import draw_all

    with run.reader() as connection:
        drawn = draw_all(
            connection,
            None if party is None or year is None else [(party, year)],
            version=version,
            submitted=_today(run),
            progress=partial(bar.at, "drawing from the ledger"),
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
