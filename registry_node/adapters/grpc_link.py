# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker over gRPC with mutual TLS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import grpc

from itmo import limits
from itmo.clearing.v1 import (
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    rulebook_service_pb2,
    rulebook_service_pb2_grpc,
    transaction_service_pb2,
    transaction_service_pb2_grpc,
)
from itmo.core.v1 import statements_pb2
from itmo.envelope import Envelope
from itmo.identifiers import NodeId, parse_node_id
from itmo.keys import KeyPurpose, PublicKey
from itmo.payloads import from_proto, to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.client import LONG_POLL_DEADLINE, READ_DEADLINE, SUBMIT_DEADLINE
from itmo.timestamps import moment
from registry_node.adapters.line import Line
from registry_node.adapters.submit_stream import SubmitStream
from registry_node.broker_link import Answer, Cursor, Delivery, NetworkInfo, SenderStanding

READS: Final = (
    "itmo.clearing.v1.DirectoryService/GetNetwork",
    "itmo.clearing.v1.DirectoryService/GetSender",
    "itmo.clearing.v1.DirectoryService/ListKeys",
    "itmo.clearing.v1.RulebookService/GetCatalogue",
    "itmo.clearing.v1.TransactionService/GetTransaction",
    "itmo.clearing.v1.TransactionService/ListOwnMessages",
)
"""Calls that gRPC itself may repeat."""

PURPOSES: Final = {
    statements_pb2.KEY_PURPOSE_SIGN_MESSAGE: KeyPurpose.SIGN_MESSAGE,
    statements_pb2.KEY_PURPOSE_SIGN_RECEIPT: KeyPurpose.SIGN_RECEIPT,
    statements_pb2.KEY_PURPOSE_OPERATE: KeyPurpose.OPERATE,
}


class GrpcLink:
    """A BrokerLink over one line, which is this object's to close.

    Attributes:
        line: The line, for other services of the broker.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self._directory = directory_service_pb2_grpc.DirectoryServiceStub(line.channel)
        self._transactions = transaction_service_pb2_grpc.TransactionServiceStub(line.channel)
        self._rulebooks = rulebook_service_pb2_grpc.RulebookServiceStub(line.channel)
        self._deliveries = delivery_service_pb2_grpc.DeliveryServiceStub(line.channel)
        self._frames: _Frames | None = None
        self._stream: grpc.aio.StreamStreamCall[Any, Any] | None = None
        self._submitting: SubmitStream | None = None

    async def network(self) -> NetworkInfo:
        """Describes the network."""
        request = directory_service_pb2.GetNetworkRequest()
        found = await self.line.answered(self._directory.GetNetwork(request, timeout=READ_DEADLINE))
        return NetworkInfo(
            network_id=found.network_id,
            test_network=found.test_network,
            broker_node=parse_node_id(found.broker_node, "broker_node"),
            time=moment(found.time, "time"),
            software_version=found.software_version,
        )

    async def sender_standing(self) -> SenderStanding:
        """Says which sequence number is next and what it chains to."""
        request = directory_service_pb2.GetSenderRequest()
        found = await self.line.answered(self._directory.GetSender(request, timeout=READ_DEADLINE))
        return SenderStanding(found.next_sequence, found.previous_payload_hash)

    async def node_keys(self, node: NodeId) -> tuple[PublicKey, ...]:
        """Returns the registered keys of a node, past and revoked ones included."""
        request = directory_service_pb2.ListKeysRequest(node=node)
        found = await self.line.answered(self._directory.ListKeys(request, timeout=READ_DEADLINE))
        return tuple(_key(written) for written in found.keys)

    async def submit(self, envelope: Envelope, *, validate_only: bool = False) -> Answer:
        """Hands in a signed message; returns after the decision is durable."""
        written = to_proto(envelope)
        if "proposal-batch" in envelope.payload_type:
            batch = transaction_service_pb2.SubmitBatchRequest(
                envelope=written, validate_only=validate_only
            )
            of_batch = await self.line.answered(
                self._transactions.SubmitBatch(batch, timeout=SUBMIT_DEADLINE)
            )
            return Answer(tuple(from_proto(e) for e in of_batch.answers), of_batch.replayed)
        request = transaction_service_pb2.SubmitRequest(
            envelope=written, validate_only=validate_only
        )
        found = await self.line.answered(
            self._transactions.Submit(request, timeout=SUBMIT_DEADLINE)
        )
        return Answer(tuple(from_proto(e) for e in found.answers), found.replayed)

    async def submit_all(
        self,
        envelopes: Sequence[Envelope],
        asked_to_wait: Callable[[ProtocolError], None] = lambda _: None,
    ) -> list[Answer | ProtocolError]:
        """Hands in signed messages on one stream, which stays open for the next ones."""
        if self._submitting is None or self._submitting.ended:
            self._submitting = SubmitStream(self.line, self._transactions.SubmitStream())
        return await self._submitting.submit(envelopes, asked_to_wait)

    async def transaction(self, transaction_id: str) -> tuple[Envelope, ...]:
        """Returns every signed message and statement about a transaction, in order."""
        request = transaction_service_pb2.GetTransactionRequest(transaction_id=transaction_id)
        found = await self.line.answered(
            self._transactions.GetTransaction(request, timeout=READ_DEADLINE)
        )
        return tuple(from_proto(written) for written in found.envelopes)

    async def own_messages(self, after_sequence: int) -> tuple[Envelope, ...]:
        """Returns the next of this node's messages that the broker has recorded, in their order."""
        request = transaction_service_pb2.ListOwnMessagesRequest(after_sequence=after_sequence)
        found = await self.line.answered(
            self._transactions.ListOwnMessages(request, timeout=READ_DEADLINE)
        )
        return tuple(from_proto(written) for written in found.messages)

    async def catalogue(self, rulebook_digest: bytes) -> bytes:
        """Returns the catalogue of a rulebook that verdicts name."""
        request = rulebook_service_pb2.GetCatalogueRequest(rulebook_digest=rulebook_digest)
        found = await self.line.answered(
            self._rulebooks.GetCatalogue(request, timeout=READ_DEADLINE)
        )
        return found.catalogue

    async def fetch(
        self, cursor: Cursor, max_deliveries: int, wait_ms: int
    ) -> tuple[Delivery, ...]:
        """Returns deliveries after the cursor, waiting for the first."""
        request = delivery_service_pb2.FetchRequest(
            cursor=cursor.sequence,
            cursor_digest=cursor.digest,
            max_deliveries=max_deliveries,
            wait_ms=wait_ms,
        )
        found = await self.line.answered(
            self._deliveries.Fetch(request, timeout=LONG_POLL_DEADLINE)
        )
        return tuple(_delivery(written) for written in found.deliveries)

    async def subscribe(self, cursor: Cursor, credit: int) -> AsyncIterator[Delivery]:
        """Streams deliveries after the cursor; credit is renewed as deliveries are taken."""
        frames = _Frames(cursor, credit)
        call = self._deliveries.Subscribe(frames.requests())
        self._frames, self._stream = frames, call
        try:
            async for answer in call:
                for written in answer.deliveries:
                    yield _delivery(written)
                    # Only now has the node digested it: resumed means it asks for the next one.
                    frames.taken()
        except grpc.aio.AioRpcError as error:
            raise self.line.failure(error) from error
        except asyncio.CancelledError:
            if self._stream is call:
                raise
            # Ended by `reconnect`, not by whoever waits: the next stream goes on from the cursor.
        finally:
            self._frames = self._stream = None
            frames.end()
            call.cancel()

    def reconnect(self) -> None:
        """Ends the stream, so that the next one is opened on the connection that is current then."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.cancel()
        if self._submitting is not None:
            self._submitting.end()

    async def acknowledge(self, sequence: int) -> None:
        """Says that every delivery up to the sequence number is safe here."""
        if self._frames is not None:
            self._frames.acknowledge(sequence)
            return
        request = delivery_service_pb2.AcknowledgeRequest(sequence=sequence)
        await self.line.answered(self._deliveries.Acknowledge(request, timeout=READ_DEADLINE))

    async def close(self) -> None:
        """Lets go of the connection."""
        if self._submitting is not None:
            self._submitting.end()
        await self.line.channel.close()


class _Frames:
    """What a subscriber says on its stream: acknowledgements and credit, as few frames as can be.

    Both are cumulative, so whatever came together while the last frame was written goes into one.
    """

    def __init__(self, cursor: Cursor, credit: int) -> None:
        credit = min(credit, limits.MAX_CREDIT)
        self._first = delivery_service_pb2.SubscribeRequest(
            cursor=cursor.sequence, cursor_digest=cursor.digest, credit=credit
        )
        self._renew_at = max(credit // 2, 1)
        self._consumed = 0
        self._acknowledged = 0
        self._changed = asyncio.Event()
        self._ended = False

    def taken(self) -> None:
        self._consumed += 1
        if self._consumed >= self._renew_at:
            self._changed.set()

    def acknowledge(self, sequence: int) -> None:
        self._acknowledged = max(self._acknowledged, sequence)
        self._changed.set()

    def end(self) -> None:
        """Lets `requests` end: gRPC's task that reads it outlives a stream that was cut."""
        self._ended = True
        self._changed.set()

    async def requests(self) -> AsyncIterator[delivery_service_pb2.SubscribeRequest]:
        yield self._first
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._ended:
                return
            consumed, self._consumed = self._consumed, 0
            yield delivery_service_pb2.SubscribeRequest(
                credit=consumed, acknowledged_sequence=self._acknowledged
            )


def _delivery(written: delivery_service_pb2.Delivery) -> Delivery:
    return Delivery(
        sequence=written.sequence,
        transaction_id=written.transaction_id,
        envelopes=tuple(from_proto(each) for each in written.envelopes),
        digest=written.digest,
    )


def _key(written: directory_service_pb2.Key) -> PublicKey:
    purpose = PURPOSES.get(written.purpose)
    if purpose is None:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, "the directory shows a key of no known purpose", where="keys"
        )
    revoked = (
        moment(written.revoke_time, "revoke_time") if written.HasField("revoke_time") else None
    )
    return PublicKey(
        keyid=written.keyid,
        node=parse_node_id(written.node, "keys.node"),
        purpose=purpose,
        raw=written.public_key,
        not_before=moment(written.not_before, "keys.not_before"),
        not_after=moment(written.not_after, "keys.not_after"),
        revoked_at=revoked,
    )
