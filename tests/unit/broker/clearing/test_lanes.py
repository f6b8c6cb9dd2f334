# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Turns by cost: whoever has had least is next, and nobody's order is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.clearing.path.cost import GROUP
from broker.clearing.path.lanes import BETWEEN, Lanes, Waiting
from broker.clearing.path.received import Received
from broker.clearing.path.room import RoomLimits
from broker.ledger.overlaps import Overlaps
from itmo.reasons import ProtocolError, Reason

ROOM = RoomLimits(messages=50, messages_per_node=20, payload_bytes=500, payload_bytes_per_node=200)


class _Header:
    def __init__(self, node: str) -> None:
        self.sender_node = node


class _Received:
    """As much of a message as a lane looks at."""

    def __init__(self, node: str, size: int) -> None:
        self.header = _Header(node)
        self.payload_bytes = bytes(size)


def waiting(node: str, cost: int, size: int = 1) -> Waiting:
    received = cast("Received", _Received(node, size))
    return Waiting(received, asyncio.get_running_loop().create_future(), cost)


def nodes(taken: Iterable[Waiting]) -> str:
    return "".join(each.node for each in taken)


async def test_turns_are_by_cost_and_not_by_number() -> None:
    lanes = Lanes(ROOM)
    for _ in range(6):
        lanes.add(waiting("a", 10))
    for _ in range(2):
        lanes.add(waiting("b", 30))
    assert nodes(lanes.take(8, 1000)) == "abaaabaa"


async def test_bulk_lets_single_messages_go_first_and_is_not_kept_for_long() -> None:
    lanes = Lanes(ROOM)
    lanes.add(waiting("a", 500))
    for _ in range(18):
        lanes.add(waiting("b", 10))
    groups = [nodes(lanes.take(4, 100)) for _ in range(5)]
    assert groups == ["bbbb", "bbbb", "bbbb", "a", "bbbb"]


async def test_bulk_yields_to_nobody_where_there_is_only_bulk() -> None:
    lanes = Lanes(ROOM)
    lanes.add(waiting("a", 500))
    lanes.add(waiting("b", 500))
    assert [nodes(lanes.take(4, 100)) for _ in range(2)] == ["a", "b"]


async def test_a_sender_s_own_messages_keep_their_order_behind_its_bulk() -> None:
    lanes = Lanes(ROOM)
    lanes.add(waiting("a", 500))
    lanes.add(waiting("a", 1))
    lanes.add(waiting("b", 1))
    assert [nodes(lanes.take(4, 100)) for _ in range(3)] == ["b", "a", "a"]


async def test_what_a_message_really_cost_counts_for_the_next_turn() -> None:
    lanes = Lanes(ROOM)
    for node in "aabb":
        lanes.add(waiting(node, 1))
    (first,) = lanes.take(1, 1000)
    lanes.settle(first, 100)
    assert nodes(lanes.take(3, 1000)) == "bba"


async def test_who_was_quiet_is_next_and_has_saved_nothing_up() -> None:
    lanes = Lanes(ROOM)
    for _ in range(10):
        lanes.add(waiting("a", 10))
    lanes.take(8, 1000)
    for _ in range(4):
        lanes.add(waiting("b", 10))
    assert nodes(lanes.take(4, 1000)) == "baba"


async def test_groups_are_full_again_when_nobody_who_has_little_came_for_a_while() -> None:
    lanes = Lanes(replace(ROOM, messages_per_node=40))
    for _ in range(40):
        lanes.add(waiting("b", 10_000))
    full = len(lanes.take(40, GROUP)) * 10_000
    assert full == GROUP
    lanes.add(waiting("a", 1_000))
    assert nodes(lanes.take(40, GROUP)) == "a", "nor is it kept by company"
    groups = [len(lanes.take(40, GROUP)) * 10_000 for _ in range(9)]
    assert groups == [BETWEEN] * 8 + [full]


async def test_who_has_little_has_little_company() -> None:
    lanes = Lanes(ROOM)
    for _ in range(20):
        lanes.add(waiting("b", 3_000))
    lanes.add(waiting("a", 1_000))
    assert nodes(lanes.take(40, GROUP)) == "abbb", "and not all that a group may take"


async def test_what_was_put_back_keeps_its_place() -> None:
    lanes = Lanes(ROOM)
    mine = [waiting("a", 10) for _ in range(3)]
    for each in mine:
        lanes.add(each)
    lanes.put_back(lanes.take(2, 1000))
    assert lanes.take(3, 1000) == mine
    assert len(lanes) == 0


async def test_a_group_ends_where_its_cost_does_but_is_never_empty() -> None:
    lanes = Lanes(ROOM)
    for cost in (100, 1, 1):
        lanes.add(waiting("a", cost))
    assert len(lanes.take(9, 10)) == 1
    assert len(lanes.take(9, 10)) == 2
    assert lanes.take(9, 10) == []
    for cost in (6, 4, 1):
        lanes.add(waiting("a", cost))
    assert len(lanes.take(9, 10)) == 2
    for cost in (5, 6):
        lanes.add(waiting("b", cost))
    assert nodes(lanes.take(9, 10)) == "ba"


@pytest.mark.parametrize(("count", "size"), [(21, 1), (5, 50)])
async def test_a_lane_is_bounded_in_messages_and_bytes(count: int, size: int) -> None:
    lanes = Lanes(ROOM)
    for _ in range(count - 1):
        lanes.add(waiting("a", 1, size))
    with pytest.raises(ProtocolError) as refused:
        lanes.add(waiting("a", 1, size))
    assert refused.value.reason is Reason.OVERLOADED
    assert int(refused.value.metadata["retry_after_ms"]) > 0
    lanes.add(waiting("b", 1, size))
    assert len(lanes.clear()) == count


RANGES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(0, 9)).map(
        lambda each: (each[0], each[1], each[1] + each[2])
    ),
    max_size=25,
)


@given(RANGES, RANGES, RANGES)
def test_overlaps_are_those_that_a_look_at_every_row_finds(
    rows: list[Any], more: list[Any], asked: list[Any]
) -> None:
    index = Overlaps(lambda row: row, rows)
    for known in (rows, rows + more):
        for series, first, last in asked:
            found = index.overlapping(series, first, last)
            expected = [r for r in known if r[0] == series and r[1] <= last and r[2] >= first]
            assert sorted(found) == sorted(expected)
        if known is rows:
            index.extend(more)
    assert list(index) == rows + more
