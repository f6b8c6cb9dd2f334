# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A sender's chain: gapless numbers, each message naming the one before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from itmo import limits
from itmo.chain import LIFETIME, SenderChain
from itmo.core.v1 import proposal_pb2
from itmo.ed25519 import verify
from itmo.envelope import pae
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import SeededIds
from itmo.keys import MemorySigner
from itmo.payloads import PayloadKind, read_header
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import moment

NOW = datetime(2023, 8, 1, 12, 0, 0, 123_456, tzinfo=UTC)


def chain(**standing: object) -> SenderChain:
    return SenderChain(
        node=NodeId("tha"),
        recipient=NodeId("broker"),
        network_id=NetworkId("test-net"),
        signer=MemorySigner.from_seed(b"t" * 32),
        ids=SeededIds(1),
        **standing,  # type: ignore[arg-type]  # where the chain stands
    )


def test_messages_name_the_one_before() -> None:
    made = chain()
    previous = b""
    seen = set()
    for number in range(1, 6):
        envelope = made.sign(PayloadKind.PROPOSAL, proposal_pb2.Proposal(), NOW)
        payload = proposal_pb2.Proposal.FromString(envelope.payload)
        header = read_header(payload.header)
        assert header.sender_sequence == number
        assert header.previous_payload_hash == previous
        assert (header.sender_node, header.recipient_node) == ("tha", "broker")
        previous = sha256(envelope.payload).digest()
        seen.add(header.message_id)
    assert len(seen) == 5


def test_a_chain_goes_on_from_where_it_stood() -> None:
    made = chain(next_sequence=7, previous_payload_hash=bytes(32))
    header = made.header(NOW)
    assert (header.sender_sequence, header.previous_payload_hash) == (7, bytes(32))


def test_times_are_whole_milliseconds() -> None:
    header = chain().header(NOW)
    assert header.creation_time == NOW.replace(microsecond=123_000)
    assert header.expire_time == header.creation_time + LIFETIME
    assert timedelta(0) < LIFETIME <= limits.MAX_MESSAGE_LIFETIME
    payload = proposal_pb2.Proposal()
    chain().sign(PayloadKind.PROPOSAL, payload, NOW)
    assert moment(payload.header.creation_time, "here") == header.creation_time


def test_signing_by_hand_leaves_the_chain() -> None:
    made = chain()
    header = made.header(NOW)
    envelope = made.sign_with(PayloadKind.PROPOSAL, proposal_pb2.Proposal(), header)
    assert made.next_sequence == 1
    assert made.previous_payload_hash == b""
    signed = pae(envelope.payload_type, envelope.payload)
    assert verify(made.signer.public_key, signed, envelope.signatures[0].sig)


def test_what_cannot_be_signed_leaves_the_chain() -> None:
    made = chain()
    huge = proposal_pb2.Withdrawal(reason="x" * limits.MAX_PAYLOAD_BYTES)
    with pytest.raises(ProtocolError) as refused:
        made.sign(PayloadKind.WITHDRAWAL, huge, NOW)
    assert refused.value.reason is Reason.MESSAGE_TOO_LARGE
    assert made.next_sequence == 1
    assert made.previous_payload_hash == b""
