# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Signed payloads: type labels, strict decoding, headers, and the proto form of envelopes.

A payload is decoded from the very bytes that are verified, never re-encoded. Decoding is strict:
a field that this schema version does not know is refused, because the signer meant something by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from google.protobuf.message import DecodeError, Message

from itmo import limits
from itmo.core.v1 import (
    decision_pb2,
    envelope_pb2,
    notices_pb2,
    proposal_pb2,
    reconciliation_pb2,
    sharing_pb2,
    statements_pb2,
)
from itmo.envelope import Envelope, Signature
from itmo.frozen import quickly_made
from itmo.identifiers import MessageId, NetworkId, NodeId, parse_message_id, parse_node_id
from itmo.kyoto.v1 import statements_pb2 as kyoto_pb2
from itmo.message.v1 import header_pb2
from itmo.paris.v1 import (
    approaches_pb2,
    authorization_pb2,
    parties_pb2,
    programmes_pb2,
    unit_notices_pb2,
)
from itmo.reasons import ProtocolError, Reason, plain
from itmo.schema_versions import (
    FIRST_SCHEMA_VERSION,
    SCHEMA_VERSION,
    SCHEMA_VERSIONS,
    newer_than,
)
from itmo.timestamps import moment, timestamp

EVERY_SIDE: Final = "*"
"""recipient_node of the broker's statements, which concern all sides of a transaction."""
OPERATOR_NODE: Final = NodeId("operator")
"""The sender of the statements of the broker's operator. No registry node may take this name."""

_HASH_BYTES: Final = 32


class PayloadKind(StrEnum):
    """What can be signed; the value is the middle part of the type label."""

    PROPOSAL = "proposal"
    PROPOSAL_BATCH = "proposal-batch"
    ACCEPTANCE = "acceptance"
    ACCEPTANCE_BATCH = "acceptance-batch"
    REJECTION = "rejection"
    REJECTION_BATCH = "rejection-batch"
    COMPLETION = "completion"
    WITHDRAWAL = "withdrawal"
    VERDICT = "verdict"
    RECEIPT = "receipt"
    RECEIPT_BATCH = "receipt-batch"
    AUTHORIZATION_STATEMENT = "authorization-statement"
    ACCOUNT_STATEMENT = "account-statement"
    KEY_STATEMENT = "key-statement"
    JOIN_REQUEST = "join-request"
    NODE_STATEMENT = "node-statement"
    REGISTRY_STATEMENT = "registry-statement"
    PARTY_STATEMENT = "party-statement"
    INVENTORY_STATEMENT = "inventory-statement"
    COOPERATIVE_APPROACH_STATEMENT = "cooperative-approach-statement"
    ACTIVITY_STATEMENT = "activity-statement"
    REVERSAL_STATEMENT = "reversal-statement"
    SHARING_STATEMENT = "sharing-statement"
    REGISTRY_REPORT = "registry-report"
    UNIT_NOTICE = "unit-notice"
    NOTICE_ACKNOWLEDGEMENT = "notice-acknowledgement"
    PROGRAMME_EVENT = "programme-event"
    ADMINISTRATOR_MESSAGE = "administrator-message"
    MAINTENANCE_STATEMENT = "maintenance-statement"
    KYOTO_STATEMENT = "kyoto-statement"
    RECONCILIATION_STATEMENT = "reconciliation-statement"
    CASE_RESOLUTION = "case-resolution"

    @property
    def label(self) -> str:
        """The payload_type of envelopes of this kind."""
        return f"application/vnd.itmo.{self.value}.v1+protobuf"


MESSAGE_OF: Final[Mapping[PayloadKind, type[Message]]] = MappingProxyType(
    {
        PayloadKind.PROPOSAL: proposal_pb2.Proposal,
        PayloadKind.PROPOSAL_BATCH: proposal_pb2.ProposalBatch,
        PayloadKind.ACCEPTANCE: proposal_pb2.Acceptance,
        PayloadKind.ACCEPTANCE_BATCH: proposal_pb2.AcceptanceBatch,
        PayloadKind.REJECTION: proposal_pb2.Rejection,
        PayloadKind.REJECTION_BATCH: proposal_pb2.RejectionBatch,
        PayloadKind.COMPLETION: proposal_pb2.Completion,
        PayloadKind.WITHDRAWAL: proposal_pb2.Withdrawal,
        PayloadKind.VERDICT: decision_pb2.Verdict,
        PayloadKind.RECEIPT: decision_pb2.Receipt,
        PayloadKind.RECEIPT_BATCH: decision_pb2.ReceiptBatch,
        PayloadKind.AUTHORIZATION_STATEMENT: authorization_pb2.AuthorizationStatement,
        PayloadKind.ACCOUNT_STATEMENT: statements_pb2.AccountStatement,
        PayloadKind.KEY_STATEMENT: statements_pb2.KeyStatement,
        PayloadKind.JOIN_REQUEST: statements_pb2.JoinRequest,
        PayloadKind.NODE_STATEMENT: statements_pb2.NodeStatement,
        PayloadKind.REGISTRY_STATEMENT: statements_pb2.RegistryStatement,
        PayloadKind.PARTY_STATEMENT: parties_pb2.PartyStatement,
        PayloadKind.INVENTORY_STATEMENT: parties_pb2.InventoryStatement,
        PayloadKind.COOPERATIVE_APPROACH_STATEMENT: approaches_pb2.CooperativeApproachStatement,
        PayloadKind.ACTIVITY_STATEMENT: approaches_pb2.ActivityStatement,
        PayloadKind.REVERSAL_STATEMENT: statements_pb2.ReversalStatement,
        PayloadKind.SHARING_STATEMENT: sharing_pb2.SharingStatement,
        PayloadKind.REGISTRY_REPORT: sharing_pb2.RegistryReport,
        PayloadKind.UNIT_NOTICE: unit_notices_pb2.UnitNotice,
        PayloadKind.NOTICE_ACKNOWLEDGEMENT: notices_pb2.NoticeAcknowledgement,
        PayloadKind.PROGRAMME_EVENT: programmes_pb2.ProgrammeEvent,
        PayloadKind.ADMINISTRATOR_MESSAGE: notices_pb2.AdministratorMessage,
        PayloadKind.MAINTENANCE_STATEMENT: notices_pb2.MaintenanceStatement,
        PayloadKind.KYOTO_STATEMENT: kyoto_pb2.KyotoStatement,
        PayloadKind.RECONCILIATION_STATEMENT: reconciliation_pb2.ReconciliationStatement,
        PayloadKind.CASE_RESOLUTION: reconciliation_pb2.CaseResolution,
    }
)
STATEMENTS: Final = frozenset({PayloadKind.VERDICT, PayloadKind.RECEIPT, PayloadKind.RECEIPT_BATCH})
"""What the broker signs."""
STATED_UNDER_A_RULEBOOK: Final = frozenset({PayloadKind.KYOTO_STATEMENT})
"""What the operator states in words of a rulebook; a node is told of what is for it."""
KIND_OF_LABEL: Final[Mapping[str, PayloadKind]] = MappingProxyType(
    {kind.label: kind for kind in PayloadKind}
)

M = TypeVar("M", bound=Message)


def decode(kind: PayloadKind, payload: bytes) -> Message:
    """Decodes payload bytes strictly.

    Raises:
        ProtocolError: MESSAGE_TOO_LARGE, MESSAGE_UNDECODABLE or MESSAGE_UNKNOWN_FIELDS.
    """
    longest = limits.MAX_STATEMENT_BYTES if kind in STATEMENTS else limits.MAX_PAYLOAD_BYTES
    if len(payload) > longest:
        raise ProtocolError(
            Reason.MESSAGE_TOO_LARGE,
            f"the {kind} has {len(payload)} bytes; at most {longest} are taken in;"
            " split it into several messages",
            found=len(payload),
            limit=longest,
        )
    message = MESSAGE_OF[kind]()
    fill(message, kind, payload)
    return message


def fill(message: Message, kind: PayloadKind, payload: bytes) -> None:
    """Fills an empty message with what a payload holds, and with nothing that its version has not.

    Raises:
        ProtocolError: MESSAGE_UNDECODABLE or MESSAGE_UNKNOWN_FIELDS.
    """
    try:
        message.ParseFromString(payload)
    except DecodeError as error:
        raise ProtocolError(
            Reason.MESSAGE_UNDECODABLE,
            f"the payload is not a well-formed {kind}; encode it with the published .proto files",
            where="payload",
            kind=kind.value,
        ) from error
    size = message.ByteSize()
    # Unknown fields inside known ones count too, so compare the size without any of them.
    message.DiscardUnknownFields()
    if message.ByteSize() != size:
        raise ProtocolError(
            Reason.MESSAGE_UNKNOWN_FIELDS,
            f"the {kind} has fields that schema version {SCHEMA_VERSION} does not know;"
            " ask the broker which versions it takes in",
            where="payload",
            kind=kind.value,
        )
    version = stated_version(message)
    newer = newer_than(message, version)
    if newer is not None:
        raise ProtocolError(
            Reason.MESSAGE_UNKNOWN_FIELDS,
            f"{newer} is newer than schema version {version}, which the {kind} states; leave it out,"
            " or state a version that has it",
            where=newer,
            kind=kind.value,
        )


def stated_version(message: Message) -> int:
    """The schema version that a payload states; a joining request the newest that its node reads."""
    header = getattr(message, "header", None)
    if header is None:
        return max(getattr(message, "schema_versions", ()), default=FIRST_SCHEMA_VERSION)
    return int(header.schema_version)


def kind_of(payload_type: str) -> PayloadKind:
    """Reads a type label.

    Raises:
        ProtocolError: PAYLOAD_TYPE_UNKNOWN.
    """
    kind = KIND_OF_LABEL.get(payload_type)
    if kind is None:
        raise ProtocolError(
            Reason.PAYLOAD_TYPE_UNKNOWN,
            f"the type label {payload_type[:100]!a} names no payload of this protocol",
            found=plain(payload_type),
        )
    return kind


def to_proto(envelope: Envelope) -> envelope_pb2.Envelope:
    """The envelope as it travels."""
    return envelope_pb2.Envelope(
        payload=envelope.payload,
        payload_type=envelope.payload_type,
        signatures=[envelope_pb2.Signature(sig=s.sig, keyid=s.keyid) for s in envelope.signatures],
    )


def from_proto(message: envelope_pb2.Envelope) -> Envelope:
    """The envelope that travelled; nothing is verified yet."""
    return Envelope(
        payload=message.payload,
        payload_type=message.payload_type,
        signatures=tuple(Signature(keyid=s.keyid, sig=s.sig) for s in message.signatures),
    )


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a signed payload, read and well formed, not yet judged."""

    message_id: MessageId
    sender_node: NodeId
    recipient_node: str
    network_id: NetworkId
    sender_sequence: int
    previous_payload_hash: bytes
    creation_time: datetime
    expire_time: datetime | None
    """None in statements of the broker, which do not expire."""
    causation_id: str = ""
    schema_version: int = SCHEMA_VERSION


def read_header(header: header_pb2.Header) -> Header:
    """Reads a header and checks its form.

    Raises:
        ProtocolError: PAYLOAD_INVALID, IDENTIFIER_INVALID or SCHEMA_VERSION_UNSUPPORTED.
    """
    if header.schema_version not in SCHEMA_VERSIONS:
        supported = ", ".join(map(str, SCHEMA_VERSIONS))
        raise ProtocolError(
            Reason.SCHEMA_VERSION_UNSUPPORTED,
            f"header.schema_version is {header.schema_version}; {supported} is supported",
            found=header.schema_version,
            supported=supported,
        )
    if not 1 <= header.sender_sequence <= limits.MAX_SEQUENCE:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "header.sender_sequence must count from 1",
            where="header.sender_sequence",
        )
    expected = 0 if header.sender_sequence == 1 else _HASH_BYTES
    if len(header.previous_payload_hash) != expected:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"header.previous_payload_hash has {len(header.previous_payload_hash)} bytes;"
            f" {expected} are expected at sequence number {header.sender_sequence}",
            where="header.previous_payload_hash",
        )
    recipient = header.recipient_node
    if recipient != EVERY_SIDE:
        recipient = parse_node_id(recipient, "header.recipient_node")
    return Header(
        message_id=parse_message_id(header.message_id, "header.message_id"),
        sender_node=parse_node_id(header.sender_node, "header.sender_node"),
        recipient_node=recipient,
        network_id=NetworkId(header.network_id),
        sender_sequence=header.sender_sequence,
        previous_payload_hash=header.previous_payload_hash,
        creation_time=moment(header.creation_time, "header.creation_time"),
        expire_time=moment(header.expire_time, "header.expire_time")
        if header.HasField("expire_time")
        else None,
        causation_id=parse_message_id(header.causation_id, "header.causation_id")
        if header.causation_id
        else "",
        schema_version=header.schema_version,
    )


def write_header(header: Header) -> header_pb2.Header:
    """The header as it travels."""
    return header_pb2.Header(
        message_id=header.message_id,
        sender_node=header.sender_node,
        recipient_node=header.recipient_node,
        network_id=header.network_id,
        sender_sequence=header.sender_sequence,
        previous_payload_hash=header.previous_payload_hash,
        creation_time=timestamp(header.creation_time),
        expire_time=timestamp(header.expire_time) if header.expire_time else None,
        causation_id=header.causation_id,
        schema_version=header.schema_version,
    )
