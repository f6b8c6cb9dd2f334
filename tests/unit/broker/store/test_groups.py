# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A group that breaks a constraint is undone, tried again one by one, and the culprit stops it all."""

from __future__ import annotations

import asyncio

import pytest

from broker.app import build_house
from broker.ledger.units import LedgerInvariantBroken
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.migrations import in_file
from itmo.runtime.db.thread import InlineDatabase
from tests.kit.clearing import (
    ClearingWorld,
    restarted,
    send,
    signed,
    state_of,
    stored,
    trading_world,
    transfer,
    verdict_of,
)
from tests.kit.guards import behind_guards, plant, pull_out


async def watched() -> tuple[ClearingWorld, list[BaseException]]:
    """A trading world whose house tells what stopped it."""
    world = await trading_world()
    await world.house.stop()
    told: list[BaseException] = []
    runner = InlineDatabase(world.connection)
    world.house = build_house(world.parts, runner, runner, told.append)
    await world.house.start()
    return world, told


def bug(world: ClearingWorld, serial: int) -> None:
    """A constraint that one transaction runs into."""
    plant(
        world.connection,
        f"CREATE TRIGGER bug BEFORE UPDATE OF locked_by ON unit_block WHEN NEW.first = {serial}"
        " AND NEW.locked_by IS NOT NULL BEGIN SELECT RAISE(ABORT, 'planted'); END",
    )


async def test_the_culprit_alone_is_not_decided_and_the_house_stops() -> None:
    world, told = await watched()
    tha = world.senders["tha"]
    bug(world, 1)  # the row of the first transfer keeps its first serial
    wanted = [transfer(world, 5001, 5010), transfer(world, 1, 10)]
    answers = await asyncio.gather(
        *(
            send(tha, signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=each)))
            for each in wanted
        ),
        return_exceptions=True,
    )
    assert not isinstance(answers[0], BaseException)
    assert verdict_of(answers[0]).results[0].state == decision_pb2.STATE_VALIDATED
    assert isinstance(answers[1], ProtocolError)
    assert answers[1].reason is Reason.INTERNAL
    assert "planted" not in answers[1].message
    assert [type(each) for each in told] == [LedgerInvariantBroken]
    assert "planted" in str(told[0])
    assert state_of(world, wanted[0].transaction_id) == "VALIDATED"
    assert state_of(world, wanted[1].transaction_id) == ""
    with pytest.raises(ProtocolError) as refused:
        await tha.propose(transfer(world, 7001, 7010))
    assert refused.value.reason is Reason.SHUTTING_DOWN


async def test_nothing_of_a_broken_group_is_written() -> None:
    world, told = await watched()
    tha = world.senders["tha"]
    bug(world, 1)
    before = stored(world.connection, "statement_signature")
    with pytest.raises(ProtocolError):
        await tha.propose(transfer(world, 1, 10))
    assert told
    assert not world.connection.in_transaction
    assert stored(world.connection, "statement_signature") == before


async def test_a_row_that_is_not_as_it_was_loaded_stops_the_house() -> None:
    world, told = await watched()
    tha, che = world.senders["tha"], world.senders["che"]
    wanted = transfer(world, 1, 10)
    await tha.propose(wanted)
    # Somebody moves the transaction behind the house's back, in the very same commit.
    meddling = "UPDATE transaction_record SET state = 'ACCEPTED' WHERE state = 'VALIDATED';"
    if in_file(world.connection):
        meddler = [f"CREATE TRIGGER meddler AFTER INSERT ON message BEGIN {meddling} END"]
    else:
        meddler = [
            (
                "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN {meddling} RETURN NEW; END $$"
            ),
            "CREATE TRIGGER meddler AFTER INSERT ON message FOR EACH ROW EXECUTE FUNCTION meddle()",
        ]
    for sql in meddler:
        world.connection.execute(sql)
    with pytest.raises(ProtocolError) as refused:
        await che.accept(wanted.transaction_id)
    assert refused.value.reason is Reason.INTERNAL
    assert isinstance(told[0], LedgerInvariantBroken)
    assert state_of(world, wanted.transaction_id) == "VALIDATED"


async def test_a_house_that_stopped_can_be_started_again() -> None:
    world, told = await watched()
    tha = world.senders["tha"]
    bug(world, 1)
    wanted = transfer(world, 1, 10)
    envelope = signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wanted))
    with pytest.raises(ProtocolError):
        await send(tha, envelope)
    assert told
    pull_out(world.connection, "bug", "unit_block")
    await restarted(world).start()
    answer = await send(tha, envelope)
    assert verdict_of(answer).results[0].state == decision_pb2.STATE_VALIDATED
    await world.house.stop()


async def test_time_never_goes_back() -> None:
    """The time of a decision is at least that of the decision before it."""
    world = await trading_world()
    times = [row[0] for row in world.connection.execute("SELECT decided_at FROM log_leaf")]
    assert times == sorted(times)
    ahead = times[-1] + 5_000
    behind_guards(
        world.connection,
        "UPDATE log_leaf SET decided_at = ? WHERE log_index = ?",
        (ahead, len(times) - 1),
    )
    await world.senders["tha"].propose(transfer(world, 1, 10))
    last = world.connection.execute("SELECT max(decided_at) FROM log_leaf").fetchone()
    assert last == (ahead,)
    await world.house.stop()


@pytest.mark.parametrize("count", [1, 129, 300])
async def test_groups_of_any_size(count: int) -> None:
    world = await trading_world()
    tha = world.senders["tha"]
    envelopes = [
        signed(
            tha,
            PayloadKind.PROPOSAL,
            proposal_pb2.Proposal(transaction=transfer(world, at * 10 + 1, at * 10 + 10)),
        )
        for at in range(count)
    ]
    answers = await asyncio.gather(*(send(tha, each) for each in envelopes))
    assert [verdict_of(each).log_index for each in answers] == list(
        range(verdict_of(answers[0]).log_index, verdict_of(answers[0]).log_index + count)
    )
    await world.house.stop()
