# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""DeliveryService over the wire: cursor, credit, acknowledgement, redelivery, long poll."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

import grpc
import pytest

from broker.clearing.path.house import MailboxEntry
from broker.mailbox import subscription
from itmo.clearing.v1 import (
    delivery_service_pb2,
    operator_service_pb2,
    transaction_service_pb2,
)
from itmo.deliveries import NO_DELIVERY, delivery_digest
from itmo.identifiers import NodeId
from itmo.keys import MemorySigner
from itmo.payloads import from_proto
from itmo.reasons import Reason
from itmo.runtime.rpc.errors import from_rpc_error
from tests.api.broker_kit import (
    QUIET,
    SECONDS,
    SOON,
    FetchRequest,
    Frame,
    Line,
    Served,
    Subscription,
    frame_of,
    name_of,
    offer,
    refusal,
    take,
    trading,
    until,
)
from tests.kit.clearing import join_request

FAR = 2**62
_STATUS = operator_service_pb2.GetStatusRequest()


@pytest.fixture
async def broker() -> AsyncIterator[Served]:
    async with trading() as running:
        yield running


async def read_all(line: Line) -> int:
    """Acknowledges what is there, so that a test begins with an empty mailbox."""
    return await line.acknowledge((await line.fetch()).last_sequence)


async def mailed(broker: Served, count: int, first: int = 1) -> tuple[Line, int]:
    """Switzerland's line, with so many new offers after the returned cursor."""
    tha, che = await broker.line("tha"), await broker.line("che")
    cursor = await read_all(che)
    for serial in range(first, first + count):
        await tha.submit(offer(broker, serial))
    return che, cursor


async def end_of(call: Subscription) -> Reason:
    """The refusal with which a stream ends, after whatever still comes."""

    async def drain() -> None:
        while await call.read() is not grpc.aio.EOF:
            pass

    return (await refusal(drain())).reason


async def silent(call: Subscription) -> None:
    """Nothing comes. The read stays under way, so it is the last thing done with a stream."""
    reading = asyncio.ensure_future(call.read())
    done, _ = await asyncio.wait({reading}, timeout=QUIET)
    assert not done, reading.result()
    call.cancel()
    await asyncio.wait({reading})


# -- subscriptions --------------------------------------------------------------------------------


async def test_deliveries_come_in_sequence_from_the_cursor(broker: Served) -> None:
    che, cursor = await mailed(broker, 3)
    call = await che.subscribe(cursor + 1, credit=10)
    assert await take(call, 2) == [cursor + 2, cursor + 3]
    call.cancel()


async def test_a_delivery_holds_the_exact_bytes_and_the_verdict(broker: Served) -> None:
    tha, che = await broker.line("tha"), await broker.line("che")
    cursor = await read_all(che)
    envelope = offer(broker, 1)
    answer = await tha.submit(envelope)
    call = await che.subscribe(cursor)
    frame = await asyncio.wait_for(call.read(), SOON)
    assert isinstance(frame, delivery_service_pb2.SubscribeResponse)
    (delivery,) = frame.deliveries
    assert delivery.transaction_id == name_of(envelope)
    assert from_proto(delivery.envelopes[0]) == envelope
    assert delivery.envelopes[1] == answer.answers[0]
    assert frame.last_sequence == delivery.sequence
    call.cancel()


async def test_frames_that_are_cut_by_size_lose_nothing(
    broker: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "MAX_FRAME_BYTES", 1)
    che, cursor = await mailed(broker, 3)
    call = await che.subscribe(cursor, credit=3)
    frames = [await frame_of(call) for _ in range(3)]
    assert frames == [[cursor + 1], [cursor + 2], [cursor + 3]]


async def test_no_more_comes_than_credit_was_granted(broker: Served) -> None:
    che, cursor = await mailed(broker, 5)
    call = await che.subscribe(cursor, credit=2)
    assert await take(call, 2) == [cursor + 1, cursor + 2]
    reading = asyncio.ensure_future(call.read())
    assert not (await asyncio.wait({reading}, timeout=QUIET))[0]
    await call.write(Frame(credit=1))
    frame = await asyncio.wait_for(reading, SOON)
    assert isinstance(frame, delivery_service_pb2.SubscribeResponse)
    assert [each.sequence for each in frame.deliveries] == [cursor + 3]
    assert frame.last_sequence == cursor + 5
    await silent(call)


async def test_a_waiting_subscription_gets_new_mail_at_once(broker: Served) -> None:
    che, cursor = await mailed(broker, 0)
    call = await che.subscribe(cursor)
    reading = asyncio.ensure_future(call.read())
    await (await broker.line("tha")).submit(offer(broker, 1))
    frame = await asyncio.wait_for(reading, SOON)
    assert isinstance(frame, delivery_service_pb2.SubscribeResponse)
    assert [each.sequence for each in frame.deliveries] == [cursor + 1]
    call.cancel()


async def test_acknowledgement_is_cumulative_and_never_goes_back(broker: Served) -> None:
    che, cursor = await mailed(broker, 4)
    call = await che.subscribe(cursor, credit=10)
    await take(call, 4)
    await call.write(Frame(acknowledged_sequence=cursor + 3))
    await call.write(Frame(acknowledged_sequence=cursor + 1))
    await call.done_writing()
    assert await asyncio.wait_for(call.read(), SOON) is grpc.aio.EOF
    assert await che.acknowledge(0) == cursor + 3


async def test_what_was_not_acknowledged_comes_again(broker: Served) -> None:
    che, cursor = await mailed(broker, 3)
    call = await che.subscribe(cursor, credit=10)
    first = await take(call, 3)
    await call.write(Frame(acknowledged_sequence=cursor + 1))
    await call.done_writing()
    assert await asyncio.wait_for(call.read(), SOON) is grpc.aio.EOF
    again = await (await broker.line("che")).subscribe(cursor + 1, credit=10)
    assert await take(again, 2) == first[1:]
    again.cancel()


async def test_a_connection_that_breaks_loses_nothing(broker: Served) -> None:
    che, cursor = await mailed(broker, 3)
    call = await che.subscribe(cursor, credit=10)
    first = await take(call, 3)
    await che.channel.close()
    again = await (await broker.line("che")).subscribe(cursor, credit=10)
    assert await take(again, 3) == first
    again.cancel()


async def test_a_new_subscription_ends_the_one_before(broker: Served) -> None:
    che, cursor = await mailed(broker, 1)
    old = await che.subscribe(cursor)
    await frame_of(old)
    new = await (await broker.line("che")).subscribe(cursor)
    assert await end_of(old) is Reason.SUBSCRIPTION_SUPERSEDED
    assert await frame_of(new) == [cursor + 1]
    (status,) = [
        each.connected
        for each in (await (await broker.operator()).GetStatus(_STATUS, timeout=SECONDS)).mailboxes
        if each.node == "che"
    ]
    assert status
    new.cancel()


async def test_nodes_do_not_end_each_others_subscriptions(broker: Served) -> None:
    che, cursor = await mailed(broker, 0)
    call = await che.subscribe(cursor)
    deu = await broker.line("deu")
    other = await deu.subscribe(await read_all(deu))
    await (await broker.line("tha")).submit(offer(broker, 1))
    assert await frame_of(call) == [cursor + 1]
    await silent(other)
    call.cancel()


@pytest.mark.parametrize("credit", [0, 1025, 2**32 - 1])
async def test_the_first_frame_grants_credit_within_bounds(broker: Served, credit: int) -> None:
    che, cursor = await mailed(broker, 0)
    assert await end_of(await che.subscribe(cursor, credit)) is Reason.CREDIT_INVALID


async def test_credit_in_all_stays_within_bounds(broker: Served) -> None:
    che, cursor = await mailed(broker, 0)
    call = await che.subscribe(cursor, 1024)
    await call.write(Frame(credit=1))
    assert await end_of(call) is Reason.CREDIT_INVALID


@pytest.mark.parametrize("cursor", [0, FAR, 2**64 - 1])
async def test_a_cursor_outside_the_mailbox_is_refused(broker: Served, cursor: int) -> None:
    che, _ = await mailed(broker, 1)  # all before is acknowledged
    error = await refusal(_first_frame(await che.subscribe(cursor)))
    if cursor:
        assert error.reason is Reason.RECORD_DIFFERS
    else:
        assert error.reason is Reason.CURSOR_INVALID
        assert int(error.metadata["acknowledged_sequence"]) > 0
    assert int(error.metadata["last_sequence"]) > 0


async def test_a_cursor_with_the_digest_of_another_delivery_is_refused(broker: Served) -> None:
    che, cursor = await mailed(broker, 2)
    digest = await che.digest(cursor + 2)
    request = FetchRequest(cursor=cursor + 1, cursor_digest=digest)
    error = await refusal(che.deliveries.Fetch(request, timeout=SECONDS))
    assert error.reason is Reason.RECORD_DIFFERS
    call = che.deliveries.Subscribe()
    await call.write(Frame(cursor=cursor + 1, cursor_digest=digest, credit=1))
    assert await end_of(call) is Reason.RECORD_DIFFERS


async def test_a_digest_is_that_of_all_deliveries_before(broker: Served) -> None:
    che, _ = await mailed(broker, 2)
    digest = NO_DELIVERY
    for delivery in (await che.fetch()).deliveries:
        hashes = [hashlib.sha256(each.payload).digest() for each in delivery.envelopes]
        digest = delivery_digest(digest, hashes)
        assert delivery.digest == digest


async def _first_frame(call: Subscription) -> object:
    return await call.read()


@pytest.mark.parametrize("sequence", [FAR, 2**64 - 1])
async def test_acknowledging_beyond_the_end_ends_the_subscription(
    broker: Served, sequence: int
) -> None:
    che, cursor = await mailed(broker, 1)
    call = await che.subscribe(cursor)
    await frame_of(call)
    await call.write(Frame(acknowledged_sequence=sequence))
    assert await end_of(call) is Reason.CURSOR_INVALID


async def test_a_half_closed_stream_ends_in_order(broker: Served) -> None:
    che, cursor = await mailed(broker, 1)
    call = await che.subscribe(cursor)
    await frame_of(call)
    await call.done_writing()
    assert await asyncio.wait_for(call.read(), SOON) is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK
    await until(lambda: not broker.servers.guard.streams.taken)


async def test_a_stream_without_a_first_frame_ends_in_order(broker: Served) -> None:
    call = (await broker.line("che")).deliveries.Subscribe()
    await call.done_writing()
    assert await asyncio.wait_for(call.read(), SOON) is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def test_bytes_that_are_no_frame_end_the_stream(broker: Served) -> None:
    line = await broker.line("che")
    subscribe: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = line.channel.stream_stream(
        "/itmo.clearing.v1.DeliveryService/Subscribe"
    )
    call = subscribe()
    await call.write(b"\xff" * 20)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asyncio.wait_for(call.read(), SOON)
    assert from_rpc_error(caught.value).reason is Reason.MESSAGE_UNDECODABLE


async def test_the_first_frame_can_acknowledge_too(broker: Served) -> None:
    che, cursor = await mailed(broker, 2)
    call = che.deliveries.Subscribe()
    await call.write(
        Frame(
            cursor=cursor + 1,
            cursor_digest=await che.digest(cursor + 1),
            credit=1,
            acknowledged_sequence=cursor + 1,
        )
    )
    await frame_of(call)
    assert await che.acknowledge(0) == cursor + 1


async def test_a_fetch_does_not_swallow_the_news_for_a_subscription(
    broker: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream has looked and found nothing; before it waits, mail comes and a fetch begins."""
    che, cursor = await mailed(broker, 0)
    await che.digest(cursor)
    looked, go_on = asyncio.Event(), asyncio.Event()
    look = broker.world.house.deliveries

    async def slow(node: NodeId, after: int, limit: int) -> list[MailboxEntry]:
        found = await look(node, after, limit)
        if not looked.is_set():
            looked.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(broker.world.house, "deliveries", slow)
    call = await che.subscribe(cursor)
    await asyncio.wait_for(looked.wait(), SOON)
    await (await broker.line("tha")).submit(offer(broker, 1))
    assert (await che.fetch(cursor)).deliveries
    go_on.set()
    async with asyncio.timeout(1):
        assert await frame_of(call) == [cursor + 1]


async def test_many_subscriptions_come_and_go_and_leave_nothing_behind(broker: Served) -> None:
    che, cursor = await mailed(broker, 1)
    for _ in range(30):
        call = await che.subscribe(cursor)
        assert await frame_of(call) == [cursor + 1]
        call.cancel()
    await until(lambda: not broker.servers.guard.streams.taken)
    told = await (await broker.operator()).GetStatus(_STATUS, timeout=SECONDS)
    assert not any(each.connected for each in told.mailboxes)


# -- fetch and acknowledge ------------------------------------------------------------------------


async def test_fetch_gives_what_is_there_up_to_what_was_asked(broker: Served) -> None:
    che, cursor = await mailed(broker, 3)
    page = await che.fetch(cursor, most=2)
    assert [each.sequence for each in page.deliveries] == [cursor + 1, cursor + 2]
    assert page.last_sequence == cursor + 3
    assert [each.sequence for each in (await che.fetch(cursor + 2)).deliveries] == [cursor + 3]
    assert not (await che.fetch(cursor + 3)).deliveries


async def test_a_long_poll_wakes_on_delivery(broker: Served) -> None:
    che, cursor = await mailed(broker, 0)
    waiting = asyncio.ensure_future(che.fetch(cursor, wait_ms=15_000))
    await until(lambda: broker.servers.guard.calls.taken == 1)
    await (await broker.line("tha")).submit(offer(broker, 1))
    page = await asyncio.wait_for(waiting, SOON)
    assert [each.sequence for each in page.deliveries] == [cursor + 1]


async def test_two_long_polls_of_one_node_both_wake(broker: Served) -> None:
    che, cursor = await mailed(broker, 0)
    waiting = [asyncio.ensure_future(che.fetch(cursor, wait_ms=15_000)) for _ in range(2)]
    await until(lambda: broker.servers.guard.calls.taken == 2)
    await (await broker.line("tha")).submit(offer(broker, 1))
    pages = await asyncio.wait_for(asyncio.gather(*waiting), SOON)
    assert [len(each.deliveries) for each in pages] == [1, 1]


async def test_a_long_poll_without_mail_ends_empty(broker: Served) -> None:
    che, cursor = await mailed(broker, 0)
    page = await asyncio.wait_for(che.fetch(cursor, wait_ms=50), SOON)
    assert not page.deliveries
    assert page.last_sequence == cursor


@pytest.mark.parametrize(
    ("request_of", "reason"),
    [
        (FetchRequest(max_deliveries=257), Reason.PAYLOAD_INVALID),
        (FetchRequest(wait_ms=30_001), Reason.PAYLOAD_INVALID),
        (FetchRequest(cursor=FAR), Reason.PAYLOAD_INVALID),
        (FetchRequest(cursor=FAR, cursor_digest=b"d" * 32), Reason.RECORD_DIFFERS),
        (FetchRequest(cursor=2**64 - 1, cursor_digest=b"d" * 32), Reason.RECORD_DIFFERS),
    ],
)
async def test_a_fetch_out_of_bounds_is_refused(
    broker: Served, request_of: FetchRequest, reason: Reason
) -> None:
    che = await broker.line("che")
    error = await refusal(che.deliveries.Fetch(request_of, timeout=SECONDS))
    assert error.reason is reason


async def test_acknowledging_is_idempotent_and_stays_within_the_mailbox(broker: Served) -> None:
    che, cursor = await mailed(broker, 2)
    assert await che.acknowledge(cursor + 2) == cursor + 2
    assert await che.acknowledge(cursor + 2) == cursor + 2
    assert await che.acknowledge(cursor) == cursor + 2
    for beyond in (cursor + 3, FAR, 2**64 - 1):
        assert (await refusal(che.acknowledge(beyond))).reason is Reason.CURSOR_INVALID
    assert await che.acknowledge(0) == cursor + 2


async def test_what_was_acknowledged_can_still_be_fetched_but_not_subscribed_to(
    broker: Served,
) -> None:
    che, cursor = await mailed(broker, 1)
    await che.acknowledge(cursor + 1)
    assert [each.sequence for each in (await che.fetch(cursor)).deliveries] == [cursor + 1]
    assert await end_of(await che.subscribe(cursor)) is Reason.CURSOR_INVALID


async def test_a_node_reads_its_own_mailbox_only(broker: Served) -> None:
    che, cursor = await mailed(broker, 2)
    deu = await broker.line("deu")
    before = await read_all(deu)
    assert (await che.fetch(cursor)).last_sequence == cursor + 2
    assert not (await deu.fetch(before)).deliveries


# -- whose admission ends -------------------------------------------------------------------------


async def new_tls_key(broker: Served) -> Line:
    """Switzerland is admitted with another TLS key; its line with the new one."""
    world, signer = broker.world, MemorySigner.from_seed(b"che".ljust(32, b"."))
    files, tls_key_hash = world.certified("che", "che-renewed")
    await world.operator.admit(join_request(signer, "che", ("CHE01",)), tls_key_hash)
    return await broker.line("che", files)


async def test_a_replaced_tls_key_ends_what_is_open_with_the_old_one(broker: Served) -> None:
    """A stolen key reads nothing any more, on no stream that was opened before it was replaced."""
    tha, che = await broker.line("tha"), await broker.line("che")
    cursor = await read_all(che)
    idle, polling = await che.subscribe(cursor, credit=10), asyncio.create_task(
        che.fetch(cursor, wait_ms=15_000)
    )  # fmt: skip
    watch = che.transactions.WatchTransactions(transaction_service_pb2.WatchTransactionsRequest())
    watched = asyncio.create_task(watch.read())
    await until(lambda: broker.servers.guard.streams.held().get("che") == 2)
    await until(lambda: broker.servers.guard.calls.held().get("che") == 1)
    renewed = await new_tls_key(broker)
    # Before anything more happened: whoever waits is told at once.
    assert await asyncio.wait_for(end_of(idle), SOON) is Reason.UNAUTHENTICATED
    assert (await refusal(asyncio.wait_for(polling, SOON))).reason is Reason.UNAUTHENTICATED
    await tha.submit(offer(broker, 1))
    assert (await refusal(asyncio.wait_for(watched, SOON))).reason is Reason.UNAUTHENTICATED
    assert len((await renewed.fetch(cursor)).deliveries) == 1


async def test_a_subscription_takes_no_word_of_a_replaced_tls_key(broker: Served) -> None:
    che, cursor = await mailed(broker, 1)
    call = await che.subscribe(cursor, credit=1)
    assert await take(call, 1) == [cursor + 1]
    await new_tls_key(broker)
    await call.write(Frame(acknowledged_sequence=cursor + 1))
    assert await asyncio.wait_for(end_of(call), SOON) is Reason.UNAUTHENTICATED
    standing = await broker.world.house.mailbox(NodeId("che"))
    assert standing.acknowledged_sequence == cursor
