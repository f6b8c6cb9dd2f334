# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker that judges by the toy alone: founds, serves, decides, times out, verifies, audits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta

import pytest

from broker.regime.kyoto.regime import KYOTO
from broker.regime.postings import Postings
from broker.regime.regime import Known
from broker.regime.regimes import Regimes
from broker.rulebook.check import Finding
from broker.rulebook.general.case import Case
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    failed,
    held,
    locked,
    restarted,
    state_of,
    verdict_of,
)
from tests.kit.plays import PARIS, UNDER_TOY
from tests.kit.toy.playing import allowed, issuance, retirement, trading_world, transfer
from tests.kit.toy.regime import FIRST_MOVE, MOVED, NAME, ToyRegime

THAILAND, SWITZERLAND, FOR_GOOD = (
    "TH05THA0110000000001", "CH72CHE0110000000001", "CH10CHE0120000000001",
)  # fmt: skip


async def _sound(world: ClearingWorld) -> None:
    assert UNDER_TOY.broken(world.connection) == []
    assert UNDER_TOY.problems(world.connection) == ()
    await world.house.stop()


def _tally(world: ClearingWorld) -> list[tuple[object, ...]]:
    return world.connection.execute("SELECT name, quantity, reserved FROM tally").fetchall()


async def test_units_are_issued_transferred_marked_restated_and_kept() -> None:
    world = await trading_world()
    offered = transfer(world, 1, 10)
    verdict = await world.senders["tha"].propose(offered)
    assert (list(verdict.marks), locked(world)) == ([FIRST_MOVE], 10)
    receipt = await world.senders["che"].accept(offered.transaction_id)
    assert (receipt.effective, list(receipt.marks), list(receipt.adjustments)) == (
        True,
        [FIRST_MOVE],
        [],
    )
    back = transfer(world, 6, 10, giver="CHE01", taker="THA01")
    assert list((await world.senders["che"].propose(back)).marks) == []
    assert (await world.senders["tha"].accept(back.transaction_id)).effective
    kept = await world.senders["che"].propose(retirement(world, 1, 5))
    assert kept.state == decision_pb2.STATE_COMPLETED, failed(kept)
    assert (held(world, THAILAND), held(world, SWITZERLAND), held(world, FOR_GOOD)) == (
        99_995,
        0,
        5,
    )
    moved = "SELECT sum(quantity) FROM unit_block WHERE state = ?"
    assert world.connection.execute(moved, (MOVED,)).fetchone() == (10,)
    assert _tally(world) == [("toy-issued:THA", 100_000, 0)]
    await _sound(world)


async def test_no_more_is_issued_than_was_allowed_and_what_waits_counts() -> None:
    world = await trading_world()
    tha = world.senders["tha"]
    waiting = issuance(world, 100_001, 900_000)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    assert (await tha.propose(waiting)).state == decision_pb2.STATE_VALIDATED
    assert _tally(world) == [("toy-issued:THA", 100_000, 800_000)]
    more = await tha.propose(issuance(world, 900_001, 1_000_001))
    assert failed(more) == {
        "TOY_ISSUE_ALLOWED": "900000 were issued before; expected at most 1000000 in all"
    }
    await world.operator.state(PayloadKind.KYOTO_STATEMENT, allowed("THA", 2_000_000))
    more = await tha.propose(issuance(world, 900_001, 1_000_001))
    assert more.state == decision_pb2.STATE_COMPLETED, failed(more)
    withdrawn = await answer_to(tha, PayloadKind.WITHDRAWAL, waiting.transaction_id)
    assert withdrawn.effective
    assert _tally(world) == [("toy-issued:THA", 200_001, 0)]
    await _sound(world)


async def test_nothing_is_issued_where_nothing_was_said() -> None:
    world = await trading_world()
    made = issuance(world, 1, 10)
    made.from_registry = made.to_registry = made.blocks[0].registry = "CHE01"
    made.from_account = made.to_account = SWITZERLAND
    found = failed(await world.senders["che"].propose(made))
    assert found.keys() == {"TOY_ISSUE_ALLOWED"}
    await _sound(world)


async def test_what_is_not_answered_times_out_also_after_a_crash() -> None:
    world = await trading_world()
    offered = transfer(world, 1, 10)
    await world.senders["tha"].propose(offered)
    await restarted(world).start()
    world.clock.advance(timedelta(hours=25))
    assert await world.house.expire_due() == 1
    assert (state_of(world, offered.transaction_id), locked(world)) == ("TERMINATED", 0)
    await _sound(world)


async def test_messages_of_one_group_come_to_what_they_come_to_alone() -> None:
    """One issues and another moves what was just issued: what is needed of both is known."""
    stored = []
    for together in (False, True):
        world = await trading_world()
        tha = world.senders["tha"]
        sent = [
            tha.chain.sign(
                PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=each), world.clock.now()
            )
            for each in (issuance(world, 100_001, 100_100), transfer(world, 100_001, 100_010))
        ]
        if together:
            answers = await asyncio.gather(*(world.house.submit(tha.node, each) for each in sent))
        else:
            answers = [await world.house.submit(tha.node, each) for each in sent]
        assert [failed(verdict_of(each).results[0]) for each in answers] == [{}, {}]
        stored.append([e.payload for each in answers for e in each.answers])
        await _sound(world)
    assert stored[0] == stored[1]


async def test_a_broker_of_the_toy_knows_no_other_rulebook() -> None:
    world = await trading_world()
    offered = transfer(world, 1, 10)
    offered.rulebook = ""  # the first rulebook of the protocol
    with pytest.raises(ProtocolError) as raised:
        await world.senders["tha"].propose(offered)
    assert (raised.value.reason, raised.value.metadata["supported"]) == (
        Reason.RULEBOOK_UNKNOWN,
        NAME,
    )
    await world.house.stop()


async def test_what_waits_is_looked_at_again_under_its_own_rulebook() -> None:
    seen = []

    class Looking(ToyRegime):
        def still_possible(self, case: Case, postings: Postings, known: Known) -> Finding | None:
            seen.append(case.proposed.rulebook)
            return None

    world = await trading_world(regimes=Regimes((Looking(),)))
    offered = transfer(world, 1, 10)
    await world.senders["tha"].propose(offered)
    assert (await world.senders["che"].accept(offered.transaction_id)).effective
    assert seen == [NAME]
    await world.house.stop()


def test_regimes_of_one_broker_take_different_messages() -> None:
    """The toy has no kind of its own on the wire, so it shares no broker with Kyoto."""
    with pytest.raises(ValueError, match="same kind of message"):
        Regimes((KYOTO, ToyRegime()))


async def test_a_broker_of_both_judges_each_by_its_own() -> None:
    world = await trading_world(Regimes((PARIS.regimes["paris"], ToyRegime())))
    assert failed(await world.senders["tha"].propose(transfer(world, 1, 10))) == {}
    mixed = transfer(world, 11, 20)
    mixed.rulebook = "paris"
    assert "TX_ONE_RULEBOOK" in failed(await world.senders["tha"].propose(mixed))
    await world.house.stop()


ENGINE = ("broker.clearing.path.house", "broker.clearing.directory.operator", "broker.store.sqlite_groups",
          "broker.ledger.units", "broker.log.merkle", "broker.mailbox.subscription",
          "broker.api.server", "broker.verifying.replay", "broker.reports.audit")  # fmt: skip


def test_the_engine_loads_no_regime() -> None:
    """Messages of both lie in the protocol; law, regimes and reports of neither are loaded."""
    found = "[m for m in sys.modules if {'paris', 'kyoto'} & set(m.split('.')[1:]) and m < 'itmo']"
    code = f"import sys, {', '.join(ENGINE)}; print('\\n'.join({found}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == []
