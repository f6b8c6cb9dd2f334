# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Corresponding adjustments."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import click

from broker.adjustments.entries import unit_of
from broker.cli import long_list
from broker.cli.session import session
from itmo.quantity import signed
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option
from itmo.runtime.cli.whole_numbers import YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from broker.reports.adjustments import AdjustmentView
    from broker.reports.paris.tracing import TracedEntry

_INSTEAD: Final = (
    "Name --party and --year, or ask for what they come to: `broker balance`, `broker summary`;"
    " a node of the Party lists all of its own, page by page."
)
UNEXPLAINED: Final = "Leave out --explain for what they come to; a node of the Party lists its entries, page by page."
"""What to ask instead of figures with too many entries behind them."""


@click.command()
@click.option("--party", metavar="CODE", help="Only this Party's.")
@click.option("--year", type=YEAR, help="Only those that adjust this calendar year.")
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions, and the sums.")
def adjustments(
    party: str | None, year: int | None, as_of: datetime | None, explain: bool
) -> None:  # click's signature
    """Lists the entries of the adjustment ledger, oldest first; additions are positive.

    At most 20 000 at once. Sums of any number of entries are what `broker balance` and `broker summary` show.
    """
    from broker.reports.adjustments import adjustments as entries
    from broker.reports.paris.tracing import traced
    from itmo.identifiers import parse_party_code

    run = session()
    wanted = None if party is None else parse_party_code(party, "--party")
    with run.reader() as connection:
        found = entries(connection, wanted, year, as_of=as_of, limit=long_list.MOST + 1)
        long_list.refuse_more(found, "entries", _INSTEAD)
        if not explain:
            run.show({"entries": found}, lambda screen: _entries(screen, found))
            return
        behind = [e for e in traced(connection, wanted, as_of) if year in (None, e.year)]
    sums = summed(behind)
    run.show(
        {
            "entries": behind,
            "sums": [
                {"party": name, "year": of_year, "metric": metric, "quantity": quantity}
                for (name, of_year, metric), quantity in sums
            ],
        },
        lambda screen: explained(screen, behind, sums),
    )


_Sums = list[tuple[tuple[str, int, str], int]]


def summed(found: Sequence[TracedEntry]) -> _Sums:
    """Net by Party, year adjusted and metric."""
    sums = Counter[tuple[str, int, str]]()
    for entry in found:
        sums[entry.party, entry.year, entry.metric] += entry.quantity
    return sorted(sums.items())


def explained(screen: Screen, found: Sequence[TracedEntry], sums: _Sums) -> None:
    """Prints entries and their sums."""
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
