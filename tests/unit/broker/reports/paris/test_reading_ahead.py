# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline is read on in quiet moments, and only then; what fails there stops nothing."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
import structlog.testing

from broker.reports.paris.timeline import Timeline
from broker.services.paris import reading_ahead
from broker.services.paris.reading_ahead import LOOK_SECONDS, QUIET, ReadingAhead, Spent
from broker.store.log_head import log_size
from itmo.runtime.db.connection import Connection
from tests.kit.clearing import ClearingWorld, trading_world
from tests.unit.broker.store.test_verifying_since import trade

MUCH = 1.1 * QUIET
LITTLE = 0.9 * QUIET


class Machine:
    """How much time was spent, as a test says."""

    clock = process = thread = 100.0

    def __call__(self) -> Spent:
        return Spent(self.clock, self.process, self.thread)


async def traded() -> ClearingWorld:
    """Seven decisions that completed something."""
    world = await trading_world()
    for begin in (1, 1_001, 2_001):
        await trade(world, begin)
    return world


class Ahead:
    """A reading ahead over a world, looked at each second."""

    def __init__(self, world: ClearingWorld, timeline: Timeline) -> None:
        self.machine, self.world, self.timeline = Machine(), world, timeline
        self.stop = asyncio.Event()
        self.reading = ReadingAhead(timeline, world.house.questions, self.machine)

    async def look(self, worked: float = LITTLE) -> None:
        """After a second in which the broker worked for so long."""
        self.machine.clock += LOOK_SECONDS
        self.machine.process += worked
        await self.reading.look(self.stop)

    @property
    def behind(self) -> int:
        ledger = self.world.connection
        return log_size(ledger) - self.timeline.decisions(ledger)


async def test_it_is_at_the_end_a_second_after_there_was_little_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading_ahead, "AT_ONCE", 3)
    world = await trading_world()
    with closing(Timeline()) as made:
        ahead = Ahead(world, made)
        await ahead.look()
        assert ahead.behind == log_size(world.connection) > 6, "nobody knows whether it is quiet"
        await ahead.look()
        assert ahead.behind == 0
        await trade(world, 1)
        assert ahead.behind > 0
        await ahead.look()
        assert ahead.behind == 0


async def test_it_is_left_while_there_is_much_to_do() -> None:
    world = await trading_world()
    with closing(Timeline()) as made:
        ahead = Ahead(world, made)
        await ahead.look()
        for _ in range(3):
            await ahead.look(MUCH)
        assert made.decisions(world.connection) == 0
        await ahead.look()
        assert ahead.behind == 0


async def test_it_is_left_between_two_turns_once_there_is_much_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it works itself counts for nothing."""
    monkeypatch.setattr(reading_ahead, "AT_ONCE", 1)
    world = await traded()
    read_on, turns = Timeline.read_on, list[int]()
    with closing(Timeline()) as made:
        ahead = Ahead(world, made)

        def worked_beside(self: Timeline, ledger: Connection, *, most: int) -> bool:
            turns.append(most)
            machine, beside = ahead.machine, MUCH if len(turns) == 4 else 0.0
            machine.clock += 0.2
            machine.process += 0.2 + beside
            machine.thread += 0.2
            return read_on(self, ledger, most=most)

        monkeypatch.setattr(Timeline, "read_on", worked_beside)
        await ahead.look()
        await ahead.look()
        assert turns == [1] * 4
        assert ahead.behind > 0
        await ahead.look(0.0)
        assert ahead.behind == 0


async def test_it_ends_between_two_turns_when_the_broker_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading_ahead, "AT_ONCE", 1)
    world = await traded()
    read_on = Timeline.read_on
    with closing(Timeline()) as made:
        ahead = Ahead(world, made)
        await ahead.look()

        def stopped(self: Timeline, ledger: Connection, *, most: int) -> bool:
            ahead.stop.set()
            return read_on(self, ledger, most=most)

        monkeypatch.setattr(Timeline, "read_on", stopped)
        await ahead.look()
        assert 0 < made.decisions(world.connection) < log_size(world.connection)


async def test_a_disk_that_takes_no_timeline_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = await trading_world()
    folder = tmp_path / "away"
    with (
        structlog.testing.capture_logs() as logs,
        closing(Timeline(folder / "timeline")) as made,
    ):
        ahead = Ahead(world, made)
        look, looks = ahead.reading.look, []

        async def looked(stop: asyncio.Event) -> None:
            looks.append(1)
            ahead.machine.clock += LOOK_SECONDS
            if len(looks) == 3:
                folder.mkdir()
            if len(looks) == 5:
                stop.set()
            await look(stop)

        monkeypatch.setattr(ahead.reading, "look", looked)
        await ahead.reading.run(ahead.stop, 0)
        assert ahead.behind == 0
    told = [each["event"] for each in logs if each["event"].startswith("timeline_")]
    assert told == ["timeline_not_read", "timeline_not_read", "timeline_read_again"]
