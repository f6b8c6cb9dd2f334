# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Corresponding adjustments and balances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from broker.cli.commanding import BrokerCommand
from broker.cli.printing import Screen
from broker.cli.session import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.reports.adjustments import AdjustmentView
    from broker.reports.balances import AverageStep, Balance

YEAR: Final = click.IntRange(1990, 9999)


@click.command(cls=BrokerCommand)
@click.option("--party", metavar="CODE", help="Only this Party's.")
@click.option("--year", type=YEAR, help="Only those that adjust this calendar year.")
def adjustments(party: str | None, year: int | None) -> None:
    """Lists the entries of the adjustment ledger, oldest first; additions are positive."""
    from broker.reports.adjustments import adjustments as entries
    from itmo.identifiers import parse_party_code

    run = session()
    wanted = None if party is None else parse_party_code(party, "--party")
    with run.reader() as connection:
        found = entries(connection, wanted, year)
    run.show(found, lambda screen: _entries(screen, found))


@click.command(cls=BrokerCommand)
@click.option("--party", required=True, metavar="CODE", help="The Party.")
@click.option("--year", required=True, type=YEAR, help="The calendar year.")
@click.option("--explain", is_flag=True, help="Show the entries and how averages come about.")
def balance(party: str, year: int, explain: bool) -> None:  # click's signature
    """Shows a Party's emissions balance for a year: inventory, first transfers, uses, method."""
    from broker.reports import balances
    from broker.reports.adjustments import adjustments as entries
    from broker.reports.forms import as_json
    from broker.reports.snapshot import snapshot
    from itmo.identifiers import parse_party_code

    run, code = session(), parse_party_code(party, "--party")
    with run.reader() as connection, snapshot(connection):
        found = balances.balance(connection, code, year)
        steps = balances.average_steps(connection, code)
        booked = entries(connection, code) if explain else []

    def text(screen: Screen) -> None:
        _balance(screen, found)
        if steps and (explain or found.method == "AVERAGING"):
            _averages(screen, steps, year)
        if explain:
            screen.heading("Entries")
            _entries(screen, booked)

    shown = as_json(found)
    value = {
        **(shown if isinstance(shown, dict) else {}),
        "balance": found.balance,
        "averages": {step.year: step.average for step in steps},
    }
    if explain:
        value |= {"entries": as_json(booked), "average_steps": as_json(steps)}
    run.show(value, text)


def _balance(screen: Screen, found: Balance) -> None:
    from broker.reports.forms import fraction, number

    period = f"{found.period.first}-{found.period.last}" if found.period else "not known"
    screen.line(f"{found.party} {found.year}, t CO2 eq", "bold")
    applies = "not known: no NDC period is stated for the year"
    if found.adjustment is not None:
        effect = "" if found.effective else ", indicative: it takes effect in the NDC year"
        applies = f"{fraction(found.adjustment)}{effect}"
    screen.facts(
        [
            ("inventory", "not known" if found.inventory is None else number(found.inventory)),
            ("first transferred", f"+{number(found.first_transferred)}"),
            ("used", f"-{number(found.used)}"),
            ("NDC period", period),
            ("method", found.method or "not known"),
            ("adjustment", applies),
            ("balance", "not known" if found.exact is None else fraction(found.exact)),
        ]
    )


def _averages(screen: Screen, steps: Sequence[AverageStep], year: int) -> None:
    from broker.reports.forms import fraction, number

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


def _entries(screen: Screen, found: Sequence[AdjustmentView]) -> None:
    from broker.reports.forms import moment

    screen.table(
        ("entry", "Party", "year", "quantity", "metric", "for", "units", "transaction", "booked"),
        [
            (
                each.entry_id,
                each.party,
                each.year,
                f"{each.quantity:+}",
                each.metric,
                each.kind,
                f"{each.registry}:{each.first}-{each.last}",
                each.transaction_id,
                moment(each.booked_at),
            )
            for each in found
        ],
        numbers=["entry", "year", "quantity"],
        empty="nothing is booked",
    )
