# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Envelopes: one changed bit anywhere closes them; nothing but refusals comes out of garbage."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from itmo.envelope import Envelope, Signature, from_json, open_envelope, pae, seal, to_json
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, MemorySigner, PublicKey
from itmo.reasons import ProtocolError, Reason

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SIGNER = MemorySigner.from_seed(bytes(32))
RING = Keyring(
    [
        PublicKey(
            SIGNER.keyid,
            NodeId("che-registry"),
            KeyPurpose.SIGN_MESSAGE,
            SIGNER.public_key,
            NOW - DAY,
            NOW + DAY,
        )
    ]
)
TYPES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=128)
BODIES = st.binary(max_size=200)


@given(TYPES, BODIES)
def test_sealed_then_opened_returns_the_same_bytes(payload_type: str, payload: bytes) -> None:
    envelope = seal(payload_type, payload, SIGNER)
    opened = open_envelope(from_json(to_json(envelope)), RING, NOW, KeyPurpose.SIGN_MESSAGE)
    assert (opened.payload_type, opened.payload) == (payload_type, payload)


@given(TYPES, BODIES, TYPES, BODIES)
def test_the_encoding_is_unambiguous(t1: str, b1: bytes, t2: str, b2: bytes) -> None:
    assert (pae(t1, b1) == pae(t2, b2)) == ((t1, b1) == (t2, b2))


@given(st.binary(min_size=1, max_size=64), st.data())
def test_one_changed_bit_closes_the_envelope(payload: bytes, data: st.DataObject) -> None:
    envelope = seal("t", payload, SIGNER)
    signature = envelope.signatures[0].sig
    both = bytearray(payload + signature)
    bit = data.draw(st.integers(0, len(both) * 8 - 1))
    both[bit // 8] ^= 1 << bit % 8
    damaged = Envelope(
        bytes(both[: len(payload)]), "t", (Signature(SIGNER.keyid, bytes(both[len(payload) :])),)
    )
    with pytest.raises(ProtocolError) as caught:
        open_envelope(damaged, RING, NOW, KeyPurpose.SIGN_MESSAGE)
    assert caught.value.reason is Reason.SIGNATURE_INVALID


@given(st.binary(max_size=96))
def test_no_made_up_signature_opens(signature: bytes) -> None:
    assume(signature != SIGNER.sign(pae("t", b"payload")))
    envelope = Envelope(b"payload", "t", (Signature(SIGNER.keyid, signature),))
    with pytest.raises(ProtocolError) as caught:
        open_envelope(envelope, RING, NOW, KeyPurpose.SIGN_MESSAGE)
    assert caught.value.reason is Reason.SIGNATURE_INVALID


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["payloadType", "payload", "signatures", "keyid", "sig", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60), JSON.map(str), JSON))
def test_garbage_is_refused_in_an_orderly_way(garbage: object) -> None:
    text = garbage if isinstance(garbage, str | bytes) else json.dumps(garbage)
    try:
        read = from_json(text)
    except ProtocolError as error:
        told = error.message
    else:
        assert from_json(to_json(read)) == read
        return
    assert told.isprintable()
