# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The queue of messages: a lane for each sender, and turns by what deciding on them costs.

Whoever has had least is next (start-time fair queueing): a node that sends much, or dear messages,
waits for itself. Within a lane the order of arrival stays.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final

from broker.clearing.path import cost
from broker.clearing.path.port import Answered
from broker.clearing.path.received import Received
from broker.clearing.path.room import Room, RoomLimits
from itmo.reasons import ProtocolError

_YIELDS: Final = 3
"""Groups that a message dearer than a group lets go first. Single messages that are there when it is its
turn so never wait for it, and it is delayed by three groups at most."""

LITTLE: Final = 30_000
"""At most so much cost waits of a sender that has little waiting: half a group, or one batch of 64."""
COMPANY: Final = 10_000
"""Of a group in which somebody has little waiting, as far as it is filled up with messages of those who have much.

Whoever sends one message after the other would wait for all that is decided with it. What that costs is the
fixed part of a group more often, paid by those who have much waiting; where all have, groups are full.
"""

BETWEEN: Final = 20_000
"""Of a group of messages of those who have much waiting, soon after somebody was served who had little.

That one sends its next message as soon as it was answered, and waits for the group that began meanwhile. A third
of a group costs a twentieth more in all.
"""
_SOON: Final = 8
"""Groups."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A message, and whoever waits for its answer."""

    received: Received
    answered: asyncio.Future[Answered]
    cost: int
    """As far as it is known, see `broker.clearing.path.cost`."""
    arrived: int = 0
    """Which message it is since the start."""
    yielded: int = 0
    """Groups of others that it let go first."""
    node: str = field(init=False)
    """Its sender."""
    size: int = field(init=False)
    """Bytes of its payload."""

    def __post_init__(self) -> None:
        self.node = self.received.header.sender_node
        self.size = len(self.received.payload_bytes)

    @property
    def gone(self) -> bool:
        """True when nobody waits any more."""
        return self.answered.done()

    def refuse(self, error: ProtocolError) -> None:
        """Tells whoever waits, if somebody does, why nothing was decided."""
        if not self.answered.done():
            self.answered.set_exception(error)


class Lanes:
    """Messages that wait for a decision."""

    def __init__(self, limits: RoomLimits) -> None:
        self._room = Room(limits)
        self._lanes: dict[str, deque[Waiting]] = {}
        self._had: dict[str, int] = {}
        """What each sender has had, in cost; as many senders as nodes are admitted."""
        self._cost: dict[str, int] = {}
        """What of each sender waits, in cost."""
        self._since_little = _SOON
        self._arrivals = 0
        self._turn = 0
        """What the sender whose turn it was last had had by then."""

    def __len__(self) -> int:
        return self._room.messages

    def check_room(self, node: str, size: int) -> None:
        """Finds out whether a message of a sender, so many bytes long, could be queued now.

        Raises:
            ProtocolError: OVERLOADED, when its sender or all together have enough waiting.
        """
        if not self._room.fits(node, size):
            raise self._room.refusal(node)

    def add(self, waiting: Waiting) -> None:
        """Queues a message behind the others of its sender.

        Raises:
            ProtocolError: OVERLOADED, when its sender or all together have enough waiting.
        """
        self.check_room(waiting.node, waiting.size)
        self._enter(waiting)
        self._arrivals += 1
        waiting.arrived = self._arrivals
        self._lanes[waiting.node].append(waiting)

    def put_back(self, waiting: Iterable[Waiting]) -> None:
        """Queues messages again that were taken and not decided on, before the others."""
        for each in reversed(list(waiting)):
            self._enter(each)
            self._lanes[each.node].appendleft(each)
            self._had[each.node] -= each.cost

    def _enter(self, waiting: Waiting) -> None:
        self._room.enter(waiting.node, waiting.size)
        self._cost[waiting.node] = self._cost.get(waiting.node, 0) + waiting.cost
        if not self._lanes.get(waiting.node):
            # Who was quiet has saved nothing up: it is next, but not for as long as it was quiet.
            had = self._had.get(waiting.node, 0)
            self._had[waiting.node] = max(had, self._turn)
            self._lanes[waiting.node] = deque()

    def take(self, most: int, budget: int, pausing: Collection[str] = ()) -> list[Waiting]:
        """Takes the next messages out, in the order of turns: at most so many, and for about so much cost.

        There is at least one, unless nothing waits, or of those only who pause. Messages that nobody waits
        for any more are among them, and cost nothing. Senders who have little waiting are not held up by those who have much.
        """
        turns = [
            (self._had[node], node)
            for node, lane in self._lanes.items()
            if lane and node not in pausing
        ]
        if not turns:
            return []
        heapify(turns)
        yielding = self._yielding(budget, pausing)
        little = {node for _, node in turns if self._cost[node] <= LITTLE}
        taken: list[Waiting] = []
        spent = 0
        hurried = False
        self._since_little = 0 if little else self._since_little + 1
        if 0 < self._since_little <= _SOON:
            budget = min(budget, BETWEEN)
        while turns and len(taken) < most:
            had, node = turns[0]
            lane = self._lanes[node]
            if id(lane[0]) in yielding:
                heappop(turns)
                lane[0].yielded += 1
                continue
            cost_of_next = 0 if lane[0].gone else lane[0].cost
            most_spent = COMPANY if hurried and node not in little else budget
            if taken and spent + cost_of_next > most_spent:
                break
            hurried = hurried or node in little
            heappop(turns)
            self._turn = had
            each = lane.popleft()
            self._room.leave(node, each.size)
            self._cost[node] -= each.cost
            taken.append(each)
            spent += cost_of_next
            self._had[node] = had + each.cost
            if lane:
                heappush(turns, (self._had[node], node))
            else:
                del self._lanes[node], self._cost[node]
        return taken

    def waits_besides(self, pausing: Collection[str]) -> bool:
        """Whether a message of somebody waits who does not pause."""
        return any(lane and node not in pausing for node, lane in self._lanes.items())

    def _yielding(self, budget: int, pausing: Collection[str]) -> set[int]:
        """Bulk that lets what is cheap go first: what is dearer than a group, a few times."""
        heads = [lane[0] for node, lane in self._lanes.items() if lane and node not in pausing]
        bulk = [each for each in heads if each.cost > budget and not each.gone]
        if len(bulk) == len(heads):
            return set()  # nobody to yield to
        return {id(each) for each in bulk if each.yielded < _YIELDS}

    def settle(self, waiting: Waiting, spent: int) -> None:
        """Counts what a message really cost. Whoever asks is told of `waiting.cost` from now on."""
        self._had[waiting.node] += spent - waiting.cost
        waiting.cost = spent

    def clear(self) -> list[Waiting]:
        """Takes everything out."""
        left: list[Waiting] = []
        while len(self):
            left.extend(self.take(len(self), cost.STOPPING))
        return left
