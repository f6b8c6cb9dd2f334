# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Questions that may take long: reports over the record, away from all that others wait for.

They have a connection of their own, so that deliveries, transactions and decisions never queue
behind them. Of each node one is answered at a time, each ends when it has cost too much or when
nobody waits for it any more, and what it has cost is paid like a decision.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from broker.clearing.path import cost
from broker.clearing.path.cost import Charge
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.thread import Database
from itmo.runtime.turns import SHORT_TURNS, let_others_run

T = TypeVar("T")
Report = Callable[[Connection], T]

_STEPS: Final = 5_000
"""Steps of the engine between two looks at what a question has cost: well under a millisecond."""
_NS: Final = 1_000


class Questions:
    """Answers them one after another.

    Args:
        database: Of their own, unless nobody else waits for it.
        charge: Takes what they have cost from their nodes' rates.
        most: What one question may cost.
        clock: Nanoseconds that the thread it is read on has worked.
    """

    def __init__(
        self,
        database: Database,
        charge: Charge,
        most: int = cost.QUESTION,
        clock: Callable[[], int] = time.thread_time_ns,
    ) -> None:
        self._database = database
        self._charge = charge
        self._most = most
        self._clock = clock
        # One for each admitted node that ever asked.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._reading = asyncio.Lock()
        self._running: set[asyncio.Task[object]] = set()

    async def ask(self, node: str, report: Report[T], most: int | None = None) -> T:
        """Has a report made for a node.

        Args:
            node: Who asks.
            report: Makes it.
            most: What it may cost, where that is no question's usual cost.

        Raises:
            ProtocolError: QUESTION_TOO_DEAR; what the report raises.
        """
        asked = _Asked(report, self._most if most is None else most, self._clock)
        running = asyncio.ensure_future(self._answer(node, asked))
        self._running.add(running)
        running.add_done_callback(self._ended)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            asked.gone = True
            raise

    async def ask_in_turns(
        self,
        node: str,
        read: Report[bool],
        report: Report[T],
    ) -> T:
        """Has a report made once all that it needs was read, in turns between which others are answered.

        Each turn costs no more than a question may, and is paid. One node after the other reads in
        turns, so that what was read lies in memory once.

        Args:
            node: Who asks.
            read: One turn; True once all is read.
            report: What is made then.

        Raises:
            ProtocolError: QUESTION_TOO_DEAR; what the two raise.
        """
        async with self._reading:
            while not await self.ask(node, read):
                pass
            return await self.ask(node, report)

    async def close(self) -> None:
        """Waits for the present one, then closes the connection."""
        await self._database.close()

    async def _answer(self, node: str, asked: _Asked[T]) -> T:
        async with self._turns[node]:
            try:
                return await self._database.run(asked.made)
            finally:
                self._charge(node, cost.beyond_the_call(asked.spent))

    def _ended(self, running: asyncio.Task[object]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # whoever asked may have gone; nobody else is to be told


class _Asked(Generic[T]):
    """A question on its way: it runs on the database's thread, and is left on the event loop's."""

    def __init__(
        self,
        report: Report[T],
        most: int,
        clock: Callable[[], int],
    ) -> None:
        self._report = report
        self._clock = clock
        self._most = most
        self._began = 0
        self.spent = 0
        self.gone = False

    def made(self, connection: Connection) -> T:
        """The report, or a refusal when it was stopped."""
        self._began = self._clock()
        connection.set_progress_handler(self._over, _STEPS)
        try:
            if self._over():
                raise self._refusal()
            with SHORT_TURNS:
                return self._report(connection)
        except sqlite3.OperationalError:
            if self._over():
                raise self._refusal() from None
            raise
        finally:
            connection.set_progress_handler(None, 0)
            self.spent = self._cost()

    def _cost(self) -> int:
        return (self._clock() - self._began) // _NS

    def _over(self) -> bool:
        let_others_run()
        return self.gone or self._cost() > self._most

    def _refusal(self) -> ProtocolError:
        return ProtocolError(
            Reason.QUESTION_TOO_DEAR,
            f"the answer takes more than {self._most // 1_000} ms of the broker's time; ask for less",
            limit=self._most // 1_000,
        )
