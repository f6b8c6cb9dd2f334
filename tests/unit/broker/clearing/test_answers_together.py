# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Many transactions accepted or rejected under one signature, each with its own receipt in one statement."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest

from broker.reports.explanation import explain
from broker.rulebook.general.registries import OperationalStatus
from broker.store import transaction_record
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError, Reason
from itmo.receipts import receipts_in
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import ClearingWorld, batch, locked, mail, sealed, send, transfer
from tests.kit.toy import playing
from tests.kit.toy.case import HELD
from tests.kit.toy.regime import NAME
from tests.kit.world_again import trading_again

COMPLETED, VALIDATED = decision_pb2.STATE_COMPLETED, decision_pb2.STATE_VALIDATED


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    assert broken_invariants(made.connection) == []
    await made.house.stop()


def answered(world: ClearingWorld, ids: Sequence[str]) -> list[proposal_pb2.AnsweredProposal]:
    """By what proposed them, as the record has it."""
    by_hash: dict[bytes, list[str]] = {}
    for name in ids:
        row = transaction_record.transaction(world.connection, name)
        by_hash.setdefault(row.proposal_hash if row else bytes(32), []).append(name)
    return [
        proposal_pb2.AnsweredProposal(proposal_hash=proposed, transaction_ids=names)
        for proposed, names in by_hash.items()
    ]


async def accept(world: ClearingWorld, ids: Sequence[str]) -> tuple[decision_pb2.Receipt, ...]:
    written = proposal_pb2.AcceptanceBatch(proposals=answered(world, ids))
    return told(await world.senders["che"].say(PayloadKind.ACCEPTANCE_BATCH, written))


def told(answer: object) -> tuple[decision_pb2.Receipt, ...]:
    (envelope,) = answer.answers  # type: ignore[attr-defined]
    return receipts_in(decode(PayloadKind.RECEIPT_BATCH, envelope.payload))


async def offered(world: ClearingWorld, count: int) -> list[str]:
    wanted = [transfer(world, at * 10 + 1, at * 10 + 10) for at in range(count)]
    await batch(world.senders["tha"], wanted)
    return [each.transaction_id for each in wanted]


async def test_one_acceptance_completes_many_and_each_has_its_receipt(world: ClearingWorld) -> None:
    ids = await offered(world, 5)
    receipts = await accept(world, ids)
    assert [each.transaction_id for each in receipts] == ids
    for each in receipts:
        row = transaction_record.transaction(world.connection, each.transaction_id)
        assert row is not None
        assert each.effective
        assert each.state == COMPLETED
        assert each.quantity == 10
        assert (each.proposal_hash, each.verdict_hash) == (row.proposal_hash, row.verdict_hash)
        assert each.answer_hash == row.answer_hash
        assert (each.from_registry, each.to_registry) == ("THA01", "CHE01")
        assert list(each.marks) == ["FIRST_TRANSFER"]
        assert sorted(e.quantity for e in each.adjustments) == [10]
    assert locked(world) == 0
    assert (await mail(world, "tha"))[-1] == ("", ["acceptance-batch", "receipt-batch"])
    assert (await mail(world, "che"))[-1] == ("", ["receipt-batch"])


async def test_what_stands_against_one_stops_no_other(world: ClearingWorld) -> None:
    ids = await offered(world, 4)
    await world.senders["che"].accept(ids[1])
    unknown = world.transaction_id()
    receipts = await accept(world, [ids[0], ids[1], unknown, ids[3]])
    by_id = {each.transaction_id: each for each in receipts}
    assert [each.effective for each in receipts] == [
        each.transaction_id in {ids[0], ids[3]} for each in receipts
    ]
    assert by_id[ids[1]].refusal.code == "STATE_LEGAL"
    assert by_id[ids[1]].state == COMPLETED
    assert by_id[unknown].refusal.code == "TRANSACTION_UNKNOWN"
    assert not by_id[unknown].type
    left = transaction_record.transaction(world.connection, ids[2])
    assert left is not None
    assert left.state == "VALIDATED"


async def test_another_proposal_hash_is_not_what_was_offered(world: ClearingWorld) -> None:
    ids = await offered(world, 2)
    written = proposal_pb2.AcceptanceBatch(
        proposals=[proposal_pb2.AnsweredProposal(proposal_hash=bytes(32), transaction_ids=ids)]
    )
    receipts = told(await world.senders["che"].say(PayloadKind.ACCEPTANCE_BATCH, written))
    assert {each.refusal.code for each in receipts} == {"TX_TWO_SIDES"}
    assert (await mail(world, "tha"))[-1] == ("", ["verdict"]), (
        "nothing that took no effect is told"
    )


async def test_one_rejection_ends_many_and_says_why(world: ClearingWorld) -> None:
    ids = await offered(world, 3)
    written = proposal_pb2.RejectionBatch(proposals=answered(world, ids), reason="not ordered")
    receipts = told(await world.senders["che"].say(PayloadKind.REJECTION_BATCH, written))
    assert {each.state for each in receipts} == {decision_pb2.STATE_REJECTED}
    assert locked(world) == 0
    row = transaction_record.transaction(world.connection, ids[2])
    assert row is not None
    assert row.reason == "not ordered"
    found = explain(world.connection, ids[0], world.parts.regimes.checks)
    assert found is not None
    kinds = {each.kind.value for each in found.said}
    assert kinds == {"proposal-batch", "verdict", "rejection-batch", "receipt-batch"}
    assert [each.reason for each in found.said if each.kind == "rejection-batch"] == ["not ordered"]


async def test_evidence_of_each_has_the_message_and_the_statement(world: ClearingWorld) -> None:
    ids = await offered(world, 3)
    await accept(world, ids)
    _, said = await world.house.transaction(world.senders["tha"].node, ids[1])
    kinds = [each.payload_type.split(".")[2] for each in said]
    assert kinds == ["proposal-batch", "verdict", "acceptance-batch", "receipt-batch"]


async def test_what_another_proposer_offered_is_not_answered_beside() -> None:
    """Each proposer sees the whole message, so it is one proposer's."""
    world = await playing.trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    vut = await world.admit("vut", "VUT01")
    await world.operator.set_registry_status("VUT01", OperationalStatus.OPERATIONAL, "", [NAME])
    await world.open_account(vut, "VUT01", HELD, rulebook=NAME)
    given = playing.transfer(world, 1, 10, taker="VUT01")
    await tha.propose(given)
    assert (await vut.accept(given.transaction_id)).state == COMPLETED
    first, other = playing.transfer(world, 11, 20), playing.transfer(world, 1, 10, giver="VUT01")
    assert (await tha.propose(first)).state == (await vut.propose(other)).state == VALIDATED
    ids = [first.transaction_id, other.transaction_id]
    written = proposal_pb2.AcceptanceBatch(proposals=answered(world, ids))
    taken, refused = told(await che.say(PayloadKind.ACCEPTANCE_BATCH, written))
    assert (taken.effective, refused.effective) == (True, False)
    assert refused.refusal.code == "TX_TWO_SIDES"
    assert "receipt-batch" not in (await mail(world, "vut"))[-1][1]
    await world.house.stop()


@pytest.mark.parametrize("case", ["none", "too many", "twice"])
async def test_what_cannot_be_taken_in(world: ClearingWorld, case: str) -> None:
    che = world.senders["che"]
    names = {
        "none": [],
        "too many": [world.transaction_id() for _ in range(1001)],
        "twice": [world.transaction_id()] * 2,
    }[case]
    named = [proposal_pb2.AnsweredProposal(proposal_hash=bytes(32), transaction_ids=names)]
    written = proposal_pb2.AcceptanceBatch(proposals=named)
    with pytest.raises(ProtocolError) as refused:
        await send(che, sealed(che, PayloadKind.ACCEPTANCE_BATCH, written))
    wanted = Reason.BATCH_TOO_LARGE if case == "too many" else Reason.PAYLOAD_INVALID
    assert refused.value.reason is wanted


async def test_the_same_message_gets_the_same_answer(world: ClearingWorld) -> None:
    ids = await offered(world, 3)
    che = world.senders["che"]
    written = proposal_pb2.AcceptanceBatch(proposals=answered(world, ids))
    envelope = che.chain.sign(PayloadKind.ACCEPTANCE_BATCH, written, world.clock.now())
    first, again = await send(che, envelope), await send(che, envelope)
    assert again.replayed
    assert first.answers == again.answers
    batch_of = cast(
        "decision_pb2.ReceiptBatch", decode(PayloadKind.RECEIPT_BATCH, first.answers[0].payload)
    )
    assert batch_of.common.answer_hash == hashlib.sha256(envelope.payload).digest()
    assert not any(each.answer_hash or each.proposal_hash for each in batch_of.receipts)


async def test_a_full_batch_is_accepted_at_once(world: ClearingWorld) -> None:
    ids = await offered(world, 1000)
    receipts = await accept(world, ids)
    assert len(receipts) == 1000
    assert all(each.state == COMPLETED for each in receipts)
