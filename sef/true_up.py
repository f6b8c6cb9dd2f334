# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The report after the true-up: serial numbers of units retired, and of units carried over (13/CMP.1, annex, para 49)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sef.entries import Entry, EntryKind
from sef.model import Unit


@dataclass(frozen=True, slots=True, order=True)
class Units:
    """Units of one type with their serial numbers, as a registry writes them."""

    unit: Unit
    serials: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueUp:
    """What a Party used for a period, and what it carried over to the next."""

    party: str
    period: int
    retired: tuple[Units, ...]
    carried_over: tuple[Units, ...]

    def total(self, listed: tuple[Units, ...], unit: Unit) -> int:
        """How many units of a type are in a list."""
        return sum(each.quantity for each in listed if each.unit is unit)


def true_up(
    entries: Iterable[Entry], party: str, period: int, as_of: datetime | None = None
) -> TrueUp:
    """Returns the report of a Party on a period.

    Args:
        entries: Of the books, of any Party.
        party: The registry, two letters.
        period: The commitment period.
        as_of: Only what was known at this moment; None: now.
    """
    known = [
        each
        for each in entries
        if each.party == party and each.period == period and each.known(as_of)
    ]
    return TrueUp(
        party=party,
        period=period,
        retired=_listed(known, EntryKind.RETIREMENT),
        carried_over=_listed(known, EntryKind.CARRY_OVER),
    )


def _listed(entries: list[Entry], kind: EntryKind) -> tuple[Units, ...]:
    order = list(Unit)
    found = [Units(each.unit, each.serials, each.quantity) for each in entries if each.kind is kind]
    return tuple(sorted(found, key=lambda each: (order.index(each.unit), each.serials)))
