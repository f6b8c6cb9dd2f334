# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Named counts of one group of decisions. What a name counts is the rulebook's business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from broker.ledger.units import LedgerInvariantBroken
from itmo.frozen import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class Tally:
    """A named count, never below zero.

    Attributes:
        quantity: What was counted.
        reserved: What waiting transactions will count.
    """

    quantity: int = 0
    reserved: int = 0


NO_TALLY: Final = Tally()


class Tallies:
    """The counts that a group may change. A name that was never counted stands at zero."""

    __slots__ = ("_changed", "_kept")

    def __init__(
        self, wanted: Iterable[str] = (), found: Mapping[str, Tally] | None = None
    ) -> None:
        self._kept = {**dict.fromkeys(wanted, NO_TALLY), **(found or {})}
        self._changed: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """True for a count that was loaded."""
        return name in self._kept

    def __getitem__(self, name: str) -> Tally:
        """A count as it stands.

        Raises:
            LedgerInvariantBroken: it was not loaded.
        """
        try:
            return self._kept[name]
        except KeyError:
            raise LedgerInvariantBroken(f"the count {name} was not loaded") from None

    def add(self, name: str, quantity: int) -> None:
        """Adds to a count; a negative quantity is taken off it.

        Raises:
            LedgerInvariantBroken: it would fall below zero, or was not loaded.
        """
        before = self[name]
        self._change(name, Tally(before.quantity + quantity, before.reserved))

    def reserve(self, name: str, quantity: int) -> None:
        """Reserves so much for a transaction that waits; a negative quantity is let go again.

        Raises:
            LedgerInvariantBroken: less than nothing would be reserved, or it was not loaded.
        """
        before = self[name]
        self._change(name, Tally(before.quantity, before.reserved + quantity))

    def changes(self) -> list[tuple[str, int, int]]:
        """Rows of the counts that changed, by name."""
        kept = self._kept
        return [(n, kept[n].quantity, kept[n].reserved) for n in sorted(self._changed)]

    def _change(self, name: str, tally: Tally) -> None:
        if tally.quantity < 0 or tally.reserved < 0:
            raise LedgerInvariantBroken(
                f"{name} would stand at {tally.quantity}, {tally.reserved} reserved"
            )
        self._kept[name] = tally
        self._changed.add(name)
