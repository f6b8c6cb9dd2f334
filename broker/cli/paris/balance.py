# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The balance of a Party and a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.adjustments.entries import unit_of
from broker.cli import long_list
from broker.cli.paris.adjustments import UNEXPLAINED, explained, summed
from broker.cli.session import session
from itmo.quantity import signed
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option
from itmo.runtime.cli.whole_numbers import YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from broker.reports.paris.balances import AverageStep, Balance
    from broker.reports.paris.tracing import TracedEntry
    from itmo.runtime.db.connection import Connection


@click.command()
@click.option("--party", required=True, metavar="CODE", help="The Party.")
@click.option("--year", required=True, type=YEAR, help="The calendar year.")
@click.option("--metric", metavar="NAME", help="An indicator such as MWh; else t CO2 eq.")
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions and how averages come about.")
def balance(
    party: str, year: int, metric: str | None, as_of: datetime | None, explain: bool
) -> None:  # click's signature
    """Shows a Party's emissions balance for a year: inventory, first transfers, uses, method."""
    from broker.adjustments.entries import GHG
    from broker.reports.paris import balances
    from broker.reports.snapshot import snapshot
    from itmo.forms import as_json
    from itmo.identifiers import parse_party_code

    run, code = session(), parse_party_code(party, "--party")
    metric = metric or GHG
    with run.reader() as connection, snapshot(connection), run.timeline(connection) as made:
        found = balances.balance(connection, code, year, as_of, metric=metric, timeline=made)
        steps = balances.average_steps(connection, code, as_of, metric=metric, timeline=made)
        averages = found.method == "AVERAGING"
        of = None if averages else year
        made_of = _entries(connection, code, of, as_of) if explain else []
    behind = [entry for entry in made_of if entry.metric == metric]
    sums = summed(behind)

    def text(screen: Screen) -> None:
        _balance(screen, found)
        if steps and (explain or averages):
            _averages(screen, steps, year)
        if explain:
            screen.heading("Entries")
            explained(screen, behind, sums)

    shown = as_json(found)
    value = {
        **(shown if isinstance(shown, dict) else {}),
        "balance": found.balance,
        "averages": {step.year: step.average for step in steps},
    }
    if explain:
        value |= {"entries": as_json(behind), "average_steps": as_json(steps)}
    run.show(value, text)


def _entries(
    connection: Connection, party: str, year: int | None, as_of: datetime | None
) -> list[TracedEntry]:
    """A Party's entries of a year, or of all."""
    from broker.reports.adjustments import adjustments
    from broker.reports.paris.tracing import traced

    long_list.refuse_more(
        adjustments(connection, party, year, as_of=as_of, limit=long_list.MOST + 1),
        "entries",
        UNEXPLAINED,
    )
    return traced(connection, party, as_of, year=year or 0)


def _balance(screen: Screen, found: Balance) -> None:
    from broker.adjustments.entries import GHG
    from itmo.forms import fraction, number

    period = f"{found.period.first}-{found.period.last}" if found.period else "not known"
    given = 1 if found.metric == GHG else -1  # an indicator moves the other way
    period += ", final" if found.final else ""
    screen.line(f"{found.party} {found.year}, {unit_of(found.metric)}", "bold")
    applies = "not known: no NDC period is stated for the year"
    if found.adjustment is not None:
        effect = "" if found.effective else ", indicative: it takes effect in the NDC year"
        plus = "+" if found.adjustment > 0 else ""
        applies = f"{plus}{fraction(found.adjustment)}{effect}"
    screen.facts(
        [
            ("inventory", "not known" if found.inventory is None else number(found.inventory)),
            ("first transferred", signed(given * found.first_transferred)),
            ("used", signed(-given * found.used)),
            ("NDC period", period),
            ("method", found.method or "not known"),
            ("adjustment", applies),
            ("balance", "not known" if found.exact is None else fraction(found.exact)),
        ]
    )


def _averages(screen: Screen, steps: Sequence[AverageStep], year: int) -> None:
    from itmo.forms import fraction, number

    screen.heading("Averages: cumulative net over elapsed years")
    screen.table(
        ("year", "cumulative", "years", "average"),
        [
            (step.year, number(step.cumulative), step.elapsed, fraction(step.average))
            for step in steps
            if step.year <= year
        ],
        numbers=["cumulative", "years", "average"],
    )
