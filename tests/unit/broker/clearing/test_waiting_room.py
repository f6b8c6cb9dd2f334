# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who waits for a decision: numbers that are next, callers that have gone, and company."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from broker.clearing.path.clerk import ClerkLimits
from broker.clearing.path.lanes import Waiting
from broker.clearing.path.received import Received
from broker.clearing.path.waiting_room import WaitingRoom
from itmo.reasons import ProtocolError, Reason


class _Header:
    def __init__(self, node: str, number: int) -> None:
        self.sender_node, self.sender_sequence = node, number
        self.previous_payload_hash = b""


class _Received:
    """As much of a message as is looked at before it is decided."""

    def __init__(self, node: str, number: int) -> None:
        self.header = _Header(node, number)
        self.payload_bytes = f"{node} {number}".encode()
        self.payload_hash = hashlib.sha256(self.payload_bytes).digest()


@pytest.fixture
def room() -> WaitingRoom:
    made = WaitingRoom(ClerkLimits().room, timedelta(milliseconds=2))
    made.start({})
    return made


def enter(room: WaitingRoom, node: str, number: int, cost: int = 1_000) -> Waiting:
    received = cast("Received", _Received(node, number))
    waiting = Waiting(received, asyncio.get_running_loop().create_future(), cost)
    room.enter(waiting)
    return waiting


def numbers(group: list[Waiting]) -> list[tuple[str, int]]:
    return [(each.node, each.received.header.sender_sequence) for each in group]


async def test_what_another_broker_decided_lets_those_behind_it_in(room: WaitingRoom) -> None:
    enter(room, "tha", 2)
    enter(room, "tha", 3)
    assert (len(room), len(room.early)) == (0, 2)
    room.catch_up("tha", 2)
    assert (len(room), len(room.early)) == (2, 0)
    room.catch_up("tha", 2)  # heard later: it is further by now
    enter(room, "tha", 4)
    assert (len(room), len(room.early)) == (3, 0)


async def test_a_caller_that_goes_gives_its_number_back_and_pays_for_nothing(
    room: WaitingRoom,
) -> None:
    enter(room, "a", 1, cost=50_000).answered.cancel()
    enter(room, "b", 1)
    assert numbers(room.next_group(9)) == [("b", 1)]
    enter(room, "a", 2)
    assert (len(room), len(room.early)) == (0, 1), "it waits for the one that was never decided"
    enter(room, "b", 2)
    enter(room, "a", 1)
    assert numbers(room.next_group(9))[0] == ("a", 1), "who has had less is next"


async def test_who_is_put_off_may_come_again_from_where_it_was(room: WaitingRoom) -> None:
    sent = [enter(room, "tha", number) for number in (1, 2, 3)]
    error = ProtocolError(Reason.OVERLOADED, "not now")
    room.put_off(room.next_group(9), error)
    assert [each.answered.exception() for each in sent] == [error] * 3
    enter(room, "tha", 2)
    assert (len(room), len(room.early)) == (0, 1)
    enter(room, "tha", 1)
    assert numbers(room.next_group(9)) == [("tha", 1), ("tha", 2)]


def pauses(room: WaitingRoom) -> bool:
    """Whether it waits for company."""
    waits = room.gathered()
    try:
        waits.send(None)
    except StopIteration:
        return False
    waits.close()
    return True


async def test_company_is_waited_for_where_there_was_some_lately(room: WaitingRoom) -> None:
    enter(room, "tha", 1)
    assert not pauses(room), "who is alone waits for nobody"
    room.next_group(9)
    for number in (2, 3, 4):
        enter(room, "tha", number)
    room.next_group(9)
    waited = []
    for number in (5, 6, 7):
        enter(room, "tha", number)
        waited.append(pauses(room))
        room.next_group(9)
    assert waited == [True, True, False], "it is forgotten step by step"


async def test_behind_workers_company_is_given_one_turn_of_the_loop_and_no_pause() -> None:
    """Nobody would do anything meanwhile: what comes while a group is decided is its company."""
    limits = ClerkLimits().behind_workers()
    assert replace(limits, pacing=ClerkLimits().pacing) == ClerkLimits()
    room = WaitingRoom(limits.room, limits.pacing)
    for number in (1, 2, 3):
        enter(room, "tha", number)
    room.next_group(9)
    enter(room, "tha", 4)
    waits = room.gathered()
    assert waits.send(None) is None, "a turn of the loop, and no timer that is waited for"
    with pytest.raises(StopIteration):
        waits.send(None)
