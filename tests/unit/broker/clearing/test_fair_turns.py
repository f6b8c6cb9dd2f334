# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node that floods slows another one by less than a tenth, whatever it floods with.

The lanes and the token buckets are the real ones; the clock is not, and goes on by the work that is done:
one core, two nodes, both as fast as they may be. What a call costs is what its node pays for it, which
`test_floods.py` compares with what is done.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from broker.clearing.path import cost
from broker.clearing.path.clerk import ClerkLimits
from broker.clearing.path.lanes import BETWEEN, COMPANY, Lanes, Waiting
from broker.clearing.path.received import Received
from itmo import limits
from itmo.reasons import ProtocolError
from itmo.runtime.rpc.limiting import MAX_CALLS_PER_NODE, TokenBuckets
from tests.kit.many import many

SECONDS = 30.0
SINGLE = cost.MESSAGE + cost.PROPOSAL + cost.BLOCK + cost.PIECE
DEAREST = (
    cost.MESSAGE
    + limits.MAX_PROPOSALS_PER_BATCH * cost.PROPOSAL
    + limits.MAX_BLOCKS_PER_MESSAGE * cost.BLOCK
    + limits.MAX_PIECES_PER_MESSAGE * cost.PIECE
)
SLICE = 5_000
"""Work beside the lanes after which decisions have the processor again: the interpreter's own pause."""
FLOODS: dict[str, tuple[int, bool]] = {
    "plain transfers": (SINGLE, True),
    "dear transfers": (40_000, True),
    "groups": (cost.GROUP, True),
    "the dearest": (DEAREST, True),
    "reconciliations": (cost.BOOKS + cost.GROUP, True),
    "dry runs": (SINGLE, False),
    "the dearest dry runs": (DEAREST, False),
    "refusals": (cost.MESSAGE, False),
    "large refusals": (cost.size(limits.MAX_PAYLOAD_BYTES), False),
    "repetitions of a batch": (31_500, False),
    "deliveries": (10_000, False),
    "long questions": (cost.QUESTION, False),
}
"""What one call costs, and whether it is decided or done beside."""
SOON = {"plain transfers", "the dearest", "the dearest dry runs", "refusals", "deliveries"}
"""Of the fast tests: the cheapest and the dearest that is decided, and that is done beside."""


class _Header:
    def __init__(self, node: str) -> None:
        self.sender_node = node


class _Received:
    """As much of a message as a lane looks at."""

    payload_bytes = b""

    def __init__(self, node: str) -> None:
        self.header = _Header(node)


@dataclass
class Caller:
    """A node: it has so many calls under way, and makes the next as soon as it may."""

    name: str
    cost: int
    decided: bool
    window: int
    allowed: float = 0.0
    """From when its rate lets it make the next call."""
    travels: float = 0.0
    """From when an answer leaves until the next call is there."""
    free: deque[float] = field(default_factory=deque)
    """From when on it has room for another call, in order."""
    done: list[float] = field(default_factory=list)
    """How long each call took, from when it could be made."""

    def __post_init__(self) -> None:
        self.free.extend([0.0] * self.window)


class Core:
    """One core that does all the work there is."""

    def __init__(self, *callers: Caller, raised: int = 1) -> None:
        self.now = 0.0
        self._callers = callers
        rate = limits.RATE_PER_SECOND * raised, limits.RATE_BURST * raised
        self._buckets = TokenBuckets(*rate, lambda: self.now)
        self._lanes = Lanes(ClerkLimits().room)
        self._beside: deque[tuple[Caller, float, int]] = deque()
        self._waiting: dict[int, tuple[Caller, float]] = {}

    def run(self) -> None:
        """Works until the time is over."""
        while self.now < SECONDS:
            wakes = [self._admit(caller) for caller in self._callers]
            worked = self._decide()
            worked = self._work_beside() or worked
            if not worked:
                self.now = min(wakes)

    def _admit(self, caller: Caller) -> float:
        """Takes in what a node may send now; returns when it may send more."""
        while caller.free:
            if caller.free[0] > self.now:
                return caller.free[0]
            try:
                self._buckets.take(caller.name)
            except ProtocolError as refused:
                caller.allowed = self.now + int(refused.metadata["retry_after_ms"]) / 1000
                return caller.allowed
            self._buckets.charge(caller.name, cost.beyond_the_call(caller.cost) / cost.TOKEN)
            began = max(caller.free.popleft(), caller.allowed)
            if caller.decided:
                received = cast("Received", _Received(caller.name))
                future: Any = asyncio.get_running_loop().create_future()
                waiting = Waiting(received, future, caller.cost)
                self._waiting[id(waiting)] = (caller, began)
                self._lanes.add(waiting)
            else:
                self._beside.append((caller, began, caller.cost))
        return SECONDS

    def _decide(self) -> bool:
        group = self._lanes.take(ClerkLimits().max_group, cost.GROUP)
        self.now += sum(each.cost for each in group) / 1e6
        for each in group:
            self._end(*self._waiting.pop(id(each)))
        return bool(group)

    def _work_beside(self) -> bool:
        if not self._beside:
            return False
        caller, began, left = self._beside.popleft()
        step = min(left, SLICE)
        self.now += step / 1e6
        if left > step:
            self._beside.appendleft((caller, began, left - step))
        else:
            self._end(caller, began)
        return True

    def _end(self, caller: Caller, began: float) -> None:
        caller.free.append(self.now + caller.travels)
        caller.done.append(self.now - began)


def played(honest: Caller, *others: Caller, raised: int = 1) -> Caller:
    Core(honest, *others, raised=raised).run()
    return honest


@pytest.mark.parametrize("window", [1, 64])
@pytest.mark.parametrize("flood", many(FLOODS, SOON))
async def test_a_flood_slows_another_node_by_less_than_a_tenth(flood: str, window: int) -> None:
    spent, decided = FLOODS[flood]

    def honest() -> Caller:
        return Caller("honest", SINGLE, decided=True, window=window)

    flooding = Caller("flooding", spent, decided, MAX_CALLS_PER_NODE)
    alone, beside = played(honest()), played(honest(), flooding)
    assert len(beside.done) > 0.9 * len(alone.done)
    # The flood has what its rate is worth, with its burst and the call that overdraws it.
    share = len(flooding.done) * flooding.cost
    worth = (limits.RATE_BURST + SECONDS * limits.RATE_PER_SECOND) * cost.TOKEN
    assert share <= worth + MAX_CALLS_PER_NODE * flooding.cost
    # Nobody waits for more than what is being done, and its own group.
    longest = max(beside.done) * 1e6
    assert longest <= max(spent if decided else SLICE, cost.GROUP) + 2 * cost.GROUP + SLICE


@pytest.mark.parametrize("size", many([64, 1000], {"64"}))
async def test_bulk_is_slowed_by_less_than_a_tenth_too(size: int) -> None:
    of_batch = cost.MESSAGE + size * (cost.PROPOSAL + cost.BLOCK + cost.PIECE)

    def honest() -> Caller:
        return Caller("honest", of_batch, decided=True, window=4)

    for spent, decided in FLOODS.values():
        flooding = Caller("flooding", spent, decided, MAX_CALLS_PER_NODE)
        alone, beside = played(honest()), played(honest(), flooding)
        assert len(beside.done) > 0.9 * len(alone.done)


@pytest.mark.parametrize("window", many([1, 4, 16], {"1", "16"}))
@pytest.mark.parametrize("spent", [SINGLE, 5_000])
async def test_who_sends_a_little_is_not_joined_with_who_sends_all_there_is(
    spent: int, window: int
) -> None:
    """At a rate that nobody reaches, on a core that is always busy: a flood pays for the turns between."""
    honest = Caller("honest", SINGLE, decided=True, window=window, travels=0.002)
    flooding = Caller("flooding", spent, decided=True, window=MAX_CALLS_PER_NODE)
    played(honest, flooding, raised=100)
    # A group of the flood's, and one in which it is company.
    longest = BETWEEN + max(COMPANY, window * SINGLE) + spent
    assert 1e6 * sum(honest.done) / len(honest.done) <= longest
    assert sorted(honest.done)[len(honest.done) * 99 // 100] * 1e6 <= longest + SINGLE
    most = window * 1e6 / (longest + 2_000)
    assert len(honest.done) >= 0.9 * SECONDS * most
    assert len(flooding.done) * spent / 1e6 >= 0.4 * SECONDS, "the core was not left idle for it"
