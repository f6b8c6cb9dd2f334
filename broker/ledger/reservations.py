# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Serial numbers that issuances which wait will use: units that do not exist yet cannot be locked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

from broker.ledger.units import LedgerInvariantBroken
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, order=True)
class ReservedRow:
    """A range of serials that one waiting issuance will use."""

    registry: str
    first: int
    last: int
    transaction_id: str


class Reservations:
    """The reserved ranges that a group of decisions may touch; they are disjoint."""

    __slots__ = ("_added", "_removed", "_rows", "changed")

    def __init__(self, rows: Iterable[ReservedRow] = ()) -> None:
        self._rows = sorted(rows)
        self._added: dict[tuple[str, int], ReservedRow] = {}
        self._removed: set[tuple[str, int]] = set()
        self.changed = 0
        """How often something was reserved or let go."""

    def overlapping(self, registry: str, wanted: SerialRange) -> list[ReservedRow]:
        """Rows that share a serial with the range, in serial order."""
        start = bisect_right(self._rows, (registry, wanted.first), key=_place)
        found = []
        for row in self._rows[max(start - 1, 0) :]:
            if (row.registry, row.first) > (registry, wanted.last):
                break
            if row.registry == registry and row.last >= wanted.first:
                found.append(row)
        return found

    def reserve(self, row: ReservedRow) -> None:
        """Reserves a range.

        Raises:
            LedgerInvariantBroken: another issuance waits for some of these serials.
        """
        taken = self.overlapping(row.registry, SerialRange(row.first, row.last))
        if taken:
            raise LedgerInvariantBroken(f"{row.registry}:{row.first}-{row.last} is reserved twice")
        self.changed += 1
        insort(self._rows, row)
        self._added[_place(row)] = row

    def release(self, registry: str, first: int) -> None:
        """Lets a range go, which need not have been loaded."""
        self.changed += 1
        place = (registry, first)
        at = bisect_left(self._rows, place, key=_place)
        if at < len(self._rows) and _place(self._rows[at]) == place:
            del self._rows[at]
        if self._added.pop(place, None) is None:
            self._removed.add(place)

    def changes(self) -> tuple[list[ReservedRow], list[tuple[str, int]]]:
        """Rows to insert, and the places of rows to delete, which comes first."""
        return list(self._added.values()), sorted(self._removed)


def _place(row: ReservedRow) -> tuple[str, int]:
    return row.registry, row.first
