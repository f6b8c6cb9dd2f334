# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two admitted nodes, as an identity file describes them, and how they speak to a broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast

import grpc
from google.protobuf.message import Message

from itmo.chain import SenderChain
from itmo.clearing.v1 import (
    delivery_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    rulebook_service_pb2_grpc,
    transaction_service_pb2,
    transaction_service_pb2_grpc,
)
from itmo.core.v1 import decision_pb2, proposal_pb2, units_pb2
from itmo.ed25519 import verify
from itmo.envelope import Envelope, pae
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import RandomIds
from itmo.keys import FileSigner
from itmo.payloads import PayloadKind, decode, from_proto, to_proto
from itmo.reasons import ProtocolError
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.errors import from_rpc_error
from itmo.runtime.rpc.tls import TlsFiles
from itmo.timestamps import moment
from tests.conformance import identities
from tests.conformance.identities import IdentitiesError
from tests.conformance.report import NotConforming, expect

SECONDS = 20.0
_RUN = 64
"""Units that a run may take: a few for each case of a broker."""
_FURTHEST = 2**20
"""Units after `first` among which free ones are looked for: sixteen thousand runs."""
M = TypeVar("M", bound=Message)


@dataclass
class Speaker:
    """One admitted node."""

    side: str
    node: str
    registry: str
    account: str
    chain: SenderChain
    channel: grpc.aio.Channel

    def __post_init__(self) -> None:
        self.transactions = transaction_service_pb2_grpc.TransactionServiceStub(self.channel)
        self.deliveries = delivery_service_pb2_grpc.DeliveryServiceStub(self.channel)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(self.channel)
        self.rulebooks = rulebook_service_pb2_grpc.RulebookServiceStub(self.channel)

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
class Pair:
    """What the cases of a broker work with."""

    giver: Speaker
    taker: Speaker
    broker_node: str
    broker_key: bytes
    next_serial: int
    ids: RandomIds
    offset: timedelta = timedelta(0)
    """How far the broker's clock is ahead of this machine's; that of a test network may be set."""

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    async def prepare(self) -> None:
        """Finds out whether the identities fit the broker, and where the giver has free units.

        Raises:
            IdentitiesError: they do not, and why.
        """
        for speaker in (self.giver, self.taker):
            try:
                await speaker.catch_up()
            except grpc.aio.AioRpcError as error:
                told = from_rpc_error(error)
                raise IdentitiesError(
                    f"{speaker.side}: {speaker.node} cannot speak to the broker: {told.reason},"
                    f" {told.message}"
                ) from None
            await self._check_directory(speaker)
        network = await self.giver.directory.GetNetwork(
            directory_service_pb2.GetNetworkRequest(), timeout=SECONDS
        )
        self.offset = moment(network.time, "time") - datetime.now(UTC)
        self.next_serial = await self._first_free()

    async def _check_directory(self, speaker: Speaker) -> None:
        asked = directory_service_pb2.ListAccountsRequest(registry=speaker.registry, page_size=1000)
        listed = await speaker.directory.ListAccounts(asked, timeout=SECONDS)
        open_ones = [each.account_id for each in listed.accounts if not each.closed]
        if speaker.account not in open_ones:
            raise IdentitiesError(
                f"{speaker.side}.account {speaker.account} is no open account of"
                f" {speaker.registry}; it has {', '.join(open_ones) or 'none'}"
            )
        for node, name, key in (
            (speaker.node, f"{speaker.side}.key", speaker.chain.signer.public_key),
            (self.broker_node, "broker_key", self.broker_key),
        ):
            keys = directory_service_pb2.ListKeysRequest(node=node)
            found = await speaker.directory.ListKeys(keys, timeout=SECONDS)
            if key not in {each.public_key for each in found.keys}:
                raise IdentitiesError(f"{name} is no key of {node}, which has {len(found.keys)}")

    async def _first_free(self) -> int:
        """Where as many free units begin as a run may take; earlier runs have left holes before."""
        first, step = self.next_serial, 1
        if not (said := await self._stands_against(first)):
            return first
        while await self._stands_against(first + step * _RUN):
            step *= 2
            if step * _RUN > _FURTHEST:
                raise IdentitiesError(
                    f"giver.account has no unit that can go to the taker from {first} to"
                    f" {first + step * _RUN}: {said}"
                )
        taken, free = step // 2, step
        while free - taken > 1:
            middle = (taken + free) // 2
            if await self._stands_against(first + middle * _RUN):
                taken = middle
            else:
                free = middle
        return first + free * _RUN

    async def _stands_against(self, serial: int) -> str:
        """Why units from a serial number on cannot go to the taker; empty where they can."""
        before, wanted = self.next_serial, self.proposal()
        self.next_serial = before
        (block,) = wanted.transaction.blocks
        block.first, block.last = serial, serial + _RUN - 1
        header = self.giver.chain.header(self.now())
        envelope = self.giver.chain.sign_with(PayloadKind.PROPOSAL, wanted, header)
        answer = await self.giver.submit(envelope, validate_only=True)
        verdict = decision_pb2.Verdict.FromString(answer.answers[0].payload)
        (result,) = verdict.results
        if result.state != decision_pb2.STATE_INVALIDATED:
            return ""
        broken = {decision_pb2.OUTCOME_FAILED, decision_pb2.OUTCOME_INCONCLUSIVE}
        return "; ".join(
            f"{each.check_id}, {each.found}" for each in result.findings if each.outcome in broken
        )

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


def pair_of(path: Path, address: str) -> Pair:
    """Reads an identity file and opens both channels.

    Raises:
        IdentitiesError: the file is not what it has to be.
    """
    told = identities.read(path)
    folder = path.parent
    speakers = []
    for side in identities.SIDES:
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
        speakers.append(Speaker(side, one["node"], one["registry"], one["account"], chain, channel))
    return Pair(
        giver=speakers[0],
        taker=speakers[1],
        broker_node=told["broker_node"],
        broker_key=bytes.fromhex(told["broker_key"]),
        next_serial=told["first"],
        ids=RandomIds(),
    )
