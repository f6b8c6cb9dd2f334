# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline is brought to the end of the record before a question of a node is answered from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from broker.clearing.path import cost
from broker.clearing.path.gate import OPERATOR_NODE
from broker.reports.paris.timeline import Timeline
from broker.services.paris.telling import Telling
from broker.store.log_head import log_size
from broker.store.questions import Questions
from itmo.runtime.db.connection import Connection


class ReadingOn:
    """One reading of the timeline for all who wait for it; it goes on when they have gone.

    Attributes:
        timeline: What is read, and what answers are made of then.
    """

    def __init__(
        self,
        timeline: Timeline,
        questions: Questions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is read before somebody asks."""
        self.timeline = timeline
        self._questions = questions
        self._clock = clock
        self._running: asyncio.Task[None] | None = None

    async def to_the_end(self) -> None:
        """Returns once the timeline stands at the end of the record.

        It is read in turns, which nobody pays for: each decision is taken in once, whoever asks. Whoever cannot wait
        for it finds it further on when they ask again.
        """
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._read())
            self._running.add_done_callback(_ended)
        await asyncio.shield(self._running)

    async def _read(self) -> None:
        telling = Telling(self._clock)
        while True:
            asked = self._questions.ask(OPERATOR_NODE, self._turn, cost.READING)
            done, decisions, of = await asked
            if done:
                break
            telling.being_read(decisions, of)
        telling.ended(decisions)

    def _turn(self, ledger: Connection) -> tuple[bool, int, int]:
        done = self.timeline.read_on(ledger)
        return done, self.timeline.decisions(ledger), log_size(ledger)


def _ended(running: asyncio.Task[None]) -> None:
    if not running.cancelled():
        running.exception()  # those who waited were told; nobody else is to be
