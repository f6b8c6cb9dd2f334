# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far the record was played, kept so that the next question need not begin at its beginning.

What is behind a place in the log never changes, so a state that was reached once is right for ever;
only what a reversal takes out of earlier years does, and is compared.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

from broker.ledger.units import UnitRow
from broker.reports.paris.unit_lots import IssuedBlock

MAX_KEPT: Final = 400_000
"""Live ranges and issued blocks of all states that are kept. States share what did not change between
them, so most of these are references of eight bytes; all different, they are about 150 MB."""
TURN: Final = 8_000
"""Movements that are read in one turn: 0.4 s of one core of 2023."""


@dataclass(frozen=True, slots=True)
class Played:
    """The record played up to a place in the log.

    Attributes:
        log_index: That place; what was decided there is done.
        decided_at: When it was decided, milliseconds since 1970.
        void: Transactions that were left out.
        rows: Live ranges.
        issued: Issued blocks by registry and first serial.
    """

    log_index: int
    decided_at: int
    void: frozenset[str]
    rows: tuple[UnitRow, ...]
    issued: Mapping[tuple[str, int], IssuedBlock]

    @property
    def size(self) -> int:
        """What it counts for, out of MAX_KEPT."""
        return len(self.rows) + len(self.issued)


class KeptRecord:
    """States of one record; those used longest ago go first.

    Args:
        most: Live ranges and issued blocks that are kept of all together.
    """

    def __init__(self, most: int = MAX_KEPT) -> None:
        self._most = most
        self._states: OrderedDict[tuple[int, frozenset[str]], Played] = OrderedDict()
        self._lock = Lock()

    def nearest(
        self, before: int, void: frozenset[str] = frozenset(), up_to: int | None = None
    ) -> Played | None:
        """The last state that was reached before a time.

        Args:
            before: Milliseconds since 1970; what was decided then or later is not in it.
            void: What must have been left out.
            up_to: Nor is what was decided behind this place; None: nothing stops by place.
        """
        with self._lock:
            fitting = [
                key
                for key, each in self._states.items()
                if each.void == void
                and each.decided_at < before
                and (up_to is None or each.log_index <= up_to)
            ]
            if not fitting:
                return None
            key = max(fitting, key=lambda each: each[0])
            self._states.move_to_end(key)
            return self._states[key]

    def keep(self, state: Played) -> bool:
        """Keeps a state; False where it alone is more than is kept."""
        if state.size > self._most:
            return False
        with self._lock:
            key = state.log_index, state.void
            self._states[key] = state
            self._states.move_to_end(key)
            while sum(each.size for each in self._states.values()) > self._most:
                self._states.popitem(last=False)
        return True


class Turn:
    """Part of a long reading, after which others are answered."""

    def __init__(self, read_to: int) -> None:
        """Begins behind a place in the log up to which was read before."""
        self._read_to = read_to
        self._read = 0

    def takes(self, place: int) -> bool:
        """Counts a movement decided at a place; False where it was read before."""
        fresh = place > self._read_to
        self._read += fresh
        return fresh

    def is_over(self) -> bool:
        """True when enough was read that was not read before: each turn comes further."""
        return self._read >= TURN
