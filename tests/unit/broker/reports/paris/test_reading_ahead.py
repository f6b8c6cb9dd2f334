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
from broker.services.paris.reading_ahead import LOOK_SECONDS, QUIET, ReadingAhead
from broker.store.log_head import log_size
from tests.kit.clearing import ClearingWorld, trading_world
from tests.unit.broker.store.test_verifying_since import trade


class Seconds:
    """A clock that is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Ahead:
    """A reading ahead over a world, looked at each second."""

    def __init__(self, world: ClearingWorld, timeline: Timeline) -> None:
        self.clock, self.world, self.timeline = Seconds(), world, timeline
        self.stop = asyncio.Event()
        self.reading = ReadingAhead(timeline, world.house.questions, self.clock)

    async def look(self) -> None:
        """After a second."""
        self.clock.now += LOOK_SECONDS
        await self.reading.look(self.stop)

    @property
    def behind(self) -> int:
        ledger = self.world.connection
        return log_size(ledger) - self.timeline.decisions(ledger)


async def test_it_is_at_the_end_a_second_after_little_was_decided(
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
        assert 0 < ahead.behind <= QUIET
        await ahead.look()
        assert ahead.behind == 0


async def test_it_is_left_while_much_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await trading_world()
    with closing(Timeline()) as made:
        ahead = Ahead(world, made)
        await ahead.look()
        monkeypatch.setattr(reading_ahead, "QUIET", 1)
        await trade(world, 1)
        behind = ahead.behind
        await ahead.look()
        assert ahead.behind == behind
        await ahead.look()
        assert ahead.behind == 0


async def test_it_is_left_between_two_turns_once_much_is_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading_ahead, "AT_ONCE", 1)
    world = await trading_world()
    read_on, turns = Timeline.read_on, []

    def decided_beside(self: Timeline, *asked: object) -> bool:
        done = read_on(self, *asked)  # type: ignore[arg-type]  # as it was asked
        turns.append(done)
        if len(turns) == 2:
            # A decision that is seen by the next look; the clock has not moved.
            world.connection.execute(
                "INSERT INTO log_leaf SELECT log_index + 1, leaf_hash, NULL, NULL, decided_at FROM log_leaf"
                " ORDER BY log_index DESC LIMIT 1"
            )
        return done

    monkeypatch.setattr(Timeline, "read_on", decided_beside)
    with closing(Timeline()) as made:
        ahead = Ahead(world, made)
        await ahead.look()
        await ahead.look()
        assert len(turns) == 2


async def test_it_ends_between_two_turns_when_the_broker_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading_ahead, "AT_ONCE", 1)
    world = await trading_world()
    with closing(Timeline()) as made:
        ahead = Ahead(world, made)
        await ahead.look()
        decisions = Timeline.decisions

        def stopped(self: Timeline, *asked: object) -> int:
            ahead.stop.set()
            return decisions(self, *asked)  # type: ignore[arg-type]  # as it was asked

        monkeypatch.setattr(Timeline, "decisions", stopped)
        await ahead.look()
        monkeypatch.setattr(Timeline, "decisions", decisions)
        assert made.decisions(world.connection) == 1


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
            ahead.clock.now += LOOK_SECONDS
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
