# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Validation without effect: judged by what is committed, away from the writer, one at a time.

All threads share one interpreter, so that a rehearsal takes time from decisions all the same. One
at a time, each bounded like any message, they take at most half of it, and let others run in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from broker.clearing.decision.desk import Abandoned
from broker.clearing.path import cost
from broker.clearing.path.cost import Charge
from broker.clearing.path.lanes import Lanes, Waiting
from broker.clearing.path.port import Answered, GroupStore, JudgeWhile
from broker.clearing.path.room import RoomLimits
from itmo import limits
from itmo.clock import Clock
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.turns import giving_way

ROOM: Final = RoomLimits(
    messages=128,
    messages_per_node=16,
    payload_bytes=32 * limits.MAX_MESSAGE_BYTES,
    payload_bytes_per_node=4 * limits.MAX_MESSAGE_BYTES,
)
"""What a person waits for is not kept in a long queue: at the dearest, 16 take two seconds."""


class Rehearsals:
    """Judges what is only to be validated. `start` and `stop` frame its life."""

    def __init__(self, store: GroupStore, judge: JudgeWhile, clock: Clock, charge: Charge) -> None:
        self._store = store
        self._judge = judge
        self._clock = clock
        self._charge = charge
        self._lanes = Lanes(ROOM)
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self, broken: Callable[[BaseException], None]) -> None:
        """Begins to judge; `broken` is told what ends it, a fault of our own."""
        self._task = asyncio.create_task(self._watched(broken), name="rehearsals")

    async def stop(self) -> None:
        """Ends after the present one; whoever waits is told to come again."""
        self._stopping = True
        self._wake.set()
        self._send_away()
        if self._task is not None:
            await self._task

    async def judge(self, waiting: Waiting) -> Answered:
        """Has a message judged when its sender's turn comes.

        Raises:
            ProtocolError: OVERLOADED or SHUTTING_DOWN; INTERNAL.
        """
        self._lanes.add(waiting)
        self._wake.set()
        return await waiting.answered

    async def _watched(self, broken: Callable[[BaseException], None]) -> None:
        try:
            await self._run()
        except Exception as error:  # noqa: BLE001  # told; nobody would wait for this task
            self._stopping = True
            self._send_away()
            broken(error)

    async def _run(self) -> None:
        while not self._stopping:
            for waiting in self._lanes.take(1, 0):
                if not waiting.gone:
                    await self._judged(waiting)
            if not len(self._lanes) and not self._stopping:
                self._wake.clear()
                await self._wake.wait()

    async def _judged(self, waiting: Waiting) -> None:
        judge = self._judge(giving_way(lambda: waiting.gone))
        try:
            outcome = await self._store.rehearse(waiting.received, judge, self._clock.now())
        except Abandoned as gone:
            self._pay(waiting, max(waiting.cost, gone.cost))
        except Exception as error:  # noqa: BLE001  # it concerns whoever asked, and nobody else
            if not waiting.gone:
                waiting.answered.set_exception(error)
        else:
            self._pay(waiting, outcome.costs[0])
            if not waiting.gone:
                waiting.answered.set_result(outcome.answered[0])

    def _pay(self, waiting: Waiting, spent: int) -> None:
        self._charge(waiting.node, cost.beyond_the_call(spent) - cost.beyond_the_call(waiting.cost))
        self._lanes.settle(waiting, spent)

    def _send_away(self) -> None:
        for waiting in self._lanes.clear():
            if not waiting.gone:
                waiting.answered.set_exception(
                    ProtocolError(Reason.SHUTTING_DOWN, "the broker is shutting down; try again")
                )
