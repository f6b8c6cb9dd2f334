# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Refusals are prompt, then held back, then evenly paced; ended calls are borne for a while."""

import asyncio
from itertools import pairwise

import pytest

from itmo.runtime.rpc import patience as module
from itmo.runtime.rpc.patience import (
    ENDED_BURST,
    HELD_SECONDS,
    PROMPT_BURST,
    RELEASED_PER_SECOND,
    Patience,
)
from tests.unit.itmo_runtime.test_limiting import Monotonic


def made(clock: Monotonic | None = None) -> tuple[Patience, asyncio.Event]:
    stopping = asyncio.Event()
    return Patience(stopping, clock or Monotonic(), HELD_SECONDS), stopping


async def test_few_refusals_are_told_at_once_and_a_stop_tells_all() -> None:
    patience, stopping = made()
    async with asyncio.timeout(HELD_SECONDS / 2):
        for _ in range(PROMPT_BURST):
            assert await patience.hold_back("a")
        later = [asyncio.create_task(patience.hold_back("a")) for _ in range(3)]
        await asyncio.sleep(0)
        assert patience.held == 3
        assert await patience.hold_back("b")  # nobody waits for another
        stopping.set()
        assert await asyncio.gather(*later) == [True] * 3
    assert patience.held == 0


async def test_who_goes_while_it_waits_leaves_nothing() -> None:
    patience, _ = made()
    for _ in range(PROMPT_BURST):
        await patience.hold_back("a")
    later = asyncio.create_task(patience.hold_back("a"))
    await asyncio.sleep(0)
    later.cancel()
    with pytest.raises(asyncio.CancelledError):
        await later
    assert patience.held == 0


async def test_of_one_caller_they_leave_evenly_and_of_each_by_itself() -> None:
    clock = Monotonic()
    patience, _ = made(clock)
    waits = [patience._wait_of("a") for _ in range(1000)]
    assert waits[0] == pytest.approx(HELD_SECONDS)
    gaps = [later - sooner for sooner, later in pairwise(waits)]
    assert gaps == pytest.approx([1 / RELEASED_PER_SECOND] * 999)
    assert patience._wait_of("b") == pytest.approx(HELD_SECONDS)
    clock.now += waits[-1]
    assert patience._wait_of("a") == pytest.approx(HELD_SECONDS)


async def test_callers_whose_calls_have_left_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BUCKETS", 10)
    clock = Monotonic()
    patience, _ = made(clock)
    for number in range(100):
        clock.now += HELD_SECONDS
        patience._wait_of(f"{number}")
    assert len(patience._last_leaves) <= 10


async def test_not_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HELD", 1)
    patience, stopping = made()
    for _ in range(PROMPT_BURST):
        await patience.hold_back("a")
    later = asyncio.create_task(patience.hold_back("a"))
    await asyncio.sleep(0)
    assert not await patience.hold_back("a")
    stopping.set()
    assert await later


async def test_calls_ended_by_their_caller_are_borne_for_a_while() -> None:
    clock = Monotonic()
    patience, _ = made(clock)
    assert all(patience.bears_end("a") for _ in range(ENDED_BURST))
    assert not patience.bears_end("a")
    assert patience.bears_end("b")
    clock.now += 1.0
    assert patience.bears_end("a")
