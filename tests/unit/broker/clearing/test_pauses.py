# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who was served dearly pauses while others speak in turn, never for nobody and never for longer than it took."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from broker.clearing.path import pauses as module
from broker.clearing.path.clerk import ClerkLimits
from broker.clearing.path.pauses import DEAR, NEXT_WORD, Pauses
from broker.clearing.path.waiting_room import WaitingRoom, moment
from tests.kit.clearing import own_clerk, trading_world, transfer
from tests.unit.broker.clearing.test_waiting_room import enter, numbers

LONG = timedelta(seconds=10)
"""What a dear message took."""
CHEAP = 700


def served() -> Pauses:
    """A dear message and one of somebody else were decided, from 0 to LONG."""
    pauses = Pauses()
    pauses.decided([("dear", DEAR + 1), ("other", CHEAP)], timedelta(0), LONG)
    return pauses


def test_who_was_served_dearly_lets_others_speak_again() -> None:
    pauses = served()
    assert pauses.pausing(LONG) == {"dear"}
    assert pauses.pausing(LONG + NEXT_WORD) == ()  # nobody has


def test_it_pauses_on_while_others_speak_but_no_longer_than_its_message_took() -> None:
    pauses, now = served(), LONG
    while now < 2 * LONG - NEXT_WORD:
        pauses.decided([("other", CHEAP)], now, now)
        assert pauses.pausing(now + NEXT_WORD / 2) == {"dear"}
        now += NEXT_WORD
    pauses.decided([("other", CHEAP)], 2 * LONG, 2 * LONG)
    assert pauses.pausing(2 * LONG) == ()


def test_nobody_pauses_for_nobody() -> None:
    pauses = Pauses()
    pauses.decided([("dear", DEAR + 1), ("dear too", DEAR + 1)], timedelta(0), LONG)
    assert pauses.pausing(LONG) == ()


def test_who_sends_what_is_cheap_again_pauses_no_more() -> None:
    pauses = served()
    pauses.decided([("dear", DEAR)], LONG, LONG)
    assert pauses.pausing(LONG) == frozenset()


@pytest.fixture
def room() -> WaitingRoom:
    made = WaitingRoom(ClerkLimits().room, timedelta(milliseconds=2))
    made.start({})
    return made


def one_pauses(room: WaitingRoom, monkeypatch: pytest.MonkeyPatch) -> timedelta:
    """Has `dear` pause, and its next message wait; returns when."""
    monkeypatch.setattr(module, "NEXT_WORD", LONG)
    now = moment()
    room.pauses.decided([("dear", DEAR + 1), ("other", CHEAP)], now - LONG, now)
    enter(room, "dear", 1)
    return now


async def test_others_are_taken_meanwhile_and_then_who_paused(
    room: WaitingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = one_pauses(room, monkeypatch)
    assert room.next_group(9) == []
    pausing = asyncio.create_task(room.paused())
    await asyncio.sleep(0)
    enter(room, "other", 1)
    async with asyncio.timeout(LONG.total_seconds() / 2):
        await pausing
    assert numbers(room.next_group(9)) == [("other", 1)]
    assert len(room) == 1
    room.pauses.decided([("other", CHEAP)], now - 2 * LONG, now - LONG)  # it was long ago
    async with asyncio.timeout(LONG.total_seconds() / 2):
        await room.paused()
    assert numbers(room.next_group(9)) == [("dear", 1)]


async def test_nobody_waits_behind_a_caller_that_has_gone(
    room: WaitingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_pauses(room, monkeypatch)
    enter(room, "gone", 1).answered.cancel()
    enter(room, "other", 1)
    assert room.next_group(1) == []
    async with asyncio.timeout(LONG.total_seconds() / 2):
        await room.paused()
    assert numbers(room.next_group(9)) == [("other", 1)]


async def test_the_clerk_tells_of_what_was_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await trading_world()
    monkeypatch.setattr(module, "DEAR", 0)
    pauses = own_clerk(world.house)._waiting.pauses
    before = moment()
    await world.senders["tha"].propose(transfer(world, 1, 1))
    assert pauses._dear == {"tha"}
    assert pauses._longest > before
    monkeypatch.setattr(module, "DEAR", DEAR)
    await world.senders["tha"].propose(transfer(world, 2, 2))
    assert pauses._dear == set()
    await world.house.stop()
