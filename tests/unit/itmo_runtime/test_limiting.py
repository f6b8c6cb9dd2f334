# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.limiting import GUARANTEED_CALLS, MAX_BUCKETS, Slots, TokenBuckets


class Monotonic:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(buckets: TokenBuckets, node: str, tries: int) -> int:
    for number in range(tries):
        try:
            buckets.take(node)
        except ProtocolError:
            return number
    return tries


def test_a_burst_then_the_rate() -> None:
    clock = Monotonic()
    buckets = TokenBuckets(10.0, 5, clock)
    assert taken(buckets, "a", 100) == 5
    clock.now += 0.1
    assert taken(buckets, "a", 100) == 1
    clock.now += 0.25
    assert taken(buckets, "a", 100) == 2
    clock.now += 3600.0
    assert taken(buckets, "a", 100) == 5  # a long pause saves no more than the burst


def test_the_answer_says_exactly_how_long_to_wait() -> None:
    clock = Monotonic()
    buckets = TokenBuckets(10.0, 1, clock)
    buckets.take("a")
    with pytest.raises(ProtocolError) as caught:
        buckets.take("a")
    assert caught.value.reason is Reason.RATE_LIMITED
    clock.now += int(caught.value.metadata["retry_after_ms"]) / 1000
    buckets.take("a")


def test_nodes_do_not_share_a_bucket() -> None:
    buckets = TokenBuckets(1.0, 1, Monotonic())
    assert taken(buckets, "a", 2) == 1
    assert taken(buckets, "b", 2) == 1


def test_a_refused_call_costs_no_token() -> None:
    clock = Monotonic()
    buckets = TokenBuckets(1.0, 1, clock)
    assert taken(buckets, "a", 10) == 1
    for _ in range(100):
        assert taken(buckets, "a", 1) == 0
    clock.now += 1.0
    assert taken(buckets, "a", 10) == 1


def test_slots_come_back() -> None:
    slots = Slots(2, 2)
    for _ in range(1000):
        for node in ("a", "a", "b"):
            slots.enter(node)
            slots.start(node)
        with pytest.raises(ProtocolError):
            slots.enter("a")
        assert slots.taken == 3
        for node in ("a", "a", "b"):
            slots.leave(node, started=True)
    assert slots.taken == slots.waiting == 0
    assert not slots._of_node  # no memory of nodes that have gone
    assert not slots._started


def test_calls_without_a_message_take_no_place_of_all() -> None:
    slots = Slots(5, 100)
    for _ in range(100):
        slots.enter("silent")
    assert (slots.taken, slots.waiting, slots.full()) == (0, 100, ["silent"])
    for _ in range(5):
        slots.enter("a")
        slots.start("a")
    slots.enter("a")
    with pytest.raises(ProtocolError):
        slots.start("a")
    slots.leave("a", started=False)
    for _ in range(GUARANTEED_CALLS):  # however full it is
        slots.enter("b")
        slots.start("b")
    slots.enter("b")
    with pytest.raises(ProtocolError):
        slots.start("b")


def test_buckets_of_callers_by_the_thousand_are_forgotten_or_refused() -> None:
    clock = Monotonic()
    buckets = TokenBuckets(1.0, 2, clock)
    for number in range(MAX_BUCKETS):
        buckets.take(f"made up {number}")
    with pytest.raises(ProtocolError):
        buckets.take("one more")
    clock.now += 2.0
    buckets.take("one more")
    assert len(buckets._full_at) == 1


def test_what_calls_have_cost_is_paid_before_the_next_one() -> None:
    clock = Monotonic()
    buckets = TokenBuckets(10.0, 5, clock)
    buckets.take("che")
    buckets.charge("che", 24.0)  # 20 more than there are
    with pytest.raises(ProtocolError) as refused:
        buckets.take("che")
    assert refused.value.reason is Reason.RATE_LIMITED
    assert refused.value.metadata["retry_after_ms"] == "2101"
    buckets.take("tha")
    clock.now += 2.101
    buckets.take("che")


def test_a_charge_of_nothing_changes_nothing() -> None:
    buckets = TokenBuckets(10.0, 5, Monotonic())
    for _ in range(10):
        buckets.charge("che", 0.0)
    assert taken(buckets, "che", 9) == 5
