# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a Party held at a place in the log, of the timeline, as it is seen now: without what was reversed since."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import bindparam, select

from broker.reports.completed import stood
from broker.reports.paris import timeline_pages
from broker.reports.paris.as_of import Held, unit_views
from broker.reports.paris.chosen_movements import named_by, replay_of, runs_of
from broker.reports.paris.holders import Holders
from broker.reports.paris.movements import Replay
from broker.reports.paris.timeline_pages import Concern, Holding
from broker.reports.paris.timeline_tables import Lived
from broker.reports.paris.unit_lots import IssuedBlock, UnitLot
from broker.reports.paris.unit_views import UnitView
from broker.store.schema import issued_block
from broker.store.schema import registry as registry_table
from itmo.parties import MECHANISM_REGISTRY
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.serials import SerialRange

_I: Final = issued_block
_ISSUED: Final = Statement(
    select(_I.c.first, _I.c.last, _I.c.attributes, _I.c.transaction_id).where(
        _I.c.registry == bindparam("of_registry"), _I.c.first == bindparam("of_first")
    )
)
_REGISTRIES: Final = Statement(
    select(registry_table.c.registry).order_by(registry_table.c.registry)
)


class HeldThen:
    """A Party's units at a place in the log, in pages.

    What was moved then and is reversed since is told first, as if it had not been moved.
    """

    def __init__(self, party: str, place: int, until: int) -> None:
        """Nothing is read yet.

        Args:
            party: Whose units, as `Side.party_of`.
            place: The last decision that counts.
            until: What was reversed behind this place in the log is not seen yet.
        """
        self._party = party
        self._place = place
        self._until = until
        # Its own accounts, and those of the mechanism registry that are tied to no Party.
        self._left = deque([(party, ""), (str(MECHANISM_REGISTRY), party)])
        self._after = Holding()
        self._apart: Mapping[str, tuple[SerialRange, ...]] = {}
        self._undone: _Undone | None = None

    def page(self, ledger: Connection, timeline: sqlite3.Connection, limit: int) -> list[Held]:
        """The next units, of so many ranges that it ever held, or movements: few of these may be of that place."""
        if self._undone is None:
            self._undone = self._begin(ledger, timeline)
        if not self._undone.ended:
            return [each for each in self._undone.held_after(limit) if each.party == self._party]
        holder, host = self._left[0]
        ever = timeline_pages.held_ever(timeline, holder, self._after, limit)
        if len(ever) < limit:
            self._left.popleft()
            self._after = Holding()
        else:
            last = ever[-1]
            self._after = Holding(last.approach, last.registry, last.first, last.size, last.since)
        rows = (
            row for row in ever if row.since <= self._place < row.until and host in ("", row.host)
        )
        blocks, holders = _Blocks(ledger), Holders(ledger)
        held = (
            Held(holders.side(row.account_id), blocks.lot(row).part(part.first, part.last))
            for row in rows
            for part in _beside(row, self._apart.get(row.registry, ()))
        )
        return [each for each in held if each.party == self._party]

    @property
    def ended(self) -> bool:
        """Whether there are no more."""
        return not self._left

    def _begin(self, ledger: Connection, timeline: sqlite3.Connection) -> _Undone:
        found = stood(ledger, self._place, self._until)
        named = named_by(ledger, [Concern(0, place, 0, name) for place, name, _ in found])
        self._apart = runs_of(units for *_, units in named)
        undone = frozenset(name for _, *pair in found for name in pair)
        return _Undone(replay_of(ledger, timeline, self._apart, self._place, undone), self._place)


class _Undone:
    """Units whose transfer is reversed since, as if they had stayed."""

    def __init__(self, replay: Replay, place: int) -> None:
        self.ended = False
        self._replay = replay
        self._movements = replay.movements(up_to=place)

    def held_after(self, most: int) -> list[Held]:
        """What is held once all is played; nothing while there is more than so many movements."""
        self.ended = sum(1 for _ in islice(self._movements, most)) < most
        return [Held(side, lot) for side, lot in self._replay.held()] if self.ended else []


def units_then(
    ledger: Connection,
    timeline: sqlite3.Connection,
    as_of: datetime,
    registry: str | None,
    limit: int,
) -> list[UnitView]:
    """Units as of a moment, as `as_of.units_as_of` has them; at most so many ranges.

    Args:
        ledger: The database; the caller holds a snapshot.
        timeline: Its tables, at the end of the record.
        as_of: What was decided at this moment counts.
        registry: Only units in accounts of this registry; None: all.
        limit: Of ranges.
    """
    asked = ledger.execute(_REGISTRIES).fetchall() if registry is None else [(registry,)]
    place, found = timeline_pages.place_of(timeline, as_of), list[Lived]()
    for (name,) in asked:
        found += timeline_pages.kept_in(timeline, name, place, limit - len(found))
    blocks, holders = _Blocks(ledger), Holders(ledger)
    return unit_views(Held(holders.side(row.account_id), blocks.lot(row)) for row in found)


def _beside(row: Lived, runs: tuple[SerialRange, ...]) -> tuple[SerialRange, ...]:
    """A range without the units of some runs."""
    parts: tuple[SerialRange, ...] = (SerialRange(row.first, row.last),)
    for run in runs:
        parts = tuple(left for part in parts for left in part.subtract(run))
    return parts


class _Blocks:
    """Blocks as they were issued; each is read once."""

    def __init__(self, ledger: Connection) -> None:
        self._ledger = ledger
        self._read: dict[tuple[str, int], IssuedBlock] = {}

    def lot(self, row: Lived) -> UnitLot:
        """Units with what is true of every one of them."""
        key = row.registry, row.issued_first
        if key not in self._read:
            names = {"of_registry": row.registry, "of_first": row.issued_first}
            self._read[key] = IssuedBlock.read(*self._ledger.execute(_ISSUED, names).fetchone())
        return UnitLot.of(row.unit, self._read[key])
