# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How vectors are written: keys from names, times, bytes as text."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.protobuf.message import Message

from itmo.clock import to_text
from itmo.envelope import Envelope, Signature, pae
from itmo.identifiers import MessageId, NetworkId, NodeId
from itmo.keys import MemorySigner
from itmo.message.v1 import header_pb2
from itmo.payloads import Header, PayloadKind, to_proto, write_header

Tree = dict[str, Any]
NOW: Final = datetime(2023, 8, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def signer(name: str) -> MemorySigner:
    """The key whose seed is a name, filled up with full stops to 32 bytes."""
    return MemorySigner.from_seed(name.encode().ljust(32, b"."))


def uuid7(number: int) -> str:
    """A UUID version 7 of the hour, told apart by a number."""
    at = f"{int(NOW.timestamp()) * 1000:012x}"
    return f"{at[:8]}-{at[8:]}-7000-8000-{number:012x}"


def key(name: str, node: str, purpose: str = "SIGN_MESSAGE", **validity: datetime) -> Tree:
    """A registered key as a vector states it."""
    made = signer(name)
    return {
        "keyid": made.keyid,
        "node": node,
        "purpose": purpose,
        "public_key": made.public_key.hex(),
        "not_before": to_text(validity.get("not_before", NOW - DAY)),
        "not_after": to_text(validity.get("not_after", NOW + 700 * DAY)),
        "revoked_at": to_text(validity["revoked_at"]) if "revoked_at" in validity else None,
    }


def header(
    sender: str,
    recipient: str,
    network: str,
    number: int,
    *,
    sequence: int = 1,
    previous: bytes = b"",
    at: datetime = NOW,
    causation_id: str = "",
    expires: bool = True,
) -> header_pb2.Header:
    """A header without fault."""
    return write_header(
        Header(
            message_id=MessageId(uuid7(number)),
            sender_node=NodeId(sender),
            recipient_node=recipient,
            network_id=NetworkId(network),
            sender_sequence=sequence,
            previous_payload_hash=previous,
            creation_time=at,
            expire_time=at + DAY if expires else None,
            causation_id=causation_id,
        )
    )


def signed(kind: PayloadKind | str, payload: bytes | Message, *names: str) -> Envelope:
    """An envelope signed with the keys of some names, whatever is in it."""
    label = kind.label if isinstance(kind, PayloadKind) else kind
    content = payload if isinstance(payload, bytes) else payload.SerializeToString()
    signatures = [Signature(signer(n).keyid, signer(n).sign(pae(label, content))) for n in names]
    return Envelope(content, label, tuple(signatures))


def written(envelope: Envelope) -> str:
    """An envelope as it travels, in base64."""
    return based(to_proto(envelope).SerializeToString())


def based(data: bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(data).decode("ascii")
