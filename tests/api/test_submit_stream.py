# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""SubmitStream over the wire: many messages under way, each answered, back-pressure, ends in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from hashlib import sha256

import grpc
import pytest

from broker.clearing.path.house import Answer
from itmo import limits
from itmo.clearing.v1 import transaction_service_pb2 as pb
from itmo.core.v1 import proposal_pb2
from itmo.envelope import Envelope
from itmo.identifiers import NodeId
from itmo.payloads import PayloadKind, decode, from_proto, to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc import interceptors
from itmo.runtime.rpc.errors import from_rpc_error, refusal_of
from itmo.runtime.rpc.limiting import CallLimits
from registry_node.adapters.grpc_link import GrpcLink
from registry_node.adapters.line import Line as NodeLine
from registry_node.broker_link import Answer as AnsweredBy
from tests.api.broker_kit import SOON, Served, offer, served, trading, until
from tests.kit.clearing import transfer

Call = grpc.aio.StreamStreamCall[pb.SubmitStreamRequest, pb.SubmitStreamResponse]


@pytest.fixture
async def broker() -> AsyncIterator[Served]:
    async with trading() as running:
        yield running


async def opened(broker: Served, name: str = "tha") -> Call:
    return (await broker.line(name)).transactions.SubmitStream()


async def say(call: Call, *envelopes: Envelope) -> None:
    for each in envelopes:
        await call.write(pb.SubmitStreamRequest(envelope=to_proto(each)))


async def heard(call: Call, count: int) -> dict[bytes, pb.SubmitStreamResponse]:
    answers = {}
    for _ in range(count):
        answer = await asyncio.wait_for(call.read(), SOON)
        assert isinstance(answer, pb.SubmitStreamResponse)
        answers[answer.message_hash] = answer
    return answers


def hashes(envelopes: Sequence[Envelope]) -> list[bytes]:
    return [sha256(each.payload).digest() for each in envelopes]


async def test_each_message_is_answered_under_its_hash(broker: Served) -> None:
    offers = [offer(broker, at) for at in range(1, 41)]
    call = await opened(broker)
    await say(call, *offers)
    answers = await heard(call, 40)
    assert set(answers) == set(hashes(offers))
    for answer in answers.values():
        verdict = decode(PayloadKind.VERDICT, from_proto(answer.answers[0]).payload)
        assert verdict.message_hash == answer.message_hash  # type: ignore[attr-defined]
        assert not answer.refusal
    await call.done_writing()
    assert await asyncio.wait_for(call.read(), SOON) is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def test_batches_and_single_messages_share_a_stream(broker: Served) -> None:
    wanted = [transfer(broker.world, at * 10 + 1, at * 10 + 10) for at in range(20)]
    batch = broker.tha.chain.sign(
        PayloadKind.PROPOSAL_BATCH,
        proposal_pb2.ProposalBatch(transactions=wanted),
        broker.world.clock.now(),
    )
    single = offer(broker, 500)
    call = await opened(broker)
    await say(call, batch, single)
    answers = await heard(call, 2)
    assert set(answers) == set(hashes([batch, single]))
    call.cancel()


async def test_a_refusal_is_told_of_its_message_and_ends_nothing(broker: Served) -> None:
    good = offer(broker, 1)
    forged = Envelope(b"\xff" * 40, good.payload_type, good.signatures)
    call = await opened(broker)
    await say(call, forged, good)
    answers = await heard(call, 2)
    wrong, right = (answers[each] for each in hashes([forged, good]))
    assert refusal_of(wrong.refusal).reason is Reason.MESSAGE_UNDECODABLE
    assert not wrong.answers
    assert right.answers
    call.cancel()


async def test_after_a_torn_stream_the_same_bytes_get_the_first_answer(broker: Served) -> None:
    offers = [offer(broker, at) for at in range(1, 11)]
    torn = await opened(broker)
    await say(torn, *offers)
    first = await heard(torn, 3)
    torn.cancel()
    await until(lambda: not broker.servers.guard.streams.taken)
    again = await opened(broker)
    await say(again, *offers)
    answers = await heard(again, 10)
    assert not any(each.refusal for each in answers.values())
    for each, answer in first.items():
        assert answers[each].replayed
        assert list(answers[each].answers) == list(answer.answers)
    again.cancel()


async def test_no_more_is_read_than_may_be_under_way(
    broker: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, decide = 0, asyncio.Event()
    submit = broker.world.house.submit

    async def slow(caller: NodeId, envelope: Envelope, *, validate_only: bool = False) -> Answer:
        nonlocal asked
        asked += 1
        await decide.wait()
        return await submit(caller, envelope, validate_only=validate_only)

    monkeypatch.setattr(broker.world.house, "submit", slow)
    offers = [offer(broker, at) for at in range(1, limits.MAX_STREAMED + 11)]
    call = await opened(broker)
    await say(call, *offers)
    await until(lambda: asked == limits.MAX_STREAMED)
    assert asked == limits.MAX_STREAMED
    decide.set()
    assert len(await heard(call, len(offers))) == len(offers)
    assert asked == len(offers)
    call.cancel()


async def test_a_stop_answers_what_was_read_and_says_why_it_ends(broker: Served) -> None:
    call = await opened(broker)
    await say(call, offer(broker, 1))
    await heard(call, 1)
    stop = asyncio.create_task(broker.stop())
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await asyncio.wait_for(call.read(), SOON)
    assert from_rpc_error(ended.value).reason is Reason.SHUTTING_DOWN
    await asyncio.wait_for(stop, SOON)


async def test_messages_of_a_stream_take_tokens_like_calls() -> None:
    limited = CallLimits(rate_per_second=200, burst=30)
    async with trading(limits=limited) as broker:
        call = await opened(broker)
        began = asyncio.get_running_loop().time()
        offers = [offer(broker, at) for at in range(1, 61)]
        await say(call, *offers)
        answers = await heard(call, 60)
        assert not any(each.refusal for each in answers.values()), "it waits, and is not refused"
        assert asyncio.get_running_loop().time() - began > 0.1
        call.cancel()


async def test_a_node_whose_stream_waits_is_told_why_and_how_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can tell a broker that reads nothing from one that is gone, unless it says so."""
    monkeypatch.setattr(interceptors, "_WAIT_TOLD_MS", 10)
    asked: list[ProtocolError] = []
    async with trading(limits=CallLimits(rate_per_second=20, burst=2)) as broker:
        link = await node_link(broker)
        offers = [offer(broker, at) for at in range(1, 4)]
        told = await asyncio.wait_for(link.submit_all(offers, asked.append), SOON)
        assert all(isinstance(each, AnsweredBy) for each in told)
        assert {each.reason for each in asked} == {Reason.RATE_LIMITED}
        assert "tha sends faster than its share" in asked[0].message
        broker.servers.guard.charge("tha", 30)
        (slowed,) = [each for each in broker.servers._nodes.door().holders if each.wait_ms]
        assert (slowed.node, slowed.wait_ms > 1_000) == ("tha", True)


async def test_a_stranger_has_no_stream() -> None:
    async with served() as running:
        tls, _ = running.world.certified("nobody")
        call = (await running.line("nobody", tls)).transactions.SubmitStream()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asyncio.wait_for(call.read(), SOON)
        assert from_rpc_error(refused.value).reason is Reason.NODE_NOT_ADMITTED


async def node_link(broker: Served) -> GrpcLink:
    line = await broker.line("tha")
    return GrpcLink(NodeLine(line.channel))


async def test_the_node_sends_many_and_hears_of_each(broker: Served) -> None:
    link = await node_link(broker)
    offers = [offer(broker, at) for at in range(1, 101)]
    forged = Envelope(b"\xff" * 40, offers[0].payload_type, offers[0].signatures)
    told = await asyncio.wait_for(link.submit_all([*offers, forged]), SOON)
    assert all(isinstance(each, AnsweredBy) and each.answers for each in told[:-1])
    assert isinstance(told[-1], ProtocolError)
    assert told[-1].reason is Reason.MESSAGE_UNDECODABLE
    again = await asyncio.wait_for(link.submit_all(offers), SOON)
    assert all(isinstance(each, AnsweredBy) and each.replayed for each in again)
    assert broker.servers.guard.streams.taken == 1, "the stream stays open"


async def test_a_stream_that_was_cut_is_opened_anew(broker: Served) -> None:
    link = await node_link(broker)
    await asyncio.wait_for(link.submit_all([offer(broker, 1)]), SOON)
    link.reconnect()
    told = await asyncio.wait_for(link.submit_all([offer(broker, 2)]), SOON)
    assert isinstance(told[0], AnsweredBy)


async def test_a_broker_that_stops_leaves_nobody_waiting(broker: Served) -> None:
    link = await node_link(broker)
    await asyncio.wait_for(link.submit_all([offer(broker, 1)]), SOON)
    await broker.stop()
    with pytest.raises(ProtocolError) as refused:
        await asyncio.wait_for(link.submit_all([offer(broker, 2)]), SOON)
    assert refused.value.retryable
