# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline is read on while little is decided, so that whoever asks next need not wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from broker.clearing.path.gate import OPERATOR_NODE
from broker.reports.paris.timeline import Timeline
from broker.services.paris.telling import Telling
from broker.store.log_head import log_size
from broker.store.questions import Questions
from itmo.runtime.db.connection import Connection
from itmo.runtime.outage import Outage

LOOK_SECONDS: Final = 1.0
"""How long much must not have been decided before it is read on, and how far behind it is then."""
QUIET: Final = 50
"""Decisions a second. To take so many in is a thirtieth of a core; beyond it decisions need all there is."""
AT_ONCE: Final = 100
"""Decisions in a turn, for 60 ms: a question that comes meanwhile waits for so long."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look found: how much was decided then, and how much of it had been taken in."""

    at: float
    decided: int
    taken: int


class ReadingAhead:
    """Reads on in quiet moments. Whoever asks in between is answered in between, and reads on as ever.

    Args:
        timeline: Its own, of the same file from which questions are answered.
        questions: On whose thread it is read.
        clock: Seconds, which never go back.
    """

    def __init__(
        self,
        timeline: Timeline,
        questions: Questions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeline = timeline
        self._questions = questions
        self._clock = clock
        self._last: _Seen | None = None
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
        """Reads on, turn by turn, to the end of the record or until much is decided.

        Raises:
            ProtocolError: The database is away, or takes too long.
            sqlite3.Error: The timeline cannot be written.
        """
        telling = Telling(self._clock)
        while not stop.is_set():
            before = self._last
            now = await self._questions.ask(OPERATOR_NODE, self._turn)
            self._last = now
            if now.taken == now.decided:
                telling.ended(now.taken)
                break
            if before is None or now.taken == before.taken:
                break
            telling.being_read(now.taken, now.decided)

    def _turn(self, ledger: Connection) -> _Seen:
        at, decided, taken = self._clock(), log_size(ledger), self._timeline.decisions(ledger)
        if taken != decided and self._is_quiet(at, decided):
            self._timeline.read_on(ledger, taken + AT_ONCE - 1)
            taken = self._timeline.decisions(ledger)
        return _Seen(at, decided, taken)

    def _is_quiet(self, at: float, decided: int) -> bool:
        """Whether little was decided since the last look; nobody knows at the first."""
        last = self._last
        return last is not None and decided - last.decided <= QUIET * (at - last.at)
