# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Brokers on one database give a node its share once: of its rate, of calls and streams, and of subscriptions."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from broker.store.hints import MOST_CHARACTERS
from broker.use_elsewhere import FORGOTTEN_SECONDS, UseElsewhere
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Caller
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.limiting import CallLimits

LIMITS = CallLimits(rate_per_second=50, burst=200, calls_per_node=10, streams_per_node=2)
PAUSE = 0.1


@dataclass
class Time:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Door:
    """The door of a broker whose guard is a real one."""

    guard: CallGuard
    ended: list[str] = field(default_factory=list)
    opens: Callable[[str], None] = lambda _: None

    def tell_use(
        self, spent: Callable[[str, float], None], subscribed: Callable[[str], None]
    ) -> None:
        self.guard.tell(spent)
        self.opens = subscribed

    def held(self) -> Mapping[str, tuple[int, int]]:
        return self.guard.held()

    def charge_elsewhere(self, node: str, tokens: float) -> None:
        self.guard.charge_elsewhere(node, tokens)

    def hold_elsewhere(self, process: str, held: Mapping[str, tuple[int, int]]) -> None:
        self.guard.hold_elsewhere(process, held)

    def supersede(self, node: str) -> None:
        self.ended.append(node)


@dataclass
class Brokers:
    """So many brokers, and hints between them."""

    time: Time
    doors: list[Door]
    each: list[UseElsewhere]

    def exchange(self, lost: Callable[[], bool] = lambda: False) -> None:
        hints = [hint for one in self.each for hint in one.said()]
        for one in self.each:
            one.heard([hint for hint in hints if not lost()])


@pytest.fixture
async def brokers() -> Brokers:
    time = Time()
    guards = [
        CallGuard(identify=lambda _: Caller("tha", None), limits=LIMITS, monotonic=time)
        for _ in range(2)
    ]
    doors = [Door(guard) for guard in guards]
    made = Brokers(
        time, doors, [UseElsewhere(str(at), door, time) for at, door in enumerate(doors)]
    )
    made.exchange()
    return made


def flood(guards: Iterable[CallGuard]) -> int:
    """What a node gets that asks all of them until none gives more."""
    got = 0
    for guard in guards:
        while True:
            try:
                guard._buckets.take("tha")
            except ProtocolError:
                break
            guard._told("tha", 1.0)
            got += 1
    return got


@pytest.mark.parametrize("lossy", [False, True])
async def test_a_flood_over_all_brokers_gets_what_one_would_give(
    brokers: Brokers, lossy: bool
) -> None:
    chance = random.Random(1)
    seconds, got = 60.0, 0
    for _ in range(round(seconds / PAUSE)):
        got += flood(door.guard for door in brokers.doors)
        brokers.exchange(lambda: lossy and chance.random() < 0.3)
        brokers.time.now += PAUSE
    one = LIMITS.burst + LIMITS.rate_per_second * seconds
    # What came to both before the first word is a debt, and paid by the end.
    assert one * 0.9 < got <= one + LIMITS.rate_per_second * PAUSE * 4


async def test_who_comes_later_does_not_charge_what_was_spent_long_ago(brokers: Brokers) -> None:
    brokers.doors[0].guard.charge("tha", 10_000)
    brokers.exchange()
    brokers.time.now += 1_000
    guard = CallGuard(identify=lambda _: Caller("tha", None), limits=LIMITS, monotonic=brokers.time)
    third = UseElsewhere("late", Door(guard), brokers.time)
    brokers.doors[0].guard.charge("tha", 10)
    third.heard(brokers.each[0].said())
    assert flood([guard]) == LIMITS.burst - 10


async def test_calls_and_streams_count_wherever_they_are(brokers: Brokers) -> None:
    one, two = (door.guard for door in brokers.doors)
    for _ in range(LIMITS.streams_per_node):
        one.streams.enter("tha")
    for _ in range(LIMITS.calls_per_node - 1):
        one.calls.enter("tha")
    brokers.exchange()
    with pytest.raises(ProtocolError) as refused:
        two.streams.enter("tha")
    assert refused.value.reason is Reason.OVERLOADED
    two.calls.enter("tha")
    with pytest.raises(ProtocolError):
        two.calls.enter("tha")
    assert two.calls.full() == ["tha"]
    two.streams.enter("che")
    one.streams.leave("tha", started=False)
    brokers.time.now += PAUSE
    brokers.exchange()
    two.streams.enter("tha")


async def test_what_a_broker_held_that_says_nothing_more_is_forgotten(brokers: Brokers) -> None:
    one, two = (door.guard for door in brokers.doors)
    for _ in range(LIMITS.streams_per_node):
        one.streams.enter("tha")
    brokers.exchange()
    brokers.time.now += FORGOTTEN_SECONDS + 0.1
    brokers.each[1].heard([])
    two.streams.enter("tha")
    # It was only asleep.
    one.streams.leave("tha", started=False)
    brokers.exchange()
    assert two.streams._elsewhere["tha"] == LIMITS.streams_per_node - 1


@pytest.mark.parametrize(
    "strange",
    ["no json", "7", "[]", "{}", '{"from": "new"}', '{"from": "new", "nodes": []}', '{"from": [], "nodes": {}}',
     '{"from": "new", "nodes": {"tha": [1, 2, 3, 4, 5, 6, 7]}}', '{"from": "new", "nodes": {"tha": 7}}'],
)  # fmt: skip
async def test_what_a_broker_of_another_version_says_stops_nobody(
    brokers: Brokers, strange: str
) -> None:
    """Before, a list in the place of a table ended the task that hears, and the broker with it."""
    one, two = (door.guard for door in brokers.doors)
    brokers.each[1].heard([strange])
    for _ in range(LIMITS.streams_per_node):
        one.streams.enter("tha")
    brokers.exchange()
    with pytest.raises(ProtocolError):
        two.streams.enter("tha")


async def test_the_later_subscription_ends_the_one_at_another_broker(brokers: Brokers) -> None:
    one, two = brokers.doors
    one.opens("tha")
    brokers.exchange()
    assert (one.ended, two.ended) == ([], ["tha"])
    two.opens("tha")
    brokers.exchange()
    brokers.exchange()
    assert (one.ended, two.ended) == (["tha"], ["tha"])


async def test_hints_fit_into_notices_and_what_is_none_is_let_be(brokers: Brokers) -> None:
    for number in range(1_000):
        brokers.doors[0].guard.charge(f"node-{number:04}", 1.5)
    hints = brokers.each[0].said()
    assert max(map(len, hints)) < MOST_CHARACTERS
    assert sum(len(json.loads(hint)["nodes"]) for hint in hints) == 1_000
    brokers.each[1].heard(
        ["no JSON", "[]", '{"from": "x"}', '{"from": "x", "nodes": {"tha": [1]}}']
    )
