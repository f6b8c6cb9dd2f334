# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Double entry of corresponding adjustments.

Every entry moves a positive amount between the account of one Party and *outstanding*: an addition
credits the Party, a subtraction debits it. So the sum over all Parties and outstanding is zero at
every moment, and what is outstanding is what was added and not yet subtracted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from itmo.identifiers import RegistryId
from itmo.parties import PartyCode
from itmo.quantity import MAX_QUANTITY
from itmo.serials import SerialRange

OUTSTANDING: Final = "outstanding"
"""The account on the other side of every entry."""
GHG: Final = "GHG"
"""Metric of entries in t CO2 eq."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What was booked for a Party: by one entry, or by several that are alike, added up.

    Attributes:
        kind: Why it was booked, in the words of a regime.
        debit: Account debited: a Party or OUTSTANDING.
        credit: Account credited: a Party or OUTSTANDING.
        amount: In units of the metric, at least 1.
        metric: GHG (t CO2 eq) or the name of a non-GHG metric.
        year: Calendar year adjusted: of the units, or the year they are used for.
        transaction_year: Calendar year in which the transaction took place; of a reversal, that in
            which the first transfer took place that it undoes.

    Raises:
        ValueError: The amount is not positive, or not exactly one side is OUTSTANDING.
    """

    kind: str
    debit: str
    credit: str
    amount: int
    metric: str
    year: int
    transaction_year: int

    def __post_init__(self) -> None:
        if type(self.amount) is not int or self.amount < 1:
            message = "what is booked has an amount of at least 1"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Booked):
    """One row of the adjustment ledger.

    Attributes:
        registry: Originating registry of the units.
        range: Serial numbers of the units.

    Raises:
        ValueError: As `Booked`; the amount is more than a quantity may be.
    """

    registry: RegistryId
    range: SerialRange

    def __post_init__(self) -> None:
        if type(self.amount) is not int or not 1 <= self.amount <= MAX_QUANTITY:
            message = f"an entry needs an amount from 1 to {MAX_QUANTITY}"
            raise ValueError(message)
        Booked.__post_init__(self)


def net(entries: Iterable[Booked], party: str, year: int, metric: str = GHG) -> int:
    """Additions less subtractions of a Party for a calendar year, in units of the metric."""
    return sum(
        entry.quantity
        for entry in entries
        if entry.party == party and entry.year == year and entry.metric == metric
    )


def unit_of(metric: str) -> str:
    """What figures in a metric count."""
    return "t CO2 eq" if metric == GHG else metric
