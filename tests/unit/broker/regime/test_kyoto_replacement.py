# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Replacement of temporary units, and what becomes of those that expire, in a real clearing-house."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from broker.app import memory_house
from broker.known_regimes import ALL_REGIMES
from broker.reports.explanation import explain
from broker.rulebook.general.proposal import UnitRole
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, units_pb2
from itmo.kyoto.v1 import attributes_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import ClearingWorld, answer_to, failed
from tests.kit.forest import (
    acquire,
    forest_world,
    give_notice,
    into,
    issue,
    replacement,
    retire,
    waiting,
)
from tests.kit.kyoto import kyoto
from tests.unit.broker.regime.test_kyoto_story import last_receipt, tallies

COMPLETED = decision_pb2.STATE_COMPLETED
VALIDATED = decision_pb2.STATE_VALIDATED
LAST_DAY = datetime(2027, 12, 31, tzinfo=UTC)
"""On which tCERs of the first period still count."""


def units(world: ClearingWorld) -> dict[tuple[str, int, int], tuple[str, str]]:
    """Live ranges, with the account type and period of each and what replaced it."""
    return {
        (registry, first, last): (str(account_type), json.loads(state).get("replaced", ""))
        for registry, first, last, account_type, state in world.connection.execute(
            "SELECT u.registry, first, last, account_type, state"
            " FROM unit_block u JOIN account a USING (account_id) ORDER BY 1, 2"
        )
    }


def whole(world: ClearingWorld) -> None:
    assert verify(world.connection, lambda _: None, ALL_REGIMES).problems == ()


async def with_tcers() -> ClearingWorld:
    """tCERs 1 to 100 of the first period are retired for it, 101 to 200 are held."""
    world = await forest_world()
    await acquire(world, "tCER", 1, 200)
    await retire(world, 1, 100)
    return world


async def test_aaus_replace_tcers_which_are_marked_where_they_are() -> None:
    world = await with_tcers()
    wanted = replacement(world, (1, 40), (11, 50))
    made = await world.senders["gbr"].propose(wanted)
    assert made.state == COMPLETED, failed(made)
    assert made.quantity == 40, "units that are only named do not count"
    assert [(u.registry, u.first, u.last) for u in made.units] == [("GBR01", 1, 40)]
    (now,) = last_receipt(world).restated
    assert (now.registry, now.first, now.last, list(now.marks)) == ("IND01", 11, 50, ["REPLACED"])
    assert now.attributes.kyoto.unit_type == attributes_pb2.UNIT_TYPE_TCER
    assert units(world) == {
        ("GBR01", 1, 40): ("411", ""),
        ("GBR01", 41, 10_000): ("100", ""),
        ("IND01", 1, 10): ("300", ""),
        ("IND01", 11, 50): ("300", wanted.transaction_id),
        ("IND01", 51, 100): ("300", ""),
        ("IND01", 101, 200): ("100", ""),
    }
    assert tallies(world)["kyoto-held:GBR:2"] == (9_960, 0)
    whole(world)


async def test_it_is_explained_with_the_units_that_it_only_names() -> None:
    world = await with_tcers()
    wanted = replacement(world, (1, 40), (11, 50))
    await world.senders["gbr"].propose(wanted)
    found = explain(world.connection, wanted.transaction_id, ALL_REGIMES.checks)
    assert found is not None
    assert found.transaction.quantity == 40
    assert [(b.registry, b.first, b.role) for b in found.content.blocks] == [
        ("GBR01", 1, UnitRole.ACTS),
        ("IND01", 11, UnitRole.NAMED),
    ]


async def test_a_unit_is_replaced_once_and_the_loser_hears_of_the_winner() -> None:
    world = await with_tcers()
    gbr = world.senders["gbr"]
    winner = replacement(world, (1, 40), (11, 50))
    assert (await gbr.propose(winner)).state == COMPLETED
    lost = await gbr.propose(replacement(world, (101, 140), (50, 89)))
    assert lost.state == decision_pb2.STATE_INVALIDATED
    assert list(failed(lost)) == ["KP_REP_ONCE"]
    (finding,) = (f for f in lost.findings if f.check_id == "KP_REP_ONCE")
    assert finding.conflicting_transaction_id == winner.transaction_id
    assert "IND01:50-50, which GBR01:101-140 would replace, were replaced" in finding.found


async def test_units_that_replaced_others_end_nothing_else_and_the_loser_hears_of_the_winner() -> (
    None
):
    world = await with_tcers()
    gbr = world.senders["gbr"]
    winner = replacement(world, (1, 40), (11, 50))
    assert (await gbr.propose(winner)).state == COMPLETED
    for second in (
        replacement(world, (40, 40), (51, 51)),
        into(world, "CANCELLATION", 230, 1, 40, units="GBR01"),
    ):
        lost = await gbr.propose(second)
        (finding,) = (f for f in lost.findings if f.check_id == "KP_UNITS_ENDED")
        assert finding.conflicting_transaction_id == winner.transaction_id


async def test_of_two_that_race_the_loser_hears_of_the_one_that_waits() -> None:
    world = await with_tcers()
    gbr = world.senders["gbr"]
    winner = waiting(replacement(world, (1, 40), (11, 50)))
    assert (await gbr.propose(winner)).state == VALIDATED
    # The same units in their place, and the same units to be replaced: either is locked.
    for acting, replaced in (((40, 40), (90, 90)), ((90, 90), (11, 11))):
        lost = await gbr.propose(replacement(world, acting, replaced))
        assert list(failed(lost)) == ["ID_LOCKED"]
        (finding,) = (f for f in lost.findings if f.check_id == "ID_LOCKED")
        assert finding.conflicting_transaction_id == winner.transaction_id
    done = await answer_to(gbr, PayloadKind.COMPLETION, winner.transaction_id)
    assert done.state == COMPLETED
    assert units(world)[("IND01", 11, 50)] == ("300", winner.transaction_id)
    whole(world)


@pytest.mark.parametrize("end", ["withdrawn", "timed out"])
async def test_what_was_not_completed_lets_all_its_units_go(end: str) -> None:
    world = await with_tcers()
    gbr = world.senders["gbr"]
    offered = waiting(replacement(world, (1, 40), (11, 50)))
    await gbr.propose(offered)
    whole(world)
    if end == "withdrawn":
        await answer_to(gbr, PayloadKind.WITHDRAWAL, offered.transaction_id, reason="changed")
    else:
        world.clock.advance(timedelta(hours=25))
        await world.house.expire_due()
    assert units(world) == {
        ("GBR01", 1, 10_000): ("100", ""),
        ("IND01", 1, 100): ("300", ""),
        ("IND01", 101, 200): ("100", ""),
    }
    whole(world)
    assert (await gbr.propose(replacement(world, (1, 40), (11, 50)))).state == COMPLETED


async def test_tcers_replace_tcers_and_are_replaced_in_turn() -> None:
    world = await with_tcers()
    gbr = world.senders["gbr"]
    await acquire(world, "tCER", 301, 310, period=2, expiry="2033-12-31")
    made = await gbr.propose(replacement(world, (301, 310), (1, 10), units="IND01"))
    assert made.state == COMPLETED, failed(made)
    made = await gbr.propose(replacement(world, (1, 10), (301, 310)))
    assert made.state == COMPLETED, failed(made)
    whole(world)


async def test_lcers_of_one_project_stand_for_each_other_after_a_reversal_alone() -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await acquire(world, "lCER", 1, 10)
    await retire(world, 1, 10)
    await acquire(world, "lCER", 101, 110, period=2)
    await acquire(world, "lCER", 201, 210, period=2, project=8)
    await give_notice(world, 4, 4, quantity=100)
    await give_notice(world, 5, 5, quantity=100)
    notices = {422: 4, 423: 5}
    for account_type, first, check in (
        (421, 101, "KP_REP_LCER_EXPIRY"),
        (411, 101, "KP_REP_TCER"),
        (422, 201, "KP_REP_LCER_PROJECT"),
        (423, 201, "KP_REP_LCER_PROJECT"),
    ):
        wanted = replacement(
            world,
            (first, first + 9),
            (1, 10),
            account_type=account_type,
            units="IND01",
            notice=notices.get(account_type, 0),
        )
        lost = await gbr.propose(wanted)
        assert list(failed(lost)) == [check]
        said = failed(lost)[check]
        assert f"IND01:{first}-{first + 9}" in said, "both ranges are named"
        assert "IND01:1-10" in said
    same = replacement(world, (101, 110), (1, 10), account_type=422, units="IND01", notice=4)
    assert (made := await gbr.propose(same)).state == COMPLETED, failed(made)


async def test_many_units_in_the_place_of_many_are_told_once_each_and_not_by_pairs() -> None:
    world = await forest_world()
    await acquire(world, "lCER", 1, 20)
    await acquire(world, "lCER", 101, 120, project=8)
    await retire(world, 101, 120)
    await give_notice(world, 4, 4, quantity=20, project="IND8")
    wanted = replacement(world, (1, 1), (101, 101), account_type=422, units="IND01", notice=4)
    for number in range(2, 21):
        more = replacement(world, (number, number), (100 + number, 100 + number), units="IND01")
        wanted.blocks.extend(more.blocks)
    told = failed(await world.senders["gbr"].propose(wanted))["KP_REP_LCER_PROJECT"]
    assert told.endswith("; and 17 more"), "20 pieces, of which three are told in full"
    assert "IND01:105-105 and 15 more of project IND8" in told


async def test_what_is_held_is_cancelled_and_not_replaced() -> None:
    world = await with_tcers()
    lost = await world.senders["gbr"].propose(replacement(world, (1, 10), (101, 110)))
    assert list(failed(lost)) == ["KP_REP_ONCE"]


async def test_units_that_lie_in_another_registry_are_as_if_they_were_not() -> None:
    world = await with_tcers()
    await issue(world, "tCER", 301, 310)
    lost = await world.senders["gbr"].propose(replacement(world, (1, 10), (301, 310)))
    assert lost.state == decision_pb2.STATE_INVALIDATED
    assert "of which 0 are in accounts of the source registry" in failed(lost)["KP_REP_ONCE"]


async def test_a_broker_that_starts_anew_completes_a_replacement_that_waits() -> None:
    world = await with_tcers()
    gbr = world.senders["gbr"]
    offered = waiting(replacement(world, (1, 40), (11, 50)))
    await gbr.propose(offered)
    await world.house.stop()
    world.house = memory_house(world.parts, world.connection)
    await world.house.start()
    done = await answer_to(gbr, PayloadKind.COMPLETION, offered.transaction_id)
    assert done.state == COMPLETED
    assert units(world)[("IND01", 11, 50)] == ("300", offered.transaction_id)
    whole(world)


async def test_no_other_type_names_units() -> None:
    world = await with_tcers()
    wanted = into(world, "RETIREMENT", 300, 101, 110, 1)
    wanted.blocks[0].role = units_pb2.UNIT_ROLE_NAMED
    with pytest.raises(ProtocolError) as refused:
        await world.senders["gbr"].propose(wanted)
    assert refused.value.reason is Reason.PAYLOAD_INVALID
    assert "every block of such a transaction acts" in refused.value.message


# -- expiry -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "failing"),
    [(-1, None), (0, None), (1, "KP_TRF_EXPIRED")],
    ids=["before", "on", "after"],
)
async def test_a_tcer_counts_until_the_end_of_its_last_day(days: int, failing: str | None) -> None:
    world = await with_tcers()
    gbr = world.senders["gbr"]
    world.clock.set(LAST_DAY + timedelta(days=days, hours=23, minutes=59))
    moved = kyoto(world, "TRANSFER", 101, 110, giver="GBR01", taker="CHE01", units="IND01")
    assert list(failed(await gbr.propose(moved))) == ([failing] if failing else [])
    retired = await gbr.propose(into(world, "RETIREMENT", 300, 111, 120, 1))
    assert list(failed(retired)) == ([failing] if failing else [])
    cancelled = await gbr.propose(into(world, "CANCELLATION", 250, 121, 130, 1))
    assert cancelled.state == COMPLETED, failed(cancelled)


async def test_an_expired_unit_replaces_nothing_and_both_ranges_are_named() -> None:
    world = await with_tcers()
    await acquire(world, "tCER", 301, 310, period=2, expiry="2027-06-30")
    world.clock.set(datetime(2027, 7, 1, tzinfo=UTC))
    lost = await world.senders["gbr"].propose(
        replacement(world, (301, 310), (1, 10), units="IND01")
    )
    assert failed(lost) == {
        "KP_REP_EXPIRED": "IND01:301-310 expired on 2027-06-30 and would replace IND01:1-10;"
        " expected units that count"
    }


async def test_an_expired_tcer_is_replaced_late_but_still() -> None:
    world = await with_tcers()
    world.clock.set(LAST_DAY + timedelta(days=30))
    made = await world.senders["gbr"].propose(replacement(world, (1, 100), (1, 100)))
    assert made.state == COMPLETED, failed(made)


async def test_units_that_expire_while_they_are_offered_end_the_offer() -> None:
    world = await with_tcers()
    gbr, che = world.senders["gbr"], world.senders["che"]
    world.clock.set(LAST_DAY + timedelta(hours=22))
    moved = kyoto(world, "TRANSFER", 101, 110, giver="GBR01", taker="CHE01", units="IND01")
    offered = await gbr.propose(moved)
    assert offered.state == VALIDATED, failed(offered)
    assert offered.deadline.ToDatetime(UTC) == LAST_DAY + timedelta(days=1)
    world.clock.advance(timedelta(hours=2))
    told = await che.accept(moved.transaction_id)
    assert (told.effective, told.refusal.code) == (False, "STATE_TIMEOUT_24H")
    await world.house.expire_due()
    assert units(world)[("IND01", 101, 200)] == ("100", "")
    whole(world)
