# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What replaced tCERs and lCERs, and what is owed, as of moments before and after they expire."""

from __future__ import annotations

from datetime import UTC, date, datetime

from broker.reports.kyoto.replacements import replacements
from itmo.core.v1 import decision_pb2
from tests.kit.clearing import ClearingWorld, failed
from tests.kit.forest import (
    acquire,
    forest_world,
    give_notice,
    into,
    replacement,
    retire,
    under,
)

AFTER = datetime(2028, 1, 1, tzinfo=UTC)
"""tCERs of the first period expired the day before."""
Counted = dict[tuple[str, int, str], tuple[int, int, int, int, int]]


def told(world: ClearingWorld, today: date, as_of: datetime | None = None) -> Counted:
    """Required, expired in holding, replaced, cancelled and owed, by Party, period and reason."""
    return {
        (each.reason.party, each.reason.period, each.reason.why): (
            each.required,
            each.expired_held,
            each.replaced,
            each.cancelled,
            each.owed,
        )
        for each in replacements(world.connection, today, as_of)
    }


async def test_what_expires_is_replaced_where_it_was_used_and_cancelled_where_it_is_held() -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await acquire(world, "tCER", 1, 200)
    await retire(world, 1, 100)
    made = await gbr.propose(replacement(world, (1, 30), (1, 30)))
    assert made.state == decision_pb2.STATE_COMPLETED, failed(made)
    before = world.clock.now()
    key = ("GBR", 2, "expiry of tCERs")
    assert told(world, before.date()) == {key: (30, 0, 30, 0, 0)}
    world.clock.set(AFTER)
    assert told(world, date(2027, 12, 31)) == {key: (30, 0, 30, 0, 0)}
    assert told(world, AFTER.date()) == {key: (100, 100, 30, 0, 170)}
    await gbr.propose(into(world, "CANCELLATION", 250, 101, 160, 1))
    await gbr.propose(replacement(world, (31, 90), (31, 90)))
    assert told(world, AFTER.date()) == {key: (100, 100, 90, 60, 50)}
    await gbr.propose(into(world, "CANCELLATION", 250, 161, 200, 1))
    await gbr.propose(replacement(world, (91, 100), (91, 100)))
    assert told(world, AFTER.date()) == {key: (100, 100, 100, 100, 0)}
    assert told(world, before.date(), before) == {key: (30, 0, 30, 0, 0)}


async def test_units_that_were_cancelled_before_they_expired_are_owed_nothing_for() -> None:
    world = await forest_world()
    await acquire(world, "tCER", 1, 10)
    await world.senders["gbr"].propose(into(world, "CANCELLATION", 230, 1, 10, 1))
    world.clock.set(AFTER)
    assert told(world, AFTER.date()) == {}


async def test_what_notices_ask_for_is_told_for_itself_and_once() -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await acquire(world, "lCER", 1, 20)
    await retire(world, 1, 10)
    await give_notice(world, 4, 4, quantity=20, project="IND7")
    made = await gbr.propose(replacement(world, (1, 6), (1, 6), account_type=422, notice=4))
    assert made.state == decision_pb2.STATE_COMPLETED, failed(made)
    await gbr.propose(under(into(world, "CANCELLATION", 250, 11, 15, 1), 4))
    asked = ("GBR", 0, "reversal of storage")
    assert told(world, world.clock.now().date()) == {asked: (20, 0, 6, 5, 9)}
    world.clock.set(AFTER)
    assert told(world, AFTER.date()) == {
        asked: (20, 0, 6, 5, 9),
        ("GBR", 2, "expiry of lCERs"): (4, 5, 0, 0, 9),
    }
