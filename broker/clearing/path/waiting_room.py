# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who waits for a decision: lanes of messages whose turn may come, and those that came too early.

It also knows which number of each sender's chain is next, as far as that was handed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

from broker.clearing.decision.rows import SenderRow
from broker.clearing.path import cost
from broker.clearing.path.early import EarlyMessages
from broker.clearing.path.lanes import Lanes, Waiting
from broker.clearing.path.pauses import Pauses
from broker.clearing.path.received import Received
from broker.clearing.path.room import RoomLimits
from itmo import limits
from itmo.reasons import ProtocolError

EARLY_WAIT: Final = timedelta(seconds=2)
"""How long a message waits for the one before it in its sender's sequence."""
_PAUSES: Final = 12
"""Pauses for company, each only when the one before it brought some."""


def moment() -> timedelta:
    """Now, by the loop's clock."""
    return timedelta(seconds=asyncio.get_running_loop().time())


class WaitingRoom:
    """Messages that are to be decided.

    Args:
        room: How much may wait.
        pacing: A pause for company while several callers are active.
    """

    def __init__(self, room: RoomLimits, pacing: timedelta) -> None:
        self.lanes = Lanes(room)
        self.early = EarlyMessages(self._late)
        self.pauses = Pauses()
        self._pause = pacing.total_seconds()
        self._next: dict[str, int] = {}
        self._company = 1
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self.lanes)

    # -- numbers ------------------------------------------------------------------------------

    def start(self, next_sequences: Mapping[str, int]) -> None:
        """Begins; `next_sequences` says where every known sender's chain stands."""
        self._next = dict(next_sequences)

    def catch_up(self, node: str, following: int) -> None:
        """Takes note of how far a sender's chain has got."""
        if self._next.get(node, 1) < following:
            self._next[node] = following
            self._release_early(node)

    def stands(self, node: str, chain: SenderRow | None) -> None:
        """Takes note of where a sender's chain stands, after a message was refused."""
        self._next[node] = chain.next_sequence if chain else 1

    def forget(self, received: Received) -> None:
        """A message that was not recorded gives its number back; those behind it will be told."""
        head = received.header
        if self._next.get(head.sender_node, 1) > head.sender_sequence:
            self._next[head.sender_node] = head.sender_sequence

    # -- in -----------------------------------------------------------------------------------

    def enter(self, waiting: Waiting) -> None:
        """Takes a message in, behind the others of its sender, or until those before it have come.

        Raises:
            ProtocolError: OVERLOADED.
        """
        self.lanes.check_room(waiting.node, waiting.size)
        head = waiting.received.header
        expected = self._next.get(head.sender_node, 1)
        ahead = head.sender_sequence - expected
        if 0 < ahead <= limits.MAX_EARLY_MESSAGES and self.early.keep(waiting, EARLY_WAIT):
            return
        self.lanes.add(waiting)
        if ahead == 0:
            self._next[head.sender_node] = expected + 1
            self._release_early(head.sender_node)
        self._wake.set()

    def _release_early(self, node: str) -> None:
        """Queues early messages of a sender whose turn has come."""
        expected = self._next.get(node, 1)
        while (waiting := self.early.release(node, expected)) is not None:
            if self._late(waiting):
                expected += 1
        self._next[node] = expected

    def _late(self, waiting: Waiting) -> bool:
        """Queues a message that was early: the database says whether one before it is missing."""
        try:
            self.lanes.add(waiting)
        except ProtocolError as error:
            waiting.refuse(error)
            return False
        self._wake.set()
        return True

    # -- out ----------------------------------------------------------------------------------

    def wake(self) -> None:
        """Lets whoever waits for a message look again."""
        self._wake.set()

    async def somebody(self) -> None:
        """Returns when a message has come, or `wake` was called."""
        self._wake.clear()
        await self._wake.wait()

    async def gathered(self) -> None:
        """Waits for company while it comes, until there is as much of it as lately.

        A group has a cost of its own, of about two messages. What was usual is forgotten step by
        step, so that whoever is alone again waits a few times more, each time for one pause.
        """
        loop = asyncio.get_running_loop()
        # Pauses may be long where cores are short, and a flood trickles.
        until = loop.time() + timedelta(microseconds=cost.GROUP).total_seconds()
        for _ in range(_PAUSES):
            waiting = len(self.lanes)
            if waiting >= self._company or loop.time() > until:
                break
            await asyncio.sleep(self._pause)
            if len(self.lanes) == waiting:
                break

    async def paused(self) -> None:
        """Returns when those who pause go on, or another message has come, or `wake` was called.

        At once, where a message of somebody else waits: those that were taken last had nobody who waits for them.
        """
        now = moment()
        if self.lanes.waits_besides(self.pauses.pausing(now)):
            return
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.pauses.left(now).total_seconds()):
                await self._wake.wait()

    def next_group(self, most: int) -> list[Waiting]:
        """The next messages in turn, at most so many, without those whose caller has gone."""
        group = []
        pausing = self.pauses.pausing(moment())
        for waiting in self.lanes.take(most, cost.GROUP, pausing):
            if waiting.gone:
                self.forget(waiting.received)
                self.lanes.settle(waiting, 0)
            else:
                group.append(waiting)
        self._company = max(len(group), self._company - 1)
        return group

    def put_off(self, group: Iterable[Waiting], error: ProtocolError) -> None:
        """Sends messages away that may come again as they are."""
        for waiting in group:
            self.forget(waiting.received)
            self.lanes.settle(waiting, 0)
            waiting.refuse(error)

    def send_away(self, error: ProtocolError) -> None:
        """Sends everybody away."""
        for waiting in (*self.lanes.clear(), *self.early.clear()):
            waiting.refuse(error)
