# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the rulebook books, as entries with two sides, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable

from broker.adjustments.entries import GHG, OUTSTANDING, Booked, Entry
from broker.rulebook.paris.bookings import EntryKind, PlannedEntry


def entry_of(planned: PlannedEntry, transaction_year: int) -> Entry:
    """Turns a planned entry into one with two sides.

    Args:
        planned: What the rulebook books; its quantity is not zero.
        transaction_year: Calendar year in which the transaction took place.

    Raises:
        ValueError: The quantity is zero or too large.
    """
    added = planned.quantity > 0
    return Entry(
        kind=planned.kind,
        debit=OUTSTANDING if added else planned.party,
        credit=planned.party if added else OUTSTANDING,
        amount=abs(planned.quantity),
        metric=planned.metric,
        year=planned.year,
        transaction_year=transaction_year,
        registry=planned.registry,
        range=planned.range,
    )


def total(
    entries: Iterable[Booked], party: str, year: int, kind: EntryKind, metric: str = GHG
) -> int:
    """Units that a Party first transferred (by vintage) or used (by year of use); never negative.

    A first transfer that was reversed does not count.
    """
    undoes = EntryKind.FIRST_TRANSFER_REVERSAL
    return sum(
        -entry.amount if entry.kind == undoes else entry.amount
        for entry in entries
        if entry.party == party
        and entry.year == year
        and (entry.kind == kind or (kind is EntryKind.FIRST_TRANSFER and entry.kind == undoes))
        and entry.metric == metric
    )
