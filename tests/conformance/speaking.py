# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two admitted nodes, as an identity file describes them, and how they speak to a broker.

The file is JSON: network_id, broker_node, broker_key (hexadecimal Ed25519 key), server_name, and
for giver and taker each node, registry, account, key (PEM, PKCS#8), ca, certificate, tls_key. The
giver's account holds units of its own registry from `first` on, free to be transferred to the taker.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar, cast

import grpc
from google.protobuf.message import Message

from itmo.chain import SenderChain
from itmo.clearing.v1 import (
    delivery_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    transaction_service_pb2,
    transaction_service_pb2_grpc,
)
from itmo.core.v1 import decision_pb2, proposal_pb2, units_pb2
from itmo.envelope import Envelope, pae
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import RandomIds
from itmo.keys import FileSigner, verify
from itmo.payloads import PayloadKind, decode, from_proto, to_proto
from itmo.reasons import ProtocolError
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.errors import from_rpc_error
from itmo.runtime.rpc.tls import TlsFiles
from tests.conformance.report import NotConforming, expect

SECONDS = 20.0
M = TypeVar("M", bound=Message)


@dataclass
class Speaker:
    """One admitted node."""

    node: str
    registry: str
    account: str
    chain: SenderChain
    channel: grpc.aio.Channel

    def __post_init__(self) -> None:
        self.transactions = transaction_service_pb2_grpc.TransactionServiceStub(self.channel)
        self.deliveries = delivery_service_pb2_grpc.DeliveryServiceStub(self.channel)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(self.channel)

    async def catch_up(self) -> None:
        """Takes the chain from where the broker has it."""
        standing = await self.directory.GetSender(
            directory_service_pb2.GetSenderRequest(), timeout=SECONDS
        )
        self.chain.next_sequence = standing.next_sequence
        self.chain.previous_payload_hash = standing.previous_payload_hash

    async def submit(
        self, envelope: Envelope, *, validate_only: bool = False
    ) -> transaction_service_pb2.SubmitResponse:
        return await self.transactions.Submit(
            transaction_service_pb2.SubmitRequest(
                envelope=to_proto(envelope), validate_only=validate_only
            ),
            timeout=SECONDS,
        )


@dataclass
class Desk:
    """What the cases of a broker work with."""

    giver: Speaker
    taker: Speaker
    broker_key: bytes
    next_serial: int
    ids: RandomIds

    def now(self) -> datetime:
        return datetime.now(UTC)

    def proposal(self, quantity: int = 1) -> proposal_pb2.Proposal:
        first = self.next_serial
        self.next_serial += quantity
        return proposal_pb2.Proposal(
            transaction=proposal_pb2.ProposedTransaction(
                transaction_id=self.ids.uuid7(self.now()),
                type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
                from_account=self.giver.account,
                to_account=self.taker.account,
                from_registry=self.giver.registry,
                to_registry=self.taker.registry,
                blocks=[
                    units_pb2.UnitBlock(
                        registry=self.giver.registry, first=first, last=first + quantity - 1
                    )
                ],
            )
        )

    def signed(self, speaker: Speaker, kind: PayloadKind, payload: Message) -> Envelope:
        return speaker.chain.sign(kind, payload, self.now())

    def statement(self, envelope: Envelope, kind: PayloadKind, _: type[M]) -> M:
        """A statement of the broker, after its signature was verified."""
        expect(envelope.payload_type == kind.label, f"a {envelope.payload_type}")
        expect(len(envelope.signatures) == 1, "not exactly one signature")
        signed = pae(envelope.payload_type, envelope.payload)
        expect(
            verify(self.broker_key, signed, envelope.signatures[0].sig),
            "the signature does not verify under the broker's key",
        )
        return cast("M", decode(kind, envelope.payload))

    def verdict(self, answer: transaction_service_pb2.SubmitResponse) -> decision_pb2.Verdict:
        return self.statement(
            from_proto(answer.answers[0]), PayloadKind.VERDICT, decision_pb2.Verdict
        )

    def receipt(self, answer: transaction_service_pb2.SubmitResponse) -> decision_pb2.Receipt:
        return self.statement(
            from_proto(answer.answers[-1]), PayloadKind.RECEIPT, decision_pb2.Receipt
        )


async def refused(call: Callable[[], object], *reasons: str) -> ProtocolError:
    """Demands that a call is refused with one of the reasons, told as ErrorInfo."""
    try:
        answer = await call()  # type: ignore[misc]  # any unary call
    except grpc.aio.AioRpcError as error:
        told = from_rpc_error(error)
        expect(told.reason in reasons, f"{told.reason}: {told.message}")
        return told
    raise NotConforming(f"no refusal but an answer: {answer}")


def read_identities(path: Path, address: str) -> Desk:
    """Reads an identity file and opens both channels."""
    told = json.loads(path.read_text())
    folder = path.parent
    speakers = []
    for side in ("giver", "taker"):
        one = told[side]
        tls = TlsFiles(*(folder / one[name] for name in ("ca", "certificate", "tls_key")))
        chain = SenderChain(
            node=NodeId(one["node"]),
            recipient=NodeId(told["broker_node"]),
            network_id=NetworkId(told["network_id"]),
            signer=FileSigner.load(folder / one["key"]),
            ids=RandomIds(),
        )
        channel = secure_channel(address, tls, server_name=told["server_name"])
        speakers.append(Speaker(one["node"], one["registry"], one["account"], chain, channel))
    return Desk(
        giver=speakers[0],
        taker=speakers[1],
        broker_key=bytes.fromhex(told["broker_key"]),
        next_serial=told["first"],
        ids=RandomIds(),
    )
