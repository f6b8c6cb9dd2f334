# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline is read on while the broker has little to do, so that whoever asks next need not wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from broker.clearing.path import cost
from broker.clearing.path.gate import OPERATOR_NODE
from broker.reports.paris.timeline import Timeline
from broker.services.paris.telling import Telling
from broker.store.log_head import log_size
from broker.store.questions import Questions
from itmo.runtime.db.connection import Connection
from itmo.runtime.outage import Outage

LOOK_SECONDS: Final = 1.0
"""How long the broker must have had little to do before it is read on, and how far behind it is then."""
QUIET: Final = 0.2
"""The part of a core with which it has little to do: some 90 transfers a second. Beyond it they need all there is."""
AT_ONCE: Final = 100
"""Ranges of units in a turn, for some 30 ms: a question that comes meanwhile waits for so long. What one decision changed
is not parted: of a batch of a thousand transfers it is half a second."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds.

    Attributes:
        clock: Of a clock that never goes back.
        process: That processors worked for this process.
        thread: That they worked for this thread.
    """

    clock: float
    process: float
    thread: float


def spent() -> Spent:
    """As it is now."""
    return Spent(time.monotonic(), time.process_time(), time.thread_time())


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a turn found and left: how much was decided, and how much of that was taken in before and after."""

    decided: int
    before: int
    taken: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """Since when it is looked how much there was to do, and how much all had been that was no reading ahead."""

    at: float
    work: float


class ReadingAhead:
    """Reads on in quiet moments. Whoever asks in between is answered in between, and reads on as ever.

    Args:
        timeline: Its own, of the same file from which questions are answered.
        questions: On whose thread it is read.
        spent: How much time was spent, and by whom.
    """

    def __init__(
        self,
        timeline: Timeline,
        questions: Questions,
        spent: Callable[[], Spent] = spent,
    ) -> None:
        self._timeline = timeline
        self._questions = questions
        self._spent = spent
        self._own = 0.0
        self._mark: _Mark | None = None
        self._away = Outage("timeline_not_read", "timeline_read_again")

    async def run(self, stop: asyncio.Event, pause_seconds: float = LOOK_SECONDS) -> None:
        """Looks until told to stop; what fails is told and tried again."""
        while not stop.is_set():
            try:
                await self.look(stop)
            except Exception as error:  # noqa: BLE001  # nobody waits for it, and nothing hangs on it
                self._away.lasts(error=str(error))
            else:
                self._away.is_over()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_seconds)

    async def look(self, stop: asyncio.Event) -> None:
        """Reads on, turn by turn, to the end of the record or until there is much to do.

        Raises:
            ProtocolError: The database is away, or takes too long.
            sqlite3.Error: The timeline cannot be written.
        """
        telling = Telling(lambda: self._spent().clock)
        while not stop.is_set():
            seen = await self._questions.ask(OPERATOR_NODE, self._turn, cost.READING)
            if seen.taken == seen.decided:
                telling.ended(seen.taken)
                break
            if seen.taken == seen.before:
                break
            telling.being_read(seen.taken, seen.decided)

    def _turn(self, ledger: Connection) -> _Seen:
        began = self._spent()
        decided, before = log_size(ledger), self._timeline.decisions(ledger)
        if self._is_quiet(began) and before != decided:
            self._timeline.read_on(ledger, most=AT_ONCE)
        self._own += self._spent().thread - began.thread
        return _Seen(decided, before, self._timeline.decisions(ledger))

    def _is_quiet(self, now: Spent) -> bool:
        """Whether there was little to do of late; nobody knows at the first look."""
        mark, work = self._mark, now.process - self._own
        since = LOOK_SECONDS if mark is None else now.clock - mark.at
        if mark is None or since >= LOOK_SECONDS:
            self._mark = _Mark(now.clock, work)
        return mark is not None and work - mark.work <= QUIET * max(since, LOOK_SECONDS)
