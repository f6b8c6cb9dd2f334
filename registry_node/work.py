# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How asynchronous code reaches the database: a function of a `Trip`, run as one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from itmo.clock import Clock
from itmo.ids import IdSource
from registry_node.commands.trip import Trip
from registry_node.identity import Identity
from registry_node.rules import Rules
from registry_node.store.database import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work:
    """The store together with what its transactions may use."""

    store: Store
    clock: Clock
    ids: IdSource
    identity: Identity
    rules: Rules

    async def run(self, trip: Callable[[Trip], T]) -> T:
        """Does one transaction; durable when this returns."""
        now = self.clock.now()
        return await self.store.run(lambda db: trip(self._trip(db, now)))

    async def read(self, trip: Callable[[Trip], T]) -> T:
        """Does one transaction that changes nothing."""
        now = self.clock.now()
        return await self.store.read(lambda db: trip(self._trip(db, now)))

    async def read_apart(self, trip: Callable[[Trip], T]) -> T:
        """Does a long read beside everything else, as of one moment."""
        now = self.clock.now()
        return await self.store.read_apart(lambda db: trip(self._trip(db, now)))

    def _trip(self, db: sqlite3.Connection, now: datetime) -> Trip:
        return Trip(db, now, self.ids, self.identity, self.rules)
