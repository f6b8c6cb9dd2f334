# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A sender's chain of messages, held in memory: for tools that sign and send and do not persist.

A program in service must store the message id before the first send and the bytes before each
retry; see the protocol document.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from google.protobuf.message import Message

from itmo.envelope import Envelope, seal
from itmo.identifiers import MessageId, NetworkId, NodeId
from itmo.ids import IdSource
from itmo.keys import Signer
from itmo.payloads import Header, PayloadKind, write_header

LIFETIME: Final = timedelta(hours=24)


class SenderChain:
    """Gives each payload its header, in one gapless chain, and signs it."""

    def __init__(
        self,
        *,
        node: NodeId,
        recipient: NodeId,
        network_id: NetworkId,
        signer: Signer,
        ids: IdSource,
        next_sequence: int = 1,
        previous_payload_hash: bytes = b"",
    ) -> None:
        self.node = node
        self.recipient = recipient
        self.network_id = network_id
        self.signer = signer
        self.ids = ids
        self.next_sequence = next_sequence
        self.previous_payload_hash = previous_payload_hash

    def header(self, now: datetime) -> Header:
        """The header that the next message will have, under a fresh message id."""
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return Header(
            message_id=MessageId(self.ids.uuid7(now)),
            sender_node=self.node,
            recipient_node=self.recipient,
            network_id=self.network_id,
            sender_sequence=self.next_sequence,
            previous_payload_hash=self.previous_payload_hash,
            creation_time=now,
            expire_time=now + LIFETIME,
        )

    def sign(self, kind: PayloadKind, payload: Message, now: datetime) -> Envelope:
        """Fills in the header, signs, and moves the chain on."""
        envelope = self.sign_with(kind, payload, self.header(now))
        self.next_sequence += 1
        self.previous_payload_hash = sha256(envelope.payload).digest()
        return envelope

    def sign_with(self, kind: PayloadKind, payload: Message, header: Header) -> Envelope:
        """Signs under a header of the caller's making; the chain stays where it is."""
        payload.header.CopyFrom(write_header(header))  # type: ignore[attr-defined]  # all kinds have one
        return seal(kind.label, payload.SerializeToString(), self.signer)
