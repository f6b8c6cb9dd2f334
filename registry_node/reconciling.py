# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Compares the books of the node's registries with the record, as often as they chose, unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from registry_node.commands.comparing import (
    Compared,
    carry_on,
    compared,
    is_due,
    reconcile,
    to_say,
)
from registry_node.commands.trip import Trip
from registry_node.inbox.record_watch import RecordWatch
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)
CHECK_SECONDS: Final = 60.0
"""How often the node looks whether a comparison is due: the shortest interval is an hour."""
FIRST_AFTER_SECONDS: Final = 300.0
"""How long after its start a node begins the first comparison unasked: it catches up before, a node that
is started again and again states nothing, and nodes that start with their broker do not all speak at once."""
DAILY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often books are compared, besides after each start.

    Attributes:
        every: As a rule.
        registries: Registries that chose otherwise.
    """

    every: timedelta = DAILY
    registries: Mapping[str, timedelta] = field(default_factory=dict)

    def of(self, registry: str) -> timedelta:
        """Returns how often those of a registry are."""
        return self.registries.get(registry, self.every)


class Reconciler:
    """The one task that begins reconciliations and carries them on.

    After a restore the node takes its own messages back in first: before that it states nothing.
    """

    def __init__(self, work: Work, watch: RecordWatch, frequency: Frequency) -> None:
        self._work = work
        self._watch = watch
        self._frequency = frequency
        self._begun: set[str] = set()
        self._news = asyncio.Event()

    def nudge(self) -> None:
        """Says that deliveries were applied: one may have asked for more."""
        self._news.set()

    async def serve(self) -> None:
        """Compares what is due until cancelled; what was begun by hand goes on from the start."""
        clock = asyncio.get_running_loop().time
        quiet_until = clock() + FIRST_AFTER_SECONDS
        while True:
            self._news.clear()
            await self.pump(unasked=clock() >= quiet_until)
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def pump(self, *, unasked: bool = True) -> int:
        """Queues what is to be stated now; returns how many statements.

        Args:
            unasked: Whether comparisons that are due are begun, besides carrying on what was begun.
        """
        # Whoever talks to the broker meets it first; nobody waits for this task to do so.
        if not self._watch.met or await self._watch.behind():
            return 0
        # Looked at first, so that nothing is committed where nothing is to be said.
        wanted = await self._work.read(
            lambda trip: (
                to_say(trip) or (unasked and any(map(partial(self._due, trip), compared(trip))))
            )
        )
        return await self._work.run(partial(self._state, unasked=unasked)) if wanted else 0

    def _due(self, trip: Trip, each: Compared) -> bool:
        # Of a time before this start nobody knows what was done to the store since.
        fresh = each.registry not in self._begun
        every = timedelta(0) if fresh else self._frequency.of(each.registry)
        return is_due(trip, every, each)

    def _state(self, trip: Trip, *, unasked: bool) -> int:
        said = carry_on(trip)
        for each in compared(trip) if unasked else ():
            if self._due(trip, each):
                reconcile(trip, each.registry)
                self._begun.add(each.registry)
                _log.info("reconciliation_begun", registry=each.registry)
                said += 1
        return said
