# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The structured summary of a Party."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.cli import long_list
from broker.cli.paris.adjustments import UNEXPLAINED, traces
from broker.cli.session import session
from itmo.files import write_whole
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import PERIOD, as_of_option
from itmo.runtime.cli.whole_numbers import YEAR

if TYPE_CHECKING:
    from datetime import datetime

    from broker.reports.paris.structured_summary import Summary


@click.command()
@click.option("--party", required=True, metavar="CODE", help="The Party.")
@click.option("--year", type=YEAR, help="One calendar year.")
@click.option("--period", type=PERIOD, help="Every year from the first to the last.")
@click.option("--metric", metavar="NAME", help="An indicator such as MWh; else t CO2 eq.")
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions that make each figure.")
@click.option(
    "--html",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table as a page into this file.",
)
def summary(
    party: str,
    year: int | None,
    period: tuple[int, int] | None,
    metric: str | None,
    as_of: datetime | None,
    explain: bool,
    file: Path | None,
) -> None:  # click's signature
    """Shows a Party's structured summary: 5/CMA.3 annex II, table 4."""
    from broker.adjustments.entries import GHG
    from broker.regime.paris.adjustments.summary import MADE_OF
    from broker.reports.log_position import log_position
    from broker.reports.paris import summary_rows
    from broker.reports.paris.structured_summary import structured_summary
    from broker.reports.snapshot import snapshot
    from broker.rulebook.paris.years import YearSpan
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_party_code

    if (year is None) == (period is None):
        raise click.UsageError("Give either --year or --period.")
    first, last = period or (year or 0, year or 0)
    run, code = session(), parse_party_code(party, "--party")
    span, metric = YearSpan(first, last), metric or GHG
    with (
        run.reader() as connection,
        snapshot(connection),
        nullcontext() if explain else run.timeline(connection) as made,
    ):
        found = structured_summary(
            connection, code, span, metric=metric, as_of=as_of, timeline=made
        )
        position = log_position(connection, as_of)
    named = [
        each
        for column in found.columns
        for name in (MADE_OF if explain else ())
        for each in found.made_of(name, column.year)
    ]
    long_list.refuse_more(named, "entries", UNEXPLAINED)
    if file is not None:
        write_whole(file, summary_rows.page(found, SystemClock().now(), position))
    value = summary_rows.as_data(found)
    if explain:
        value["explained"] = summary_rows.explained(found)
    run.show(value, lambda screen: _text(screen, found, explain=explain))


def _text(screen: Screen, found: Summary, *, explain: bool) -> None:
    from broker.regime.paris.adjustments.summary import MADE_OF
    from broker.reports.paris import summary_rows

    screen.line(summary_rows.title(found), "bold")
    screen.line(summary_rows.heading(found))
    years = [str(column.year) for column in found.columns]
    worth = [summary_rows.status(found, column) for column in found.columns]
    listed = [(label, *figures) for _, label, figures in summary_rows.rows(found)]
    screen.table(("", *years), [*listed, ("Status", *worth)], numbers=years)
    if found.total is not None:
        screen.line(summary_rows.total_text(found))
    for column in found.columns if explain else ():
        for name in MADE_OF:
            entries = found.made_of(name, column.year)
            if entries:
                screen.heading(f"{summary_rows.ROWS[name]}, {column.year}")
                traces(screen, entries)
