# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Double entry of corresponding adjustments.

Every entry moves a positive amount between the account of one Party and *outstanding*: an addition
credits the Party, a subtraction debits it. So the sum over all Parties and outstanding is zero at
every moment, and what is outstanding is what was added and not yet subtracted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from broker.rulebook.paris.bookings import EntryKind, PlannedEntry
from itmo.identifiers import RegistryId
from itmo.parties import PartyCode
from itmo.quantity import MAX_QUANTITY
from itmo.serials import SerialRange

OUTSTANDING: Final = "outstanding"
"""The account on the other side of every entry."""
GHG: Final = "GHG"
"""Metric of entries in t CO2 eq."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the adjustment ledger.

    Attributes:
        kind: Why it was booked.
        debit: Account debited: a Party or OUTSTANDING.
        credit: Account credited: a Party or OUTSTANDING.
        amount: In units of the metric, at least 1.
        metric: GHG (t CO2 eq) or the name of a non-GHG metric.
        year: Calendar year adjusted: the vintage of a first transfer, the year a use is for.
        transaction_year: Calendar year in which the transaction took place; of a reversal, that in
            which the first transfer took place that it undoes.
        registry: Originating registry of the units.
        range: Serial numbers of the units.

    Raises:
        ValueError: The amount is not positive, or not exactly one side is OUTSTANDING.
    """

    kind: EntryKind
    debit: str
    credit: str
    amount: int
    metric: str
    year: int
    transaction_year: int
    registry: RegistryId
    range: SerialRange

    def __post_init__(self) -> None:
        if type(self.amount) is not int or not 1 <= self.amount <= MAX_QUANTITY:
            message = f"an entry needs an amount from 1 to {MAX_QUANTITY}"
            raise ValueError(message)
        if (self.debit == OUTSTANDING) == (self.credit == OUTSTANDING):
            message = f"an entry is between a Party and {OUTSTANDING}"
            raise ValueError(message)

    @property
    def party(self) -> PartyCode:
        """The Party adjusted."""
        return PartyCode(self.credit if self.debit == OUTSTANDING else self.debit)

    @property
    def quantity(self) -> int:
        """Signed as the Party's balance sees it: additions positive."""
        return self.amount if self.debit == OUTSTANDING else -self.amount


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


def account_balances(entries: Iterable[Entry], metric: str = GHG) -> dict[str, int]:
    """Credits less debits of every account that occurs, in units of the metric; they sum to zero."""
    totals = Counter[str]()
    for entry in entries:
        if entry.metric == metric:
            totals[entry.credit] += entry.amount
            totals[entry.debit] -= entry.amount
    return dict(totals)


def net(entries: Iterable[Entry], party: str, year: int, metric: str = GHG) -> int:
    """Additions less subtractions of a Party for a calendar year, in units of the metric."""
    return sum(
        entry.quantity
        for entry in entries
        if entry.party == party and entry.year == year and entry.metric == metric
    )


def total(
    entries: Iterable[Entry], party: str, year: int, kind: EntryKind, metric: str = GHG
) -> int:
    """Units that a Party first transferred (by vintage) or used (by year of use); never negative.

    A first transfer that was reversed does not count.
    """
    undoes = EntryKind.FIRST_TRANSFER_REVERSAL
    return sum(
        -entry.amount if entry.kind is undoes else entry.amount
        for entry in entries
        if entry.party == party
        and entry.year == year
        and (entry.kind is kind or (kind is EntryKind.FIRST_TRANSFER and entry.kind is undoes))
        and entry.metric == metric
    )


def unit_of(metric: str) -> str:
    """What figures in a metric count."""
    return "t CO2 eq" if metric == GHG else metric
