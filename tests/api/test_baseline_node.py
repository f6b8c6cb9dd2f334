# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A node of the last release trades with today's broker: its messages are built from the released descriptors alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo  # type: ignore[import-untyped]  # it marks no types
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # same

from itmo.ed25519 import verify
from itmo.envelope import Envelope, pae, seal
from itmo.payloads import from_proto, to_proto
from itmo.timestamps import timestamp
from tests.api.broker_kit import SECONDS, Served, trading
from tests.architecture.sources import PROTO
from tests.kit.clearing import BROKER, NETWORK, transfer

CLEARING = "itmo.clearing.v1"
CORE = "itmo.core.v1"


@cache
def released() -> DescriptorPool:
    pool = DescriptorPool()
    image = FileDescriptorSet.FromString((PROTO / "baseline" / "image.binpb").read_bytes())
    for file in image.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def of_release(name: str) -> Any:  # noqa: ANN401  # a class that is made while the test runs
    return GetMessageClass(released().FindMessageTypeByName(name))


def without_more(message: Message) -> Message:
    """What is signed holds nothing that the release does not know: it would be refused there."""
    size = message.ByteSize()
    message.DiscardUnknownFields()
    assert message.ByteSize() == size
    return message


@dataclass
class ReleasedNode:
    """A node that knows what the release knows."""

    broker: Served
    name: str
    channel: grpc.aio.Channel

    async def call(self, service: str, method: str, answer: str, request: Message) -> Any:  # noqa: ANN401  # as above
        ask: grpc.aio.UnaryUnaryMultiCallable[Message, Any] = self.channel.unary_unary(
            f"/{CLEARING}.{service}/{method}",
            request_serializer=lambda each: each.SerializeToString(),
            response_deserializer=of_release(f"{CLEARING}.{answer}").FromString,
        )
        return await ask(request, timeout=SECONDS)

    async def say(
        self, label: str, kind: str, fields: Mapping[str, Any], version: int = 1
    ) -> tuple[Envelope, Any]:
        """Signs a message for its place, and hands it in."""
        standing = await self.call(
            "DirectoryService", "GetSender", "GetSenderResponse",
            of_release(f"{CLEARING}.GetSenderRequest")(),
        )  # fmt: skip
        world = self.broker.world
        now = world.clock.now()
        message = of_release(f"{CORE}.{kind}")(**fields)
        header = message.header
        header.message_id = world.ids.uuid7(now)
        header.sender_node, header.recipient_node, header.network_id = self.name, BROKER, NETWORK
        header.sender_sequence = standing.next_sequence
        header.previous_payload_hash = standing.previous_payload_hash
        header.creation_time.MergeFromString(timestamp(now).SerializeToString())
        ends = timestamp(now + timedelta(hours=1))
        header.expire_time.MergeFromString(ends.SerializeToString())
        header.schema_version = version
        signer = world.senders[self.name].chain.signer
        envelope = seal(
            f"application/vnd.itmo.{label}.v1+protobuf", message.SerializeToString(), signer
        )
        request = of_release(f"{CLEARING}.SubmitRequest").FromString(
            b"\x0a" + _length(to_proto(envelope).SerializeToString())
        )
        answer = await self.call("TransactionService", "Submit", "SubmitResponse", request)
        return envelope, self.opened(answer.answers[0])

    def opened(self, answer: Any) -> Any:  # noqa: ANN401  # as above
        """A statement of the broker, verified and read as the release reads it."""
        envelope = from_proto(answer)
        key = self.broker.world.parts.signer.public_key
        signed = pae(envelope.payload_type, envelope.payload)
        assert verify(key, signed, envelope.signatures[0].sig)
        kind = "Receipt" if ".receipt." in envelope.payload_type else "Verdict"
        return without_more(of_release(f"{CORE}.{kind}").FromString(envelope.payload))

    async def mail(self) -> list[Any]:
        request = of_release(f"{CLEARING}.FetchRequest")()
        found = await self.call("DeliveryService", "Fetch", "FetchResponse", request)
        return list(found.deliveries)


def _length(payload: bytes) -> bytes:
    size, made = len(payload), b""
    while size > 127:
        made += bytes([size & 127 | 128])
        size >>= 7
    return made + bytes([size]) + payload


@pytest.fixture
async def nodes() -> AsyncIterator[tuple[ReleasedNode, ReleasedNode]]:
    async with trading() as broker:
        tha, che = [
            ReleasedNode(broker, name, (await broker.line(name)).channel) for name in ("tha", "che")
        ]
        yield tha, che


def proposed(node: ReleasedNode, first: int, last: int) -> Any:  # noqa: ANN401  # as above
    wanted = transfer(node.broker.world, first, last)
    made = of_release(f"{CORE}.ProposedTransaction").FromString(wanted.SerializeToString())
    return without_more(made)


def state(result: Any) -> str:  # noqa: ANN401  # as above
    field = result.DESCRIPTOR.fields_by_name["state"]
    return str(field.enum_type.values_by_number[result.state].name)


async def test_a_node_of_the_last_release_trades(
    nodes: tuple[ReleasedNode, ReleasedNode],
) -> None:
    tha, che = nodes
    network = await tha.call(
        "DirectoryService", "GetNetwork", "GetNetworkResponse",
        of_release(f"{CLEARING}.GetNetworkRequest")(),
    )  # fmt: skip
    assert 1 in network.schema_versions
    wanted = proposed(tha, 1, 10)
    proposal, verdict = await tha.say("proposal", "Proposal", {"transaction": wanted})
    assert state(verdict.results[0]) == "STATE_VALIDATED"
    # The other side gets the bytes as they were signed, and the verdict.
    delivered = (await che.mail())[-1]
    hashes = [sha256(each.payload).digest() for each in delivered.envelopes]
    assert sha256(proposal.payload).digest() in hashes
    _, receipt = await che.say(
        "acceptance", "Acceptance",
        {
            "transaction_id": wanted.transaction_id,
            "proposal_hash": sha256(proposal.payload).digest(),
        },
    )  # fmt: skip
    assert receipt.effective
    assert state(receipt) == "STATE_COMPLETED"
    for node in nodes:
        last = (await node.mail())[-1]
        assert any(
            node.opened(each) == receipt
            for each in last.envelopes
            if "receipt" in each.payload_type
        )


async def test_a_node_of_the_last_release_reads_why_it_is_refused(
    nodes: tuple[ReleasedNode, ReleasedNode],
) -> None:
    tha, che = nodes
    _, verdict = await tha.say(
        "proposal", "Proposal", {"transaction": proposed(tha, 200_001, 200_002)}
    )
    assert state(verdict.results[0]) == "STATE_INVALIDATED"
    assert verdict.results[0].findings
    unknown = {"transaction_id": "018cc251-f400-7000-8000-000000000001", "proposal_hash": bytes(32)}
    _, receipt = await che.say("acceptance", "Acceptance", unknown)
    assert not receipt.effective
    assert receipt.refusal.code == "TRANSACTION_UNKNOWN"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await che.say("acceptance", "Acceptance", unknown, version=2)
    details = dict(refused.value.trailing_metadata() or ())["grpc-status-details-bin"]
    info = ErrorInfo()
    assert Status.FromString(details).details[0].Unpack(info)
    reasons = released().FindEnumTypeByName("itmo.errors.v1.Reason").values_by_name
    assert f"REASON_{info.reason}" in reasons
