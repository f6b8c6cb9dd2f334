# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Defects that tests found before anybody else could: each one stays mended."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from broker.clearing.path import waiting_room
from broker.store import sql, stated, transaction_record
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.keys import MemorySigner
from itmo.paris.v1 import approaches_pb2, attributes_pb2
from itmo.payloads import PayloadKind, decode, kind_of
from itmo.reasons import ProtocolError, Reason
from itmo.receipts import receipts_in
from itmo.timestamps import timestamp
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    answer_to,
    authorize,
    batch,
    failed,
    issuance,
    receipt_of,
    send,
    signed,
    transfer,
    use,
    verdict_of,
)
from tests.kit.guards import behind_guards, plant, pull_out
from tests.kit.world_again import trading_again
from tests.unit.broker.clearing.test_statements import key_statement

DAY = timedelta(hours=24)
BY_PROPOSER = proposal_pb2.COMPLETION_MODE_BY_PROPOSER


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    with suppress(Exception):  # a house that stopped by itself has told why
        await made.house.stop()
    assert broken_invariants(made.connection) == []


def proposal(wanted: proposal_pb2.ProposedTransaction) -> proposal_pb2.Proposal:
    return proposal_pb2.Proposal(transaction=wanted)


async def test_units_of_a_transaction_that_is_due_are_proposed_again(world: ClearingWorld) -> None:
    """The lock passes from one transaction to the next in one group; the trigger stops the house."""
    tha = world.senders["tha"]
    await tha.propose(transfer(world, 1, 100))
    world.clock.advance(DAY)
    verdict = await tha.propose(transfer(world, 1, 100))
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)


async def test_an_account_filled_and_closed_in_one_group(world: ClearingWorld) -> None:
    """What is occupied is loaded once for the group; the closed account holds units."""
    tha = world.senders["tha"]
    target = await world.open_account(tha, "THA01", 100, 2)
    wanted = transfer(world, 1, 10, taker="THA01")
    wanted.to_account = target
    closing = statements_pb2.AccountStatement(
        account_id=target, registry="THA01", account_type=100, closed=True
    )
    envelopes = [
        signed(tha, PayloadKind.PROPOSAL, proposal(wanted)),
        signed(tha, PayloadKind.ACCOUNT_STATEMENT, closing),
    ]
    answers = await asyncio.gather(*(send(tha, each) for each in envelopes))
    assert receipt_of(answers[0]).state == decision_pb2.STATE_COMPLETED
    assert receipt_of(answers[1]).refusal.code == "ACC_EXISTS"
    assert broken_invariants(world.connection) == []


async def test_an_account_promised_and_closed_in_one_group(world: ClearingWorld) -> None:
    """As above, with a transfer that is still open: its target is closed under it."""
    tha, che = world.senders["tha"], world.senders["che"]
    closing = statements_pb2.AccountStatement(
        account_id=make_account_id(RegistryId("CHE01"), 100, 1),
        registry="CHE01",
        account_type=100,
        closed=True,
    )
    answers = await asyncio.gather(
        send(tha, signed(tha, PayloadKind.PROPOSAL, proposal(transfer(world, 1, 10)))),
        send(che, signed(che, PayloadKind.ACCOUNT_STATEMENT, closing)),
    )
    assert verdict_of(answers[0]).results[0].state == decision_pb2.STATE_VALIDATED
    assert receipt_of(answers[1]).refusal.code == "ACC_EXISTS"


@pytest.mark.parametrize("offers", [8, pytest.param(41, marks=pytest.mark.slow)])
async def test_many_pieces_come_due_at_once(world: ClearingWorld, offers: int) -> None:
    """Before, nothing was decided any more after 20 000 pieces; each offer fills a group of them."""
    tha = world.senders["tha"]
    for place in range(offers):
        wanted = transfer(world, 1, 1)
        del wanted.blocks[:]
        for at in range(500):
            serial = place * 1000 + at * 2 + 1
            wanted.blocks.add(registry="THA01", first=serial, last=serial)
        assert (await tha.propose(wanted)).state == decision_pb2.STATE_VALIDATED
    world.clock.advance(DAY)
    verdict = await tha.propose(transfer(world, 90_001, 90_002))
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    while await world.house.expire_due():
        pass


async def test_an_issuance_waits_while_its_authorization_is_revoked(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    wanted = issuance(world, "THA01", 200_001, 200_010)
    wanted.completion = BY_PROPOSER
    await tha.propose(wanted)
    await authorize(tha, version=2, revoked=True)
    receipt = await answer_to(tha, PayloadKind.COMPLETION, wanted.transaction_id)
    assert (receipt.effective, receipt.refusal.code) == (False, "AUTH_NOT_REVOKED")


async def test_two_waiting_issuances_exceed_a_limit_together(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    await authorize(tha, version=2, quantity_is_limit=True, quantity=100_100)
    states = []
    for first in (200_001, 300_001):
        wanted = issuance(world, "THA01", first, first + 99)
        wanted.blocks[0].attributes.paris.authorization.version = 2
        wanted.completion = BY_PROPOSER
        verdict = await tha.propose(wanted)
        states.append((verdict.state, "AUTH_QUANTITY_CAP" in failed(verdict)))
    # The first holds a reservation until it ends, so the second sees what is left: nothing.
    assert states == [
        (decision_pb2.STATE_VALIDATED, False),
        (decision_pb2.STATE_INVALIDATED, True),
    ]


async def test_a_limit_lowered_meanwhile_stops_a_waiting_issuance(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    await authorize(tha, version=2, quantity_is_limit=True, quantity=100_100)
    wanted = issuance(world, "THA01", 200_001, 200_100)
    wanted.blocks[0].attributes.paris.authorization.version = 2
    wanted.completion = BY_PROPOSER
    assert (await tha.propose(wanted)).state == decision_pb2.STATE_VALIDATED
    assert (await authorize(tha, version=3, quantity_is_limit=True, quantity=100_050)).effective
    done = await answer_to(tha, PayloadKind.COMPLETION, wanted.transaction_id)
    assert (done.effective, done.refusal.code) == (False, "AUTH_QUANTITY_CAP")


async def test_two_waiting_issuances_over_the_same_underlying_units(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    waiting = []
    for first in (200_001, 300_001):
        wanted = issuance(world, "THA01", first, first + 9)
        wanted.blocks[0].attributes.paris.underlying.CopyFrom(
            attributes_pb2.UnderlyingUnits(
                registry="GS", first_unit_id="GS-1", last_unit_id="GS-10"
            )
        )
        wanted.completion = BY_PROPOSER
        verdict = await tha.propose(wanted)
        assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
        waiting.append(wanted.transaction_id)
    assert (await answer_to(tha, PayloadKind.COMPLETION, waiting[0])).effective
    second = await answer_to(tha, PayloadKind.COMPLETION, waiting[1])
    assert (second.effective, second.refusal.code) == (False, "ID_UNDERLYING_UNIQUE")


async def test_a_receipt_lists_what_was_booked_although_the_id_comes_again(
    world: ClearingWorld,
) -> None:
    che = world.senders["che"]
    wanted = transfer(world, 1, 100)
    await world.senders["tha"].propose(wanted)
    await che.accept(wanted.transaction_id)
    one, two = use(world, 1, 10, 2022), use(world, 11, 20, 2022)
    two.transaction_id = one.transaction_id
    answer = await che.say(
        PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=[one, two])
    )
    together = [decode(kind_of(each.payload_type), each.payload) for each in answer.answers]
    (receipt,) = [each for statement in together for each in receipts_in(statement)]
    assert [entry.quantity for entry in receipt.adjustments] == [-10]


async def test_a_strangers_proposal_is_not_part_of_a_transaction(world: ClearingWorld) -> None:
    """A third node proposes under the id of a transaction of others."""
    bra = await world.admit("bra", "BRA01")
    tha = world.senders["tha"]
    wanted = transfer(world, 1, 10)
    await tha.propose(wanted)
    _, before = await world.house.transaction(tha.node, wanted.transaction_id)
    foreign = transfer(world, 1, 10, giver="BRA01")
    foreign.transaction_id = wanted.transaction_id
    await bra.propose(foreign)
    _, after = await world.house.transaction(tha.node, wanted.transaction_id)
    assert len(after) == len(before)


async def test_a_receiver_learns_nothing_of_an_invalidated_transaction(
    world: ClearingWorld,
) -> None:
    wanted = transfer(world, 100_000, 100_001)
    await world.senders["tha"].propose(wanted)
    receipt = await answer_to(
        world.senders["che"], PayloadKind.ACCEPTANCE, wanted.transaction_id, proposal_hash=b""
    )
    assert receipt.refusal.code == "TRANSACTION_UNKNOWN"
    assert not receipt.quantity


@pytest.mark.parametrize("note", ["a\x00b", "\u202egpj.exe", "\x1b[2J", "x" * 2001])
async def test_a_note_is_free_text(world: ClearingWorld, note: str) -> None:
    wanted = transfer(world, 1, 10)
    wanted.note = note
    with pytest.raises(ProtocolError) as refused:
        await world.senders["tha"].propose(wanted)
    assert refused.value.reason == "PAYLOAD_INVALID"


async def test_the_title_of_an_approach_is_free_text(world: ClearingWorld) -> None:
    with pytest.raises(ProtocolError):
        await world.operator.state(
            PayloadKind.COOPERATIVE_APPROACH_STATEMENT,
            approaches_pb2.CooperativeApproachStatement(
                cooperative_approach="CA0005",
                title="\u202egpj.exe\x00",
                parties=["THA", "CHE"],
                metric=attributes_pb2.METRIC_GHG,
            ),
        )


async def test_a_key_that_ends_between_gate_and_decision(world: ClearingWorld) -> None:
    """The message is decided on although its key has ended; the replay then refuses it."""
    tha, now = world.senders["tha"], world.clock.now()
    short = MemorySigner.from_seed(b"short".ljust(32, b"."))
    window = {"not_after": timestamp(now + timedelta(minutes=1))}
    await tha.say(PayloadKind.KEY_STATEMENT, key_statement(world, "tha", short, **window))
    tha.chain.signer = short
    envelope = signed(tha, PayloadKind.PROPOSAL, proposal(transfer(world, 1, 10)))
    waiting = asyncio.create_task(send(tha, envelope))
    await asyncio.sleep(0)
    world.clock.advance(timedelta(minutes=1))
    await asyncio.gather(waiting, return_exceptions=True)
    assert verify(world.connection, lambda _: None).problems == ()


async def test_evidence_stays_short_whatever_is_said_without_effect(world: ClearingWorld) -> None:
    """One side cannot make what was said about a transaction too long for the other to read."""
    tha, che = world.senders["tha"], world.senders["che"]
    wanted = transfer(world, 1, 10)
    await tha.propose(wanted)
    for _ in range(2 * transaction_record.MOST_SAID):
        refused = await answer_to(
            che, PayloadKind.ACCEPTANCE, wanted.transaction_id, proposal_hash=bytes(32)
        )
        assert not refused.effective
    await che.accept(wanted.transaction_id)
    for _ in range(2 * transaction_record.MOST_SAID):
        await answer_to(che, PayloadKind.REJECTION, wanted.transaction_id)
    row, said = await world.house.transaction(tha.node, wanted.transaction_id)
    kinds = Counter(kind_of(each.payload_type) for each in said)
    assert row.state == "COMPLETED"
    assert kinds == {
        PayloadKind.PROPOSAL: 1, PayloadKind.VERDICT: 1, PayloadKind.ACCEPTANCE: 1,
        PayloadKind.REJECTION: transaction_record.MOST_SAID, PayloadKind.RECEIPT: transaction_record.MOST_SAID + 1,
    }  # fmt: skip
    hashes = [sha256(each.payload).digest() for each in said]
    assert {row.proposal_hash, row.verdict_hash, row.answer_hash} <= set(hashes)


async def test_closing_an_account_looks_at_little(world: ClearingWorld) -> None:
    """However much an account holds, and however many transactions wait for others."""
    tha = world.senders["tha"]
    proposals = [transfer(world, at, at) for at in range(1, 80, 2)]
    await batch(tha, proposals)
    seen = [0]

    def step() -> int:
        seen[0] += 1
        return 0

    full = proposals[0].from_account
    empty = await world.open_account(tha, "THA01", 100, 9)
    world.connection.set_progress_handler(step, 1)
    try:
        for account, expected in ((full, [full]), (empty, []), (proposals[0].to_account, [1])):
            seen[0] = 0
            names = {"wanted": json.dumps([[account]])}
            found = world.connection.execute(sql.OCCUPIED, names).fetchall()
            assert len(found) == len(expected)
            assert seen[0] < 100, account
    finally:
        world.connection.set_progress_handler(None, 0)


async def test_a_house_stops_with_a_full_watcher(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    changes = world.house.watch(tha.node)
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    await tha.propose(transfer(world, 1, 10))
    await first
    for _ in range(10):
        await batch(tha, [transfer(world, 200_000, 200_000) for _ in range(100)])
    await world.house.stop()
    with pytest.raises(ProtocolError) as ended:
        async for _ in changes:
            pass
    assert ended.value.reason is Reason.SHUTTING_DOWN


async def test_events_outlive_a_group_that_is_tried_again(world: ClearingWorld) -> None:
    """What was noted before a group that fails is not written by its second try."""
    tha = world.senders["tha"]
    wanted = transfer(world, 1, 100)
    await tha.propose(wanted)
    row, _ = await world.house.transaction(tha.node, wanted.transaction_id)
    names: dict[str, Any] = {
        "transaction_id": wanted.transaction_id,
        "proposal_hash": row.proposal_hash,
    }
    withdrawal = signed(tha, PayloadKind.WITHDRAWAL, proposal_pb2.Withdrawal(**names))
    again = signed(tha, PayloadKind.PROPOSAL, proposal(transfer(world, 1, 100)))
    with pytest.raises(ProtocolError):
        await world.house.submit(world.senders["che"].node, withdrawal)
    await asyncio.gather(*(send(tha, each) for each in (withdrawal, again)))
    assert world.connection.execute("SELECT count(*) FROM refused_message").fetchone() == (1,)


@pytest.mark.parametrize("kept", [2, 4, 6])
async def test_decoded_statements_do_not_vanish_while_they_are_needed(
    monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """The cache starts anew in the middle of a load, and rows counted as kept have no payload."""
    monkeypatch.setattr(stated, "_MAX_KEPT", kept)
    world = await trading_again()
    for first in range(1, 60, 20):
        wanted = transfer(world, first, first + 9)
        verdict = await world.senders["tha"].propose(wanted)
        assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
        assert (await world.senders["che"].accept(wanted.transaction_id)).effective
        used = await world.senders["che"].propose(use(world, first, first + 9, 2022))
        assert used.state == decision_pb2.STATE_COMPLETED, failed(used)


async def test_nobody_waits_for_a_house_that_has_stopped(
    monkeypatch: pytest.MonkeyPatch, world: ClearingWorld
) -> None:
    """An early message is never answered after the house has stopped by itself."""
    monkeypatch.setattr(waiting_room, "EARLY_WAIT", timedelta(milliseconds=20))
    tha, che = world.senders["tha"], world.senders["che"]
    signed(tha, PayloadKind.PROPOSAL, proposal(transfer(world, 1, 10)))
    early = asyncio.create_task(
        send(tha, signed(tha, PayloadKind.PROPOSAL, proposal(transfer(world, 11, 20))))
    )
    await asyncio.sleep(0)
    plant(
        world.connection,
        "CREATE TRIGGER bug BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'bug'); END",
    )
    with pytest.raises(ProtocolError):
        await che.propose(use(world, 1, 10, 2022))
    pull_out(world.connection, "bug", "message")
    done, _ = await asyncio.wait([early], timeout=0.2)
    early.cancel()
    assert done
    await asyncio.gather(early, return_exceptions=True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE statement SET kind = 'verdic0' WHERE sequence = 1",
        "UPDATE key SET purpose = 'NOTHING' WHERE node = 'tha'",
        "UPDATE key SET keyid = 'other' WHERE node = 'tha'",
        "UPDATE key SET public_key = x'00' WHERE node = 'tha'",
    ],
)
async def test_verification_reports_damage_and_does_not_raise(change: str) -> None:
    world = await trading_again()
    await world.house.stop()
    behind_guards(world.connection, change)
    assert verify(world.connection, lambda _: None).problems


async def test_verification_finds_a_changed_deadline(world: ClearingWorld) -> None:
    """Of a transaction that ended at once no verdict states it; the replay believes the row."""
    wanted = transfer(world, 100_000, 100_001)
    await world.senders["tha"].propose(wanted)
    world.connection.execute(
        "UPDATE transaction_record SET deadline = deadline + 1 WHERE transaction_id = ?",
        (wanted.transaction_id,),
    )
    assert verify(world.connection, lambda _: None).problems
