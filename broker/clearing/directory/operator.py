# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The operator: signs statements with its own key and hands them in like any sender."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from google.protobuf.message import Message

from broker.clearing.decision.rows import SenderRow
from broker.clearing.path.gate import OPERATOR_NODE
from broker.rulebook.general.registries import OperationalStatus
from itmo.clock import Clock
from itmo.core.v1 import decision_pb2, statements_pb2
from itmo.envelope import Envelope, seal
from itmo.identifiers import MessageId, NetworkId, NodeId
from itmo.ids import IdSource
from itmo.keys import Signer
from itmo.payloads import Header, PayloadKind, decode, write_header
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import timestamp

_LIFETIME: Final = timedelta(hours=1)
KEY_LIFETIME: Final = timedelta(days=730)
"""An admitted key is rotated within two years."""
_STATUS: Final = {
    status: statements_pb2.OperationalStatus.Value(f"OPERATIONAL_STATUS_{status}")
    for status in OperationalStatus
}

SubmitStatement = Callable[[Envelope], Awaitable[tuple[Envelope, ...]]]
Standing = Callable[[], Awaitable[SenderRow]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Makes, signs and submits statements. One at a time: they form one chain."""

    network_id: NetworkId
    broker_node: NodeId
    signer: Signer
    clock: Clock
    ids: IdSource
    submit: SubmitStatement
    standing: Standing

    async def admit(
        self,
        join_request: Envelope,
        tls_key_hash: bytes,
        *,
        key_lifetime: timedelta = KEY_LIFETIME,
        overlap: timedelta = timedelta(0),
    ) -> decision_pb2.Receipt:
        """Admits a node on its joining request.

        Args:
            join_request: What it signed.
            tls_key_hash: SHA-256 of the SubjectPublicKeyInfo of its TLS key.
            key_lifetime: How long its signing key is good.
            overlap: How long a node that is admitted again may connect with its TLS key before.

        Raises:
            ProtocolError: the statement took no effect; the reason and sentence of its receipt.
        """
        now = self.clock.now()
        statement = statements_pb2.NodeStatement(
            join_request=join_request.payload,
            join_request_signature=join_request.signatures[0].sig,
            tls_key_hash=tls_key_hash,
            not_before=timestamp(now),
            not_after=timestamp(now + key_lifetime),
        )
        if overlap:
            statement.previous_tls_key_until.CopyFrom(timestamp(now + overlap))
        return await self.state(PayloadKind.NODE_STATEMENT, statement)

    async def set_registry_status(
        self,
        registry: str,
        status: OperationalStatus,
        reason: str,
        rulebooks: Sequence[str] = (),
    ) -> decision_pb2.Receipt:
        """Suspends or resumes a registry, and sets its rulebooks where any are named; raises as `admit`."""
        return await self.state(
            PayloadKind.REGISTRY_STATEMENT,
            statements_pb2.RegistryStatement(
                registry=registry, status=_STATUS[status], reason=reason, rulebooks=rulebooks
            ),
        )

    async def state(self, kind: PayloadKind, statement: Message) -> decision_pb2.Receipt:
        """Signs and submits a statement whose header is not yet filled in.

        Raises:
            ProtocolError: it was refused, or took no effect.
        """
        standing = await self.standing()
        now = self.clock.now()
        header = Header(
            message_id=MessageId(self.ids.uuid7(now)),
            sender_node=OPERATOR_NODE,
            recipient_node=self.broker_node,
            network_id=self.network_id,
            sender_sequence=standing.next_sequence,
            previous_payload_hash=standing.previous_payload_hash,
            creation_time=_cut(now),
            expire_time=_cut(now + _LIFETIME),
        )
        statement.header.CopyFrom(write_header(header))  # type: ignore[attr-defined]  # all have one
        answers = await self.submit(seal(kind.label, statement.SerializeToString(), self.signer))
        receipt = cast("decision_pb2.Receipt", decode(PayloadKind.RECEIPT, answers[0].payload))
        if not receipt.effective:
            raise ProtocolError(
                Reason(receipt.refusal.code)
                if receipt.refusal.code in Reason.__members__
                else Reason.PERMISSION_DENIED,
                receipt.refusal.found,
                code=receipt.refusal.code,
            )
        return receipt


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
