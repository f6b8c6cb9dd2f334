# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Messages: replay, reuse of ids, sequence, order of arrival, validation without effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from broker.clearing.path import clerk, waiting_room
from broker.store.messages import envelope as stored_envelope
from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.envelope import Envelope
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    Sender,
    restarted,
    sealed,
    send,
    signed,
    stored,
    transfer,
    unsent,
    verdict_of,
)
from tests.kit.world_again import trading_again


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    made = await trading_again()
    yield made
    assert broken_invariants(made.connection) == []
    await made.house.stop()


def proposal(world: ClearingWorld, first: int, last: int) -> proposal_pb2.Proposal:
    return proposal_pb2.Proposal(transaction=transfer(world, first, last))


async def refusal(sender: Sender, envelope: Envelope, *, validate_only: bool = False) -> Reason:
    with pytest.raises(ProtocolError) as refused:
        await send(sender, envelope, validate_only=validate_only)
    return refused.value.reason


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Early messages do not wait for the ones before them."""
    monkeypatch.setattr(waiting_room, "EARLY_WAIT", timedelta(0))


# -- replay ---------------------------------------------------------------------------------------


async def test_the_same_bytes_get_the_same_answer_for_ever(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    envelope = signed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10))
    first = await send(tha, envelope)
    assert not first.replayed
    before = stored(world.connection, "refused_message", "statement_signature")
    for wait in (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=365)):
        if wait >= timedelta(days=1):
            await world.house.expire_due()
            before = stored(world.connection, "refused_message", "statement_signature")
        world.clock.advance(wait)
        again = await send(tha, envelope)
        assert again.replayed
        assert again.answers == first.answers
        if wait < timedelta(days=1):
            assert stored(world.connection, "refused_message", "statement_signature") == before
    await world.house.stop()
    await restarted(world).start()
    assert (await send(tha, envelope)).answers == first.answers


async def test_every_kind_of_answer_is_replayed(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    await tha.say(PayloadKind.PROPOSAL, proposal(world, 1, 10))
    for row in world.connection.execute(
        "SELECT sender_node, kind, payload, keyids, signatures FROM message"
    ).fetchall():
        node, kind, payload, keyids, signatures = row
        if node == "operator":
            continue
        sender = {"tha": tha, "che": che}[node]
        again = await send(sender, stored_envelope(kind, payload, keyids, signatures))
        assert again.replayed
        assert again.answers


async def test_a_replay_in_the_same_group(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    envelope = signed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10))
    answers = await asyncio.gather(*(send(tha, envelope) for _ in range(5)))
    assert [each.replayed for each in answers] == [False, True, True, True, True]
    assert len({each.answers for each in answers}) == 1


async def test_the_same_id_with_other_bytes_is_refused_and_kept(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    header = unsent(tha)
    one = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10), header)
    other = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 11), header)
    first = await send(tha, one)
    without = ("conflict_count", "conflicting_message", "refused_message", "statement_signature")
    before = stored(world.connection, *without)
    for _ in range(2):
        assert await refusal(tha, other) is Reason.MESSAGE_ID_REUSED
    kept = world.connection.execute(
        "SELECT payload_hash, message_id, sender_node, payload FROM conflicting_message"
    ).fetchall()
    assert kept == [(sha256(other.payload).digest(), header.message_id, "tha", other.payload)]
    (original,) = world.connection.execute(
        "SELECT payload FROM message WHERE message_id = ?", (header.message_id,)
    ).fetchone()
    assert original == one.payload
    assert stored(world.connection, *without) == before
    assert (await send(tha, one)).answers == first.answers


async def test_two_contents_under_one_id_in_one_group(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    header = unsent(tha)
    one = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10), header)
    other = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 11), header)
    answers = await asyncio.gather(send(tha, one), send(tha, other), return_exceptions=True)
    assert not isinstance(answers[0], BaseException)
    assert isinstance(answers[1], ProtocolError)
    assert answers[1].reason is Reason.MESSAGE_ID_REUSED


async def test_another_nodes_message_id_cannot_be_used(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    header = unsent(tha)
    await send(tha, sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10), header))
    mine = unsent(che)
    mine.message_id = header.message_id
    assert (
        await refusal(che, sealed(che, PayloadKind.PROPOSAL, proposal(world, 1, 10), mine))
        is Reason.MESSAGE_ID_REUSED
    )


# -- sequence -------------------------------------------------------------------------------------


async def test_numbers_and_hashes_that_do_not_chain(world: ClearingWorld, impatient: None) -> None:
    tha = world.senders["tha"]
    next_one = unsent(tha).sender_sequence
    for number, previous, reason in (
        (next_one + 1, bytes(32), Reason.SEQUENCE_GAP),
        (next_one + 300, bytes(32), Reason.SEQUENCE_GAP),
        (2**63 - 2, bytes(32), Reason.SEQUENCE_GAP),
        (next_one - 1, bytes(32), Reason.SEQUENCE_USED),
        (1, b"", Reason.SEQUENCE_USED),
        (next_one, bytes(32), Reason.PREVIOUS_HASH_MISMATCH),
    ):
        header = unsent(tha)
        header.sender_sequence, header.previous_payload_hash = number, previous
        envelope = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10), header)
        assert await refusal(tha, envelope) is reason, number
    assert (await world.house.sender_standing(tha.node)).next_sequence == next_one
    assert (await tha.propose(transfer(world, 1, 10))).state == decision_pb2.STATE_VALIDATED


async def test_refused_messages_take_no_number(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    for _ in range(3):
        header = unsent(tha)
        header.network_id = "other-net"
        bad = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10), header)
        assert await refusal(tha, bad) is Reason.NETWORK_MISMATCH
        header = unsent(tha)
        header.expire_time.CopyFrom(header.creation_time)
        late = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10), header)
        assert await refusal(tha, late) is Reason.MESSAGE_EXPIRED
    verdict = await tha.propose(transfer(world, 1, 10))
    assert verdict.state == decision_pb2.STATE_VALIDATED


async def test_messages_that_arrive_in_the_wrong_order(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    envelopes = [
        signed(tha, PayloadKind.PROPOSAL, proposal(world, at * 10 + 1, at * 10 + 10))
        for at in range(3)
    ]
    answers = await asyncio.gather(*(send(tha, each) for each in reversed(envelopes)))
    places = [verdict_of(answer).log_index for answer in reversed(answers)]
    assert places == sorted(places)
    assert all(
        verdict_of(each).results[0].state == decision_pb2.STATE_VALIDATED for each in answers
    )


async def test_early_messages_are_told_what_is_missing(
    world: ClearingWorld, impatient: None
) -> None:
    tha = world.senders["tha"]
    envelopes = [
        signed(tha, PayloadKind.PROPOSAL, proposal(world, at * 10 + 1, at * 10 + 10))
        for at in range(3)
    ]
    answers = await asyncio.gather(
        *(send(tha, each) for each in envelopes[1:]), return_exceptions=True
    )
    assert [each.reason for each in answers if isinstance(each, ProtocolError)] == [
        Reason.SEQUENCE_GAP
    ] * 2
    for each in envelopes:
        await send(tha, each)


async def test_an_early_message_is_sent_twice(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    envelopes = [
        signed(tha, PayloadKind.PROPOSAL, proposal(world, at * 10 + 1, at * 10 + 10))
        for at in range(2)
    ]
    answers = await asyncio.gather(
        *(send(tha, each) for each in (envelopes[1], envelopes[1], envelopes[0])),
        return_exceptions=True,
    )
    assert not isinstance(answers[0], BaseException)
    assert not isinstance(answers[2], BaseException)


async def test_a_stopping_house_lets_early_messages_go(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    signed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10))
    waiting = asyncio.create_task(
        send(tha, signed(tha, PayloadKind.PROPOSAL, proposal(world, 11, 20)))
    )
    await asyncio.sleep(0)
    await world.house.stop()
    with pytest.raises(ProtocolError) as refused:
        await waiting
    assert refused.value.reason is Reason.SHUTTING_DOWN
    await restarted(world).start()


async def test_a_full_queue_turns_messages_away() -> None:
    world = await trading_again()
    tha = world.senders["tha"]
    await world.house.stop()
    world.parts = replace(world.parts, clerk_limits=clerk.ClerkLimits(max_queue=2))
    await restarted(world).start()
    envelopes = [
        signed(tha, PayloadKind.PROPOSAL, proposal(world, at * 10 + 1, at * 10 + 10))
        for at in range(4)
    ]
    answers = await asyncio.gather(*(send(tha, each) for each in envelopes), return_exceptions=True)
    reasons = [each.reason for each in answers if isinstance(each, ProtocolError)]
    assert reasons == [Reason.OVERLOADED] * 2
    for each in envelopes[2:]:
        assert verdict_of(await send(tha, each)).results[0].state == decision_pb2.STATE_VALIDATED
    await world.house.stop()


# -- validation only ------------------------------------------------------------------------------


async def test_validation_leaves_nothing_and_promises_nothing(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    envelope = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10))
    before = stored(world.connection)
    answer = await send(tha, envelope, validate_only=True)
    verdict = verdict_of(answer)
    assert verdict.results[0].state == decision_pb2.STATE_VALIDATED
    assert [each.signatures for each in answer.answers] == [()]
    assert not answer.replayed
    assert stored(world.connection) == before
    real = await send(tha, envelope)
    assert verdict_of(real).results[0].findings == verdict.results[0].findings
    replayed = await send(tha, envelope, validate_only=True)
    assert replayed.replayed
    assert replayed.answers == real.answers


async def test_validation_needs_no_number(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    header = unsent(tha)
    header.sender_sequence, header.previous_payload_hash = 999, bytes(32)
    envelope = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10), header)
    answer = await send(tha, envelope, validate_only=True)
    assert verdict_of(answer).results[0].state == decision_pb2.STATE_VALIDATED


async def test_validation_needs_a_good_signature(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    forged = sealed(
        tha, PayloadKind.PROPOSAL, proposal(world, 1, 10), unsent(tha), che.chain.signer
    )
    assert await refusal(tha, forged, validate_only=True) is Reason.SENDER_MISMATCH


async def test_validation_does_not_end_what_is_due(world: ClearingWorld) -> None:
    tha = world.senders["tha"]
    wanted = transfer(world, 1, 10)
    await tha.propose(wanted)
    world.clock.advance(timedelta(hours=24))
    before = stored(world.connection)
    other = sealed(tha, PayloadKind.PROPOSAL, proposal(world, 11, 20))
    await send(tha, other, validate_only=True)
    assert stored(world.connection) == before
    assert await world.house.expire_due() == 1


# -- other content under a used id, without bound -------------------------------------------------


async def reused(world: ClearingWorld, ids: int, contents: int) -> None:
    """Uses ids for other contents, as a peer does that wants to fill the disk."""
    tha = world.senders["tha"]
    for number in range(ids):
        one = signed(tha, PayloadKind.PROPOSAL, proposal(world, 1, 10))
        header = proposal_pb2.Proposal.FromString(one.payload).header
        await send(tha, one)
        for content in range(contents):
            other = sealed(
                tha, PayloadKind.PROPOSAL, proposal(world, 20 + content, 30 + number), header
            )
            assert await refusal(tha, other) is Reason.MESSAGE_ID_REUSED


async def test_of_an_id_the_first_other_content_is_kept_and_the_rest_counted(
    world: ClearingWorld,
) -> None:
    await reused(world, 1, 5)
    assert world.connection.execute("SELECT count(*) FROM conflicting_message").fetchone() == (1,)
    assert world.connection.execute("SELECT sender_node, seen FROM conflict_count").fetchall() == [
        ("tha", 5)
    ]


async def test_of_a_node_a_bounded_number_of_ids_is_kept(world: ClearingWorld) -> None:
    ids = limits.MAX_CONFLICTS_KEPT + 3
    await reused(world, ids, 1)
    kept = world.connection.execute("SELECT count(*) FROM conflicting_message").fetchone()
    assert kept == (limits.MAX_CONFLICTS_KEPT,)
    assert world.connection.execute("SELECT sender_node, seen FROM conflict_count").fetchall() == [
        ("tha", ids)
    ]
