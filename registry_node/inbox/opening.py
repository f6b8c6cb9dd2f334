# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Opens what arrives: the broker's statements and counterparties' messages. Pure.

For every envelope, in this order:

1. its type label is known and the payload decodes without unknown fields;
2. the header is well formed;
3. the signature fits, with a key that was valid at the time that counts: for a statement the time
   it states, for a counterparty's message the time at which the broker decided on it;
4. signer and sender are the same node, and for a statement that node is the broker;
5. network and recipient are right.

Whether the statements fit together is judged where they are applied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from google.protobuf.message import Message

from itmo import limits
from itmo.core.v1 import decision_pb2
from itmo.envelope import Envelope, Opened, open_envelope
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring
from itmo.message.v1 import header_pb2
from itmo.payloads import (
    EVERY_SIDE,
    OPERATOR_NODE,
    STATEMENTS,
    Header,
    PayloadKind,
    decode,
    kind_of,
    read_header,
    to_proto,
)
from itmo.reasons import ProtocolError, Reason, plain
from itmo.receipts import receipts_in
from itmo.texts import check_texts
from registry_node.identity import Identity

_Stated = decision_pb2.Verdict | decision_pb2.Receipt | decision_pb2.ReceiptBatch


@dataclass(frozen=True, slots=True)
class Verified:
    """A message whose signature fits.

    Attributes:
        kind: What it is.
        header: Its header.
        message: The decoded payload.
        payload_hash: SHA-256 of the exact payload.
        envelope: The envelope as it is stored.
        judged_at: The time at which the key had to be valid.
    """

    kind: PayloadKind
    header: Header
    message: Message = field(repr=False)
    payload_hash: bytes
    envelope: bytes = field(repr=False)
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class Statement(Verified):
    """A verified statement of the broker."""

    @property
    def message_hash(self) -> bytes:
        """SHA-256 of the payload that it decides on."""
        return cast("_Stated", self.message).message_hash

    @property
    def log_index(self) -> int:
        """Its place in the broker's log."""
        return cast("_Stated", self.message).log_index

    @property
    def receipts(self) -> tuple[decision_pb2.Receipt, ...]:
        """The receipts in it, each in full; a verdict has none."""
        return receipts_in(self.message)


@dataclass(frozen=True, slots=True)
class Spoken(Verified):
    """A verified message of a registry node."""


@dataclass(slots=True)
class Opener:
    """Opens envelopes for one node.

    Attributes:
        identity: The node.
        broker_keys: The pinned keys of the broker; another ring once a statement told of a key.
    """

    identity: Identity
    broker_keys: Keyring

    def statement(self, envelope: Envelope) -> Statement:
        """Opens a statement of the broker.

        Raises:
            ProtocolError: a reason of the message, key or signature families.
        """
        kind, message, header = _read(envelope)
        if kind not in STATEMENTS:
            raise ProtocolError(
                Reason.PAYLOAD_TYPE_UNKNOWN, f"a {kind} is no statement of the broker", found=kind
            )
        place = cast("_Stated", message).log_index
        opened = open_envelope(
            envelope,
            self.broker_keys,
            header.creation_time,
            KeyPurpose.SIGN_RECEIPT,
            place,
            longest=limits.MAX_STATEMENT_BYTES,
        )
        self._check(opened, header, self.identity.broker_node)
        if header.recipient_node not in (EVERY_SIDE, self.identity.node):
            raise _wrong_recipient(header, self.identity.node)
        return Statement(
            kind=kind,
            header=header,
            message=message,
            payload_hash=opened.payload_hash,
            envelope=to_proto(envelope).SerializeToString(),
            judged_at=header.creation_time,
        )

    def spoken(self, envelope: Envelope, keys: Keyring, at: datetime) -> Spoken:
        """Opens a message that a node, or the broker's operator, sent to the broker.

        Raises:
            ProtocolError: a reason of the message, key or signature families.
        """
        kind, message, header = _read(envelope)
        operator = header.sender_node == OPERATOR_NODE or kind is PayloadKind.MAINTENANCE_STATEMENT
        purpose = KeyPurpose.OPERATE if operator else KeyPurpose.SIGN_MESSAGE
        opened = open_envelope(envelope, keys, at, purpose)
        self._check(opened, header, header.sender_node)
        if header.recipient_node != self.identity.broker_node:
            raise _wrong_recipient(header, self.identity.broker_node)
        return Spoken(
            kind=kind,
            header=header,
            message=message,
            payload_hash=opened.payload_hash,
            envelope=to_proto(envelope).SerializeToString(),
            judged_at=at,
        )

    def _check(self, opened: Opened, header: Header, sender: NodeId) -> None:
        if not opened.node == header.sender_node == sender:
            raise ProtocolError(
                Reason.SENDER_MISMATCH,
                f"signed by {opened.node}, sent by {header.sender_node}, expected from {sender}",
                found=opened.node,
                expected=sender,
            )
        if header.network_id != self.identity.network_id:
            raise ProtocolError(
                Reason.NETWORK_MISMATCH,
                f"made for network {header.network_id[:40]!a}, this is {self.identity.network_id}",
                found=plain(header.network_id),
                expected=self.identity.network_id,
            )


def claimed_header(envelope: Envelope) -> Header:
    """Returns what an unverified message says of itself: good for choosing keys, nothing else.

    Raises:
        ProtocolError: when the message cannot be read.
    """
    _, _, header = _read(envelope)
    return header


def _read(envelope: Envelope) -> tuple[PayloadKind, Message, Header]:
    kind = kind_of(envelope.payload_type)
    message = decode(kind, envelope.payload)
    if not hasattr(message, "header"):
        raise ProtocolError(
            Reason.PAYLOAD_TYPE_UNKNOWN, f"a {kind} does not travel in a mailbox", found=kind
        )
    # What is shown to people later; statements of the broker quote at length.
    size = limits.MAX_STATEMENT_BYTES
    check_texts(message, max_length=size, max_listed=size)
    return kind, message, read_header(cast("header_pb2.Header", message.header))


def _wrong_recipient(header: Header, expected: NodeId) -> ProtocolError:
    return ProtocolError(
        Reason.RECIPIENT_MISMATCH,
        f"addressed to {header.recipient_node}, expected {expected}",
        found=header.recipient_node,
        expected=expected,
    )
