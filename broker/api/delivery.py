# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""DeliveryService: the mailbox as a stream, and its long-poll twin."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from datetime import timedelta
from functools import partial
from typing import Final

from broker.api.peer import admitted_caller
from broker.clearing.path import cost
from broker.clearing.path.house import ClearingHouse, MailboxEntry
from broker.mailbox.acknowledging import Acknowledging
from broker.mailbox.subscription import Grant, Subscriptions, cost_of, gathered, wait_any
from itmo import limits
from itmo.clearing.v1 import delivery_service_pb2 as pb
from itmo.clearing.v1 import delivery_service_pb2_grpc as pb_grpc
from itmo.clock import from_ms
from itmo.identifiers import NodeId
from itmo.payloads import to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Context
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.timestamps import timestamp

_DEFAULT_FETCH: Final = 64


class DeliveryServicer(pb_grpc.DeliveryServiceServicer):
    """See delivery_service.proto."""

    def __init__(
        self, house: ClearingHouse, subscriptions: Subscriptions, guard: CallGuard
    ) -> None:
        self._house = house
        self._subscriptions = subscriptions
        self._guard = guard
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def Subscribe(
        self,
        request_iterator: AsyncIterator[pb.SubscribeRequest],
        context: Context,
    ) -> AsyncIterator[pb.SubscribeResponse]:
        """Streams deliveries; credit and acknowledgements come in meanwhile."""
        node = admitted_caller(self._house)
        first = await anext(aiter(request_iterator), None)
        if first is None:
            return
        grant = await self._subscriptions.open(
            node, _within_column(first.cursor), first.cursor_digest, first.credit
        )
        if first.acknowledged_sequence:
            await self._house.acknowledge(node, _within_column(first.acknowledged_sequence))
        still = partial(admitted_caller, self._house)
        listener = asyncio.create_task(self._listen(node, grant, request_iterator))
        try:
            deliveries = self._subscriptions.deliveries(node, grant, still, self._guard.out_of_debt)
            async with aclosing(deliveries) as frames:  # type: ignore[type-var]  # an async generator has aclose
                async for frame in frames:
                    still()
                    standing = await self._house.mailbox(node)
                    yield pb.SubscribeResponse(
                        deliveries=[rendered(entry) for entry in frame],
                        last_sequence=standing.last_sequence,
                    )
            await listener  # raises what the node did wrong, if it did
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError, ProtocolError):
                await listener
            self._subscriptions.close(node, grant)

    async def _listen(
        self, node: NodeId, grant: Grant, requests: AsyncIterator[pb.SubscribeRequest]
    ) -> None:
        """Takes credit and acknowledgements until the node closes its side, or one is invalid."""
        acknowledging = Acknowledging(partial(self._house.acknowledge, node))
        try:
            async for request in requests:
                admitted_caller(self._house)
                self._house.pay(node, cost.HEARD)
                await self._guard.out_of_debt(node)
                if request.acknowledged_sequence:
                    reached = _within_column(request.acknowledged_sequence)
                    await self._within_mailbox(node, grant, reached)
                    acknowledging.note(reached)
                grant.add_credit(request.credit)
            await acknowledging.finish()
        finally:
            acknowledging.leave()
            grant.closed = True
            grant.changed.set()

    async def _within_mailbox(self, node: NodeId, grant: Grant, reached: int) -> None:
        if reached > grant.cursor and reached > (await self._house.mailbox(node)).last_sequence:
            await self._house.acknowledge(node, reached)  # raises why not

    async def Fetch(
        self, request: pb.FetchRequest, context: Context
    ) -> pb.FetchResponse:  # gRPC's signature
        """Hands out deliveries, waiting a while for the first."""
        node = admitted_caller(self._house)
        longest = limits.MAX_LONG_POLL // timedelta(milliseconds=1)
        if request.max_deliveries > limits.MAX_FETCH or request.wait_ms > longest:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"at most {limits.MAX_FETCH} deliveries and {longest} ms of waiting",
                where="max_deliveries" if request.wait_ms <= longest else "wait_ms",
            )
        most = request.max_deliveries or _DEFAULT_FETCH
        cursor = _within_column(request.cursor)
        await self._house.check_cursor(node, cursor, request.cursor_digest)
        mail = self._house.mail_event(node)
        mail.clear()
        answer = await self._fetched(node, cursor, most)
        if not answer.deliveries and request.wait_ms:
            longest_wait = timedelta(milliseconds=request.wait_ms)
            await wait_any(mail, self._guard.stopping, longest=longest_wait)
            admitted_caller(self._house)
            answer = await self._fetched(node, cursor, most)
        return answer

    async def _fetched(self, node: NodeId, cursor: int, most: int) -> pb.FetchResponse:
        """What there is; of one node one answer is made at a time, since each may have two megabytes."""
        async with self._making[node]:
            standing = await self._house.mailbox(node)
            entries = await gathered(self._house, node, cursor, most)
            self._house.pay(node, cost.beyond_the_call(cost_of(entries)))
            return pb.FetchResponse(
                deliveries=[rendered(entry) for entry in entries],
                last_sequence=max(standing.last_sequence, entries[-1].sequence if entries else 0),
            )

    async def Acknowledge(
        self, request: pb.AcknowledgeRequest, context: Context
    ) -> pb.AcknowledgeResponse:
        """Notes how far the node is."""
        node = admitted_caller(self._house)
        reached = await self._house.acknowledge(node, _within_column(request.sequence))
        return pb.AcknowledgeResponse(acknowledged_sequence=reached)


def _within_column(sequence: int) -> int:
    """A sequence number that the database can compare; one past it lies beyond every mailbox."""
    return min(sequence, limits.MAX_SEQUENCE)


def rendered(entry: MailboxEntry) -> pb.Delivery:
    """A delivery as it travels."""
    return pb.Delivery(
        sequence=entry.sequence,
        transaction_id=entry.transaction_id,
        envelopes=[to_proto(each) for each in entry.envelopes],
        enqueue_time=timestamp(from_ms(entry.enqueued_at)),
        digest=entry.digest,
    )
