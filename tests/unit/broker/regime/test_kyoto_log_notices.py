# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices of the log: given, updated, answered by transactions, and done with, in a real clearing-house."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from broker.reports.kyoto.log_notices import standings
from broker.reports.notices import notices
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.kyoto.v1 import attributes_pb2
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.message.v1 import ranges_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.kit.cdm import CDM
from tests.kit.clearing import ClearingWorld, answer_to, failed
from tests.kit.forest import (
    acquire,
    forest_world,
    give_notice,
    into,
    replacement,
    retire,
    under,
    waiting,
)
from tests.kit.kyoto import kyoto, open_kyoto
from tests.unit.broker.regime.test_kyoto_replacement import whole
from tests.unit.broker.regime.test_kyoto_story import last_receipt, tallies

COMPLETED = decision_pb2.STATE_COMPLETED


def met(world: ClearingWorld, number: int) -> tuple[int, int]:
    return tallies(world).get(f"kyoto-met:{number}", (0, 0))


async def cancel(
    world: ClearingWorld, first: int, last: int, notice: int, account_type: int = 220
) -> decision_pb2.TransactionVerdict:
    wanted = into(world, "CANCELLATION", account_type, first, last, units="GBR01")
    return await world.senders["gbr"].propose(under(wanted, notice))


async def test_a_notice_is_met_by_transactions_that_name_it_and_no_further() -> None:
    world = await forest_world()
    await give_notice(world, 12, 2, quantity=12)
    over = await cancel(world, 1, 13, 12)
    assert failed(over) == {
        "KP_NOTICE_FITS": "notice 12 (non-compliance cancellation) asks for 12 units, of which 0 were met"
        " and 0 are waiting; 12 are left, and the transaction has 13"
    }
    assert (made := await cancel(world, 1, 7, 12)).state == COMPLETED, failed(made)
    assert met(world, 12) == (7, 0)
    assert "5 are left" in failed(await cancel(world, 8, 13, 12))["KP_NOTICE_FITS"]
    assert (await cancel(world, 8, 12, 12)).state == COMPLETED
    assert met(world, 12) == (12, 0)
    done = failed(await cancel(world, 13, 13, 12))["KP_NOTICE_FITS"]
    assert done == "notice 12 (non-compliance cancellation) is completed: 12 of 12 units were met"
    whole(world)


async def test_what_waits_is_kept_of_a_notice_until_it_ends() -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await give_notice(world, 12, 2, quantity=12)
    offered = waiting(under(into(world, "CANCELLATION", 220, 1, 10, units="GBR01"), 12))
    assert (await gbr.propose(offered)).state == decision_pb2.STATE_VALIDATED
    assert met(world, 12) == (0, 10)
    said = failed(await cancel(world, 21, 23, 12))["KP_NOTICE_FITS"]
    assert "of which 0 were met and 10 are waiting; 2 are left" in said
    await answer_to(gbr, PayloadKind.WITHDRAWAL, offered.transaction_id, reason="changed")
    assert met(world, 12) == (0, 0)
    again = waiting(under(into(world, "CANCELLATION", 220, 1, 12, units="GBR01"), 12))
    await gbr.propose(again)
    done = await answer_to(gbr, PayloadKind.COMPLETION, again.transaction_id)
    assert done.state == COMPLETED
    assert met(world, 12) == (12, 0)
    whole(world)


async def test_two_that_race_for_what_is_left_of_a_notice() -> None:
    world = await forest_world()
    await give_notice(world, 12, 2, quantity=12)
    first, second = [await cancel(world, start, start + 7, 12) for start in (1, 101)]
    assert first.state == COMPLETED
    assert "4 are left, and the transaction has 8" in failed(second)["KP_NOTICE_FITS"]


async def test_an_update_changes_what_it_states_and_the_newest_wins() -> None:
    world = await forest_world()
    await give_notice(world, 12, 2, quantity=12, due_date="2026-08-01", period=2)
    await give_notice(world, 12, 10, quantity=20)
    assert (made := await cancel(world, 1, 20, 12)).state == COMPLETED, failed(made)
    await give_notice(world, 12, 10, quantity=30, period=1)
    assert "is of commitment period 1" in failed(await cancel(world, 21, 30, 12))["KP_NOTICE_FITS"]
    await give_notice(world, 12, 2, quantity=30)
    assert (await cancel(world, 21, 30, 12)).state == COMPLETED


async def test_a_notice_that_was_lowered_or_closed_stops_what_waits() -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await give_notice(world, 12, 2, quantity=12)
    offered = waiting(under(into(world, "CANCELLATION", 220, 1, 10, units="GBR01"), 12))
    await gbr.propose(offered)
    for change in ({"quantity": 9}, {"status": kyoto_pb2.LOG_NOTICE_STATUS_COMPLETED}):
        await give_notice(world, 12, 10, **change)
        told = await answer_to(gbr, PayloadKind.COMPLETION, offered.transaction_id)
        assert (told.effective, told.refusal.code) == (False, "KP_NOTICE_FITS")
    await give_notice(world, 12, 2, quantity=12)
    done = await answer_to(gbr, PayloadKind.COMPLETION, offered.transaction_id)
    assert done.state == COMPLETED


@pytest.mark.parametrize("account_type", [422, 423])
async def test_a_reversal_is_met_by_replacement_and_by_cancellation_of_what_is_held(
    account_type: int,
) -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await acquire(world, "lCER", 1, 20)
    await retire(world, 1, 10)
    number = account_type - 418
    unasked = await gbr.propose(replacement(world, (1, 10), (1, 10), account_type=account_type))
    assert list(failed(unasked)) == ["KP_NOTICE_NAMED"]
    await give_notice(world, 7, number, quantity=20, project="IND7")
    wanted = replacement(world, (1, 10), (1, 10), account_type=account_type, notice=7)
    assert (made := await gbr.propose(wanted)).state == COMPLETED, failed(made)
    held = under(into(world, "CANCELLATION", 250, 11, 20, 1), 7)
    assert (made := await gbr.propose(held)).state == COMPLETED, failed(made)
    assert met(world, 7) == (20, 0)
    whole(world)


async def test_the_date_of_expiry_changes_under_its_notice_and_in_place() -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await acquire(world, "lCER", 1, 20)

    def later(day: str) -> proposal_pb2.ProposedTransaction:
        wanted = kyoto(world, "EXPIRY_DATE_CHANGE", 1, 10, giver="GBR01", units="IND01")
        wanted.terms.kyoto.become.expiry_date = day
        return wanted

    assert list(failed(await gbr.propose(later("2028-06-30")))) == ["KP_EXP_NOTICE"]
    await give_notice(world, 9, 9, target_date="2028-06-30", project="IND7", quantity=20)
    assert list(failed(await gbr.propose(under(later("2028-07-01"), 9)))) == ["KP_EXP_NOTICE"]
    made = await gbr.propose(under(later("2028-06-30"), 9))
    assert made.state == COMPLETED, failed(made)
    (now,) = last_receipt(world).restated
    assert (now.first, now.last, now.attributes.kyoto.expiry_date) == (1, 10, "2028-06-30")
    assert now.attributes.kyoto.unit_type == attributes_pb2.UNIT_TYPE_LCER
    assert met(world, 9) == (10, 0)
    whole(world)


async def test_it_is_delivered_to_the_node_of_the_registry_with_the_units_that_it_names() -> None:
    world = await forest_world()
    units = ranges_pb2.UnitRange(registry="IND01", first=1, last=20)
    before = {name: len(await received(world, name)) for name in ("gbr", "che")}
    await give_notice(world, 7, 4, quantity=20, project="IND7", units=[units])
    (said,) = (await received(world, "gbr"))[before["gbr"] :]
    assert list(said.log_notice.units) == [units]
    assert len(await received(world, "che")) == before["che"]
    (listed,) = [each for each in notices(world.connection) if each.kind == "kyoto-statement"]
    assert [each.node for each in listed.recipients] == ["gbr"]


async def received(world: ClearingWorld, name: str) -> list[kyoto_pb2.KyotoStatement]:
    """Statements of Kyoto that a node was sent, in its order."""
    rows = world.connection.execute(
        "SELECT payload FROM mailbox_entry e JOIN message m USING (message_id)"
        " WHERE e.node = ? AND m.kind = 'kyoto-statement' ORDER BY e.sequence",
        (name,),
    )
    return [kyoto_pb2.KyotoStatement.FromString(row[0]) for row in rows]


@pytest.mark.parametrize(
    ("kind", "said", "found"),
    [
        (0, {"quantity": 1}, "log_notice.type"),
        (51, {"quantity": 1}, "log_notice.type"),
        (2, {}, "log_notice.quantity"),
        (1, {"quantity": 1}, "log_notice.activity"),
        (9, {"quantity": 1}, "log_notice.target_date"),
        (4, {"quantity": 1, "unit_type": attributes_pb2.UNIT_TYPE_TCER}, "log_notice.unit_type"),
        (2, {"quantity": 1, "due_date": "2026-13-01"}, "log_notice.due_date"),
        (2, {"quantity": 1, "registry": "FRA01"}, "no registry FRA01"),
        (10, {"quantity": 1}, "was stated before that could be updated"),
        (4, {"quantity": 1, "project": "7"}, "log_notice.project"),
    ],
)
async def test_what_no_notice_is_takes_no_effect(
    kind: int, said: dict[str, Any], found: str
) -> None:
    world = await forest_world()
    with pytest.raises(ProtocolError) as refused:
        await give_notice(world, 12, kind, **said)
    assert found in refused.value.message


async def test_a_number_stays_that_of_one_notice() -> None:
    world = await forest_world()
    await give_notice(world, 12, 2, quantity=1)
    for change in ({"registry": "CHE01"}, {}):
        with pytest.raises(ProtocolError) as refused:
            await give_notice(world, 12, 2 if change else 4, quantity=1, **change)
        assert "notice 12 is of type 2 to GBR01" in refused.value.message


async def test_a_notice_for_the_number_0_or_of_a_broken_range_is_none() -> None:
    world = await forest_world()
    for number, units in ((0, []), (1, [ranges_pb2.UnitRange(registry="IND01", first=2, last=1)])):
        with pytest.raises(ProtocolError):
            await give_notice(world, number, 2, quantity=1, units=units)


async def test_how_a_notice_stands_is_read_as_of_any_moment() -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await give_notice(world, 12, 2, quantity=12, due_date="2026-06-30")
    await cancel(world, 1, 7, 12)
    offered = waiting(under(into(world, "CANCELLATION", 220, 8, 9, units="GBR01"), 12))
    await gbr.propose(offered)
    first = world.clock.now()
    world.clock.advance(timedelta(hours=1))
    await answer_to(gbr, PayloadKind.COMPLETION, offered.transaction_id)
    second = world.clock.now()
    world.clock.set(datetime(2026, 7, 1, tzinfo=UTC))
    await give_notice(world, 12, 10, quantity=9)

    def read(moment: datetime | None, day: date) -> tuple[str, int, int, int, int]:
        (each,) = standings(world.connection, day, moment)
        return each.status, each.met, each.waiting, each.left, len(each.history)

    assert read(first, first.date()) == ("INCOMPLETE", 7, 2, 3, 1)
    assert read(second, second.date()) == ("INCOMPLETE", 9, 0, 3, 1)
    assert read(second, date(2026, 6, 30))[0] == "INCOMPLETE"
    assert read(second, date(2026, 7, 1))[0] == "OVERDUE"
    assert read(None, date(2026, 7, 1)) == ("COMPLETED", 9, 0, 0, 2)
    assert standings(world.connection, first.date(), datetime(2026, 5, 1, tzinfo=UTC)) == []
    (each,) = standings(world.connection, date(2026, 7, 1))
    assert [(a.type, a.state, a.quantity) for a in each.answers] == [
        ("CANCELLATION", "COMPLETED", 7),
        ("CANCELLATION", "COMPLETED", 2),
    ]
    assert each.party == "GBR"


@pytest.mark.parametrize(("kind", "account_type"), [(6, 240), (12, 241), (13, 242)])
async def test_units_go_to_the_mechanism_s_accounts_of_cancellation_under_their_notice(
    kind: int, account_type: int
) -> None:
    world = await forest_world()
    gbr, cdm = world.senders["gbr"], world.senders["cdm"]
    account = await open_kyoto(cdm, CDM, account_type, period=2)
    await acquire(world, "CER", 1, 20, period=2)
    await give_notice(world, 12, kind, quantity=12)

    def wanted(last: int, notice: int) -> proposal_pb2.ProposedTransaction:
        proposed = kyoto(world, "TRANSFER", 1, last, taker=CDM, units="IND01")
        proposed.to_account = account
        return under(proposed, notice) if notice else proposed

    assert list(failed(await gbr.propose(wanted(12, 0)))) == ["KP_NOTICE_NAMED"]
    assert list(failed(await gbr.propose(wanted(13, 12)))) == ["KP_NOTICE_FITS"]
    offered = wanted(12, 12)
    made = await gbr.propose(offered)
    assert made.state == decision_pb2.STATE_VALIDATED, failed(made)
    assert met(world, 12) == (0, 12)
    assert (await cdm.accept(offered.transaction_id)).state == COMPLETED
    assert met(world, 12) == (12, 0)
    whole(world)


async def test_a_notice_that_names_ranges_is_answered_with_these_alone() -> None:
    world = await forest_world()
    gbr = world.senders["gbr"]
    await acquire(world, "lCER", 1, 40)
    await retire(world, 1, 10)
    named = [
        ranges_pb2.UnitRange(registry="IND01", first=first, last=last)
        for first, last in ((5, 14), (15, 24))
    ]
    await give_notice(world, 9, 9, target_date="2028-06-30", project="IND7", units=named)

    def later(first: int, last: int) -> proposal_pb2.ProposedTransaction:
        wanted = kyoto(world, "EXPIRY_DATE_CHANGE", first, last, giver="GBR01", units="IND01")
        wanted.terms.kyoto.become.expiry_date = "2028-06-30"
        return under(wanted, 9)

    assert failed(await gbr.propose(later(21, 30))) == {
        "KP_NOTICE_FITS": "notice 9 (change of the date of expiry) is about units IND01:15-24,"
        " IND01:5-14; IND01:25-30 are others"
    }
    made = await gbr.propose(later(11, 20))
    assert made.state == COMPLETED, failed(made)
    # Of a replacement, those that are replaced.
    await give_notice(world, 4, 4, quantity=20, project="IND7", units=named)
    wanted = replacement(world, (1, 10), (1, 10), account_type=422, notice=4)
    assert "IND01:1-4 are others" in failed(await gbr.propose(wanted))["KP_NOTICE_FITS"]
    wanted = replacement(world, (1, 6), (5, 10), account_type=422, notice=4)
    assert (made := await gbr.propose(wanted)).state == COMPLETED, failed(made)
    whole(world)
