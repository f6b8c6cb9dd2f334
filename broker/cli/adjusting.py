# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Corresponding adjustments and balances."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import click

from broker.cli.commanding import BrokerCommand
from broker.cli.session import session
from itmo.quantity import signed
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from broker.reports.adjustments import AdjustmentView
    from broker.reports.balances import AverageStep, Balance
    from broker.reports.tracing import TracedEntry

YEAR: Final = click.IntRange(1990, 9999)


@click.command(cls=BrokerCommand)
@click.option("--party", metavar="CODE", help="Only this Party's.")
@click.option("--year", type=YEAR, help="Only those that adjust this calendar year.")
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions, and the sums.")
def adjustments(
    party: str | None, year: int | None, as_of: datetime | None, explain: bool
) -> None:  # click's signature
    """Lists the entries of the adjustment ledger, oldest first; additions are positive."""
    from broker.reports.adjustments import adjustments as entries
    from broker.reports.tracing import traced
    from itmo.identifiers import parse_party_code

    run = session()
    wanted = None if party is None else parse_party_code(party, "--party")
    with run.reader() as connection:
        if not explain:
            found = entries(connection, wanted, year, as_of=as_of)
            run.show({"entries": found}, lambda screen: _entries(screen, found))
            return
        behind = [e for e in traced(connection, wanted, as_of) if year in (None, e.year)]
    sums = _sums(behind)
    run.show(
        {
            "entries": behind,
            "sums": [
                {"party": name, "year": of_year, "metric": metric, "quantity": quantity}
                for (name, of_year, metric), quantity in sums
            ],
        },
        lambda screen: _explained(screen, behind, sums),
    )


@click.command(cls=BrokerCommand)
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
    from broker.reports import balances
    from broker.reports.snapshot import snapshot
    from broker.reports.tracing import traced
    from itmo.forms import as_json
    from itmo.identifiers import parse_party_code

    run, code = session(), parse_party_code(party, "--party")
    metric = metric or GHG
    with run.reader() as connection, snapshot(connection):
        found = balances.balance(connection, code, year, as_of, metric=metric)
        steps = balances.average_steps(connection, code, as_of, metric=metric)
        averages = found.method == "AVERAGING"
        behind = [
            entry
            for entry in (traced(connection, code, as_of) if explain else ())
            if entry.metric == metric and (averages or entry.year == year)
        ]
    sums = _sums(behind)

    def text(screen: Screen) -> None:
        _balance(screen, found)
        if steps and (explain or averages):
            _averages(screen, steps, year)
        if explain:
            screen.heading("Entries")
            _explained(screen, behind, sums)

    shown = as_json(found)
    value = {
        **(shown if isinstance(shown, dict) else {}),
        "balance": found.balance,
        "averages": {step.year: step.average for step in steps},
    }
    if explain:
        value |= {"entries": as_json(behind), "average_steps": as_json(steps)}
    run.show(value, text)


_Sums = list[tuple[tuple[str, int, str], int]]


def _sums(found: Sequence[TracedEntry]) -> _Sums:
    """Net by Party, year adjusted and metric."""
    sums = Counter[tuple[str, int, str]]()
    for entry in found:
        sums[entry.party, entry.year, entry.metric] += entry.quantity
    return sorted(sums.items())


def _explained(screen: Screen, found: Sequence[TracedEntry], sums: _Sums) -> None:
    traces(screen, found)
    if sums:
        screen.heading("Sums")
        screen.table(
            ("Party", "year", "metric", "net"),
            [
                (party, year, unit_of(metric), signed(quantity))
                for (party, year, metric), quantity in sums
            ],
            numbers=["year", "net"],
        )


def traces(screen: Screen, found: Sequence[TracedEntry]) -> None:
    """Prints entries with the transactions that made them."""
    screen.table(
        ("entry", "Party", "year", "quantity", "for", "transaction", "date", "units",
         "authorization", "from", "to"),
        [
            (
                each.entry_id,
                each.party,
                each.year,
                signed(each.quantity),
                f"{each.kind} (outside the NDC)" if each.outside_ndc_scope else each.kind,
                each.transaction_id,
                f"{each.booked_at:%Y-%m-%d}",
                f"{each.registry}:{each.first}-{each.last}",
                each.authorization,
                each.from_account,
                each.to_account,
            )
            for each in found
        ],
        numbers=["entry", "year", "quantity"],
        empty="nothing is booked",
    )  # fmt: skip


def unit_of(metric: str) -> str:
    """What figures in a metric count."""
    return "t CO2 eq" if metric == "GHG" else metric


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


def _entries(screen: Screen, found: Sequence[AdjustmentView]) -> None:
    from itmo.forms import moment

    screen.table(
        ("entry", "Party", "year", "quantity", "metric", "for", "units", "transaction", "booked"),
        [
            (
                each.entry_id,
                each.party,
                each.year,
                signed(each.quantity),
                unit_of(each.metric),
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
