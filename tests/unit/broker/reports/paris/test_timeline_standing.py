# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far the timeline is, is told while it is made and where nobody has made it, and the log says so, too."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import structlog.testing

from broker.reports.paris import timeline
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.timeline_file import beside
from broker.reports.paris.timeline_standing import timeline_standing
from broker.services.paris.reading_on import TOLD_EVERY_SECONDS, read_to_the_end
from broker.store import log_head
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
        await read_to_the_end(made, world.house.questions, lambda: next(ticks) * each_turn)
    being = [each for each in logs if each["event"] == "timeline_being_read"]
    assert len(being) == told
    assert all(0 < each["decisions"] < each["of"] == size for each in being)
    assert [each["decisions"] for each in logs if each["event"] == "timeline_read"] == [
        size
    ] * bool(told)
