# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N802, ANN401 - names and signatures that gRPC calls
"""The node's link over real gRPC: mapping, errors, streams with credit and acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from itmo.clearing.v1 import (
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    transaction_service_pb2,
    transaction_service_pb2_grpc,
)
from itmo.core.v1 import statements_pb2
from itmo.identifiers import NetworkId, NodeId
from itmo.payloads import from_proto, to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.client import local_channel
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import add_unix_port, make_server, stop_gracefully
from itmo.timestamps import timestamp
from registry_node.adapters.grpc_link import GrpcLink
from registry_node.adapters.line import Line
from registry_node.broker_link import Cursor, Delivery
from registry_node.proposals.policy import AcceptancePolicy, Mode
from tests.kit import wishes
from tests.unit.registry_node.broker_double import BrokerDouble, DoubleLink, Network
from tests.unit.registry_node.conftest import block

NODE = "tha-registry"
Context = grpc.aio.ServicerContext[Any, Any]


def written(delivery: Delivery) -> delivery_service_pb2.Delivery:
    return delivery_service_pb2.Delivery(
        sequence=delivery.sequence,
        transaction_id=delivery.transaction_id,
        envelopes=[to_proto(envelope) for envelope in delivery.envelopes],
        digest=delivery.digest,
    )


@dataclass
class Served(
    directory_service_pb2_grpc.DirectoryServiceServicer,
    transaction_service_pb2_grpc.TransactionServiceServicer,
    delivery_service_pb2_grpc.DeliveryServiceServicer,
):
    """The double, served as the broker is."""

    broker: BrokerDouble
    link: DoubleLink
    frames: list[delivery_service_pb2.SubscribeRequest] = field(default_factory=list)
    framed: asyncio.Event = field(default_factory=asyncio.Event)

    async def GetNetwork(self, request: Any, context: Context) -> Any:
        found = await self.link.network()
        return directory_service_pb2.GetNetworkResponse(
            network_id=found.network_id,
            test_network=found.test_network,
            broker_node=found.broker_node,
            time=timestamp(found.time),
            software_version="double",
        )

    async def GetSender(self, request: Any, context: Context) -> Any:
        found = await self.link.sender_standing()
        return directory_service_pb2.GetSenderResponse(
            next_sequence=found.next_sequence, previous_payload_hash=found.previous_payload_hash
        )

    async def ListKeys(self, request: Any, context: Context) -> Any:
        return directory_service_pb2.ListKeysResponse(
            keys=[
                directory_service_pb2.Key(
                    keyid=key.keyid,
                    node=key.node,
                    purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
                    public_key=key.raw,
                    not_before=timestamp(key.not_before),
                    not_after=timestamp(key.not_after),
                )
                for key in await self.link.node_keys(NodeId(request.node))
            ]
        )

    async def Submit(self, request: Any, context: Context) -> Any:
        found = await self.link.submit(from_proto(request.envelope))
        return transaction_service_pb2.SubmitResponse(
            answers=[to_proto(each) for each in found.answers], replayed=found.replayed
        )

    async def SubmitBatch(self, request: Any, context: Context) -> Any:
        found = await self.link.submit(from_proto(request.envelope))
        return transaction_service_pb2.SubmitBatchResponse(
            answers=[to_proto(each) for each in found.answers], replayed=found.replayed
        )

    async def GetTransaction(self, request: Any, context: Context) -> Any:
        found = await self.link.transaction(request.transaction_id)
        return transaction_service_pb2.GetTransactionResponse(
            envelopes=[to_proto(each) for each in found]
        )

    async def ListOwnMessages(self, request: Any, context: Context) -> Any:
        found = await self.link.own_messages(request.after_sequence)
        return transaction_service_pb2.ListOwnMessagesResponse(
            messages=[to_proto(each) for each in found]
        )

    async def Fetch(self, request: Any, context: Context) -> Any:
        cursor = Cursor(request.cursor, request.cursor_digest)
        found = await self.link.fetch(cursor, request.max_deliveries, request.wait_ms)
        return delivery_service_pb2.FetchResponse(deliveries=[written(each) for each in found])

    async def Acknowledge(self, request: Any, context: Context) -> Any:
        await self.link.acknowledge(request.sequence)
        return delivery_service_pb2.AcknowledgeResponse(acknowledged_sequence=request.sequence)

    async def Subscribe(self, requests: Any, context: Context) -> AsyncIterator[Any]:
        first = await anext(requests)
        credit = asyncio.Semaphore(first.credit)

        async def listen() -> None:
            async for frame in requests:
                self.frames.append(frame)
                await self.link.acknowledge(frame.acknowledged_sequence)
                for _ in range(frame.credit):
                    credit.release()
                self.framed.set()

        listening = asyncio.create_task(listen())
        try:
            async for delivery in self.link.subscribe(
                Cursor(first.cursor, first.cursor_digest), first.credit
            ):
                await credit.acquire()
                yield delivery_service_pb2.SubscribeResponse(deliveries=[written(delivery)])
        finally:
            listening.cancel()


@dataclass
class Wire:
    network: Network
    served: Served
    link: GrpcLink


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    network = Network()
    policy = AcceptancePolicy(mode=Mode.AUTOMATIC, trusted_registries=frozenset({"THA01"}))
    await network.join("che-registry", "CHE01", policy=policy)
    await network.join(NODE, "THA01")
    served = Served(network.broker, network.links[NODE])  # type: ignore[abstract]  # only what a node calls
    guard = CallGuard(identify=identify_as(NetworkId("itmo-test"), NodeId(NODE)))
    server = make_server(interceptors=[guard])
    directory_service_pb2_grpc.add_DirectoryServiceServicer_to_server(served, server)
    transaction_service_pb2_grpc.add_TransactionServiceServicer_to_server(served, server)
    delivery_service_pb2_grpc.add_DeliveryServiceServicer_to_server(served, server)
    add_unix_port(server, tmp_path / "broker.sock")
    await server.start()
    link = GrpcLink(Line(local_channel(tmp_path / "broker.sock")))
    network.links[NODE] = link  # type: ignore[assignment]
    yield Wire(network, served, link)
    await link.close()
    await stop_gracefully(server, guard=guard, grace_seconds=0)
    for store in network.stores.values():
        await store.close()


async def test_everything_a_node_asks(wire: Wire) -> None:
    found = await wire.link.network()
    assert (found.network_id, found.broker_node) == ("itmo-test", "hub")
    assert (await wire.link.sender_standing()).next_sequence == 1
    (key,) = await wire.link.node_keys(NodeId("che-registry"))
    assert key == wire.network.broker.keys["che-registry"][0]
    assert await wire.link.transaction("nothing") == ()


async def test_whole_transfer_over_the_wire(wire: Wire) -> None:
    node = await wire.network.start(NODE)
    che = wire.network.nodes["che-registry"]
    _, account = await node.open_account(wishes.account())
    _, other = await che.open_account(wishes.account())
    await wire.network.settle()
    await node.propose(wishes.issuance(account.account_id, [block(1, 10, vintage=2022)]))
    await wire.network.settle()
    moves = [wishes.transfer(account.account_id, other.account_id, [block(n, n)]) for n in (1, 2)]
    await node.propose(*moves)
    await wire.network.settle()
    assert sum(row.quantity for row in await node.holdings()) == 8
    assert (await node.verify()).problems == ()


@pytest.mark.parametrize("reason", [Reason.CLOCK_SKEW, Reason.OVERLOADED, Reason.INTERNAL])
async def test_refusals_keep_their_reason(wire: Wire, reason: Reason) -> None:
    node = await wire.network.start(NODE)
    await node.open_account(wishes.account())
    wire.served.link.before = [ProtocolError(reason, "no")] * 3
    await node.pump_outbox()
    assert node.health.last_error is not None
    assert node.health.last_error.reason is reason


async def test_unreachable_broker_is_unreachable(tmp_path: Path) -> None:
    link = GrpcLink(Line(local_channel(tmp_path / "nobody.sock")))
    with pytest.raises(ProtocolError) as caught:
        await link.fetch(Cursor(), 1, 0)
    assert caught.value.reason is Reason.BROKER_UNREACHABLE
    with pytest.raises(ProtocolError) as caught:
        await anext(link.subscribe(Cursor(), 1))
    assert caught.value.reason is Reason.BROKER_UNREACHABLE
    await link.close()


async def test_stream_renews_credit_and_acknowledges(wire: Wire) -> None:
    envelope = wire.network.broker.receipt(None, "", b"")
    for _ in range(7):
        wire.network.broker.deliver(NODE, "", envelope)
    second = wire.network.broker.mailboxes[NODE][1]
    stream = wire.link.subscribe(Cursor(2, second.digest), 2)  # credit for two, five are there
    taken = []
    async for delivery in stream:
        taken.append(delivery.sequence)
        await wire.link.acknowledge(delivery.sequence)
        if delivery.sequence == 7:
            break
    while wire.network.broker.acknowledged[NODE] < 7:
        wire.served.framed.clear()
        await wire.served.framed.wait()
    await stream.aclose()  # type: ignore[attr-defined]
    assert taken == [3, 4, 5, 6, 7]
    assert sum(frame.credit for frame in wire.served.frames) >= 3
    await wire.link.acknowledge(7)  # without a stream, by a call


async def test_node_in_service_over_a_stream(wire: Wire) -> None:
    node = await wire.network.start(NODE)
    await node.start()
    submitted, _ = await node.open_account(wishes.account())
    outcome = await node.outcome(submitted.message_id, wait_seconds=30)
    assert outcome.item.effective
    await node.stop()
