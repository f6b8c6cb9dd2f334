# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The worked examples of docs/protocol.md, computed."""

from __future__ import annotations

import hashlib
import textwrap
from datetime import UTC, datetime, timedelta
from typing import Final

from itmo.core.v1 import proposal_pb2
from itmo.envelope import Envelope, pae, seal
from itmo.identifiers import (
    MessageId,
    NetworkId,
    NodeId,
    RegistryId,
    account_check_digits_valid,
    make_account_id,
)
from itmo.keys import MemorySigner
from itmo.payloads import Header, PayloadKind, to_proto, write_header

_HEX_COLUMNS: Final = 64
_EXAMPLE_SEED: Final = bytes(range(32))
_EXAMPLE_TIME: Final = datetime(2024, 1, 1, tzinfo=UTC)


def _block(text: str) -> str:
    return f"```text\n{text}\n```"


def _hex(data: bytes) -> str:
    return "\n".join(textwrap.wrap(data.hex(), _HEX_COLUMNS))


def account_example() -> str:
    """The check digits of an account id, step by step."""
    registry, number = RegistryId("CHE01"), 1
    account = make_account_id(registry, 100, number)
    body = account[4:]
    rotated = f"{body}{account[:2]}00"
    digits = "".join(str(int(character, 36)) for character in rotated)
    remainder = int(digits) % 97
    checked = "".join(str(int(character, 36)) for character in f"{body}{account[:4]}")
    if not account_check_digits_valid(account) or int(checked) % 97 != 1:
        raise SystemExit("the worked example does not check")
    return _block(
        "\n".join(
            (
                f"country            {account[:2]}",
                f"body               registry {registry}, type 100, number {number:08}",
                f"                   {body}",
                f"rotated            {rotated}            (body, country, 00)",
                f"letters as numbers {digits}",
                "                   (A = 10 ... Z = 35; C = 12, E = 14, H = 17)",
                f"remainder mod 97   {remainder}",
                f"check digits       98 - {remainder} = {98 - remainder:02}",
                f"account id         {account}",
                f"to check           {checked} mod 97 = 1   (body, country, check digits)",
            )
        )
    )


def example_envelope() -> tuple[MemorySigner, Envelope]:
    """A withdrawal, signed with the key whose seed is the bytes 0 to 31."""
    signer = MemorySigner.from_seed(_EXAMPLE_SEED)
    header = Header(
        message_id=MessageId("018cc251-f400-7000-8000-000000000001"),
        sender_node=NodeId("che-registry"),
        recipient_node="broker",
        network_id=NetworkId("itmo-test"),
        sender_sequence=1,
        previous_payload_hash=b"",
        creation_time=_EXAMPLE_TIME,
        expire_time=_EXAMPLE_TIME + timedelta(days=1),
    )
    payload = proposal_pb2.Withdrawal(
        transaction_id="018cc251-f400-7000-8000-000000000002",
        proposal_hash=hashlib.sha256(b"proposal").digest(),
        reason="typing error",
    )
    payload.header.CopyFrom(write_header(header))
    return signer, seal(PayloadKind.WITHDRAWAL.label, payload.SerializeToString(), signer)


def envelope_example() -> str:
    """An envelope, byte for byte."""
    signer, envelope = example_envelope()
    signed = pae(envelope.payload_type, envelope.payload)
    label = envelope.payload_type
    parts = (
        ("private key seed (32 bytes)", _hex(_EXAMPLE_SEED)),
        ("public key (32 bytes)", _hex(signer.public_key)),
        ("key id", signer.keyid),
        ("payload_type", label),
        (f"payload ({len(envelope.payload)} bytes)", _hex(envelope.payload)),
        ("SHA-256 of the payload", hashlib.sha256(envelope.payload).hexdigest()),
        (
            f"pre-authentication encoding ({len(signed)} bytes): this text, then the payload",
            f'"DSSEv1 {len(label)} {label} {len(envelope.payload)} "',
        ),
        ("SHA-256 of the pre-authentication encoding", hashlib.sha256(signed).hexdigest()),
        ("Ed25519 signature (64 bytes)", _hex(envelope.signatures[0].sig)),
        ("Envelope message", _hex(to_proto(envelope).SerializeToString())),
    )
    return _block("\n\n".join(f"{title}\n{value}" for title, value in parts))
