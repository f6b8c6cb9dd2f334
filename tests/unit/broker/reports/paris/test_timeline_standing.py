# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far the timeline is, is told while it is made and where nobody has made it, and the log says so, too."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import chain, count, repeat
from pathlib import Path

import pytest
import structlog.testing

from broker.clearing.path import cost
from broker.reports.paris import timeline
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_file import beside
from broker.reports.paris.timeline_standing import timeline_standing
from broker.services.paris.reading_on import ReadingOn
from broker.services.paris.telling import TOLD_EVERY_SECONDS
from broker.store import log_head
from broker.store.questions import Questions
from itmo.reasons import ProtocolError
from itmo.runtime.db.thread import InlineDatabase
from tests.kit.clearing import ClearingWorld, trading_world
from tests.unit.broker.store.test_verifying_since import trade


async def traded() -> ClearingWorld:
    world = await trading_world()
    await trade(world, 1)
    return world


async def test_how_far_it_is_from_nothing_to_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(timeline, "WINDOW", 3)
    world, books = await traded(), tmp_path / "broker.sqlite"
    size, ledger = log_head.log_size(world.connection), world.connection
    none = timeline_standing(ledger, books, datetime.now(UTC))
    assert (none.decisions, none.behind, none.reading) == (0, size, False)
    assert not (tmp_path / "broker.sqlite.timeline").exists(), "looking makes none"
    with closing(Timeline(beside(books))) as made:
        assert not made.read_on(ledger)
        begun = timeline_standing(ledger, books, datetime.now(UTC))
        assert (begun.decisions, begun.behind, begun.reading) == (3, size - 3, True)
        (at,) = ledger.execute("SELECT decided_at FROM log_leaf WHERE log_index = 3").fetchone()
        assert begun.since.ToMilliseconds() == at
        later = timeline_standing(ledger, books, datetime.now(UTC) + timedelta(minutes=1))
        assert not later.reading
        made.read_all(ledger)
    done = timeline_standing(ledger, books, datetime.now(UTC))
    assert (done.decisions, done.behind, done.HasField("since")) == (size, 0, False)
    beside(books).write_bytes(b"no database" * 1_000)
    assert timeline_standing(ledger, books, datetime.now(UTC)).behind == size


@pytest.mark.parametrize(("each_turn", "told"), [(0.1, 0), (1.0, 1), (TOLD_EVERY_SECONDS, 4)])
async def test_the_log_says_how_far_it_is_where_one_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, each_turn: float, told: int
) -> None:
    world = await traded()
    size = log_head.log_size(world.connection)
    monkeypatch.setattr(timeline, "WINDOW", (size + 4) // 5)
    ticks = count()
    with structlog.testing.capture_logs() as logs, closing(Timeline()) as made:
        reading = ReadingOn(made, world.house.questions, lambda: next(ticks) * each_turn)
        await reading.to_the_end()
    being = [each for each in logs if each["event"] == "timeline_being_read"]
    assert len(being) == told
    assert all(0 < each["decisions"] < each["of"] == size for each in being)
    assert [each["decisions"] for each in logs if each["event"] == "timeline_read"] == [
        size
    ] * bool(told)


async def test_a_turn_of_a_dear_decision_is_made_nevertheless() -> None:
    """It is not parted: refused once, it would be refused for ever, and with it every question."""
    world = await traded()
    spent = chain([0], repeat(1_000 * (cost.QUESTION + 1)))
    asked = Questions(InlineDatabase(world.connection), lambda *_: None, clock=lambda: next(spent))
    with pytest.raises(ProtocolError, match="takes more than"):
        await asked.ask("tha", log_head.log_size)
    spent = chain([0], repeat(1_000 * (cost.QUESTION + 1)))
    with closing(Timeline()) as made:
        await ReadingOn(made, asked).to_the_end()
        assert made.decisions(world.connection) == log_head.log_size(world.connection)


async def test_who_cannot_wait_finds_it_further_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, what was read for somebody who then went was all that the next one found."""
    world = await traded()
    size = log_head.log_size(world.connection)
    monkeypatch.setattr(timeline, "WINDOW", 1)
    with closing(Timeline()) as made:
        reading = ReadingOn(made, world.house.questions)
        first, second = (asyncio.ensure_future(reading.to_the_end()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        before = made.decisions(world.connection)
        assert before < size
        await second
        assert made.decisions(world.connection) == size
        (taken,) = made.connection.execute("SELECT count(*) FROM step").fetchone()
        await reading.to_the_end()
        assert made.connection.execute("SELECT count(*) FROM step").fetchone() == (taken,)


async def test_what_was_begun_is_read_to_its_end_when_all_have_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await traded()
    monkeypatch.setattr(timeline, "WINDOW", 1)
    with closing(Timeline()) as made:
        reading = ReadingOn(made, world.house.questions)
        only = asyncio.ensure_future(reading.to_the_end())
        await asyncio.sleep(0)
        only.cancel()
        assert reading._running is not None
        await reading._running
        assert made.decisions(world.connection) == log_head.log_size(world.connection)
