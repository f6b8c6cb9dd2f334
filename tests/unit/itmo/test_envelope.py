# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import base64
import copy
import dataclasses
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from itmo import limits
from itmo.envelope import Envelope, Opened, Signature, from_json, open_envelope, pae, seal, to_json
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, MemorySigner, PublicKey
from itmo.reasons import ProtocolError, Reason

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TYPE = "application/vnd.itmo.proposal.v1+protobuf"
SIGNERS = [MemorySigner.from_seed(bytes([n]) * 32) for n in range(6)]


def key_of(signer: MemorySigner, node: str = "che-registry") -> PublicKey:
    return PublicKey(
        signer.keyid, NodeId(node), KeyPurpose.SIGN_MESSAGE, signer.public_key, NOW - DAY, NOW + DAY
    )


RING = Keyring([key_of(signer) for signer in SIGNERS[:5]] + [key_of(SIGNERS[5], "tha-registry")])


def sealed(*signers: MemorySigner) -> Envelope:
    made = [seal(TYPE, b"payload", signer) for signer in signers]
    return Envelope(b"payload", TYPE, tuple(each.signatures[0] for each in made))


def opened(envelope: Envelope) -> Opened:
    return open_envelope(envelope, RING, NOW, KeyPurpose.SIGN_MESSAGE)


def reason_of(call: Callable[[], object]) -> Reason:
    with pytest.raises(ProtocolError) as caught:
        call()
    return caught.value.reason


def test_published_pre_authentication_encoding() -> None:
    encoded = pae("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_count_bytes() -> None:
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_type_and_payload_cannot_trade_bytes() -> None:
    assert pae("a 1", b"b") != pae("a", b"1 b")


def test_what_was_sealed_opens() -> None:
    result = opened(sealed(SIGNERS[0]))
    assert (result.payload, result.payload_type) == (b"payload", TYPE)
    assert result.payload_hash == hashlib.sha256(b"payload").digest()
    assert (result.keyid, result.node) == (SIGNERS[0].keyid, "che-registry")


def test_four_keys_of_one_node_may_sign() -> None:
    assert opened(sealed(*SIGNERS[:4])).keyid == SIGNERS[0].keyid


def test_opened_cannot_be_made_otherwise() -> None:
    result = opened(sealed(SIGNERS[0]))
    with pytest.raises(TypeError):
        Opened(b"forged", TYPE, bytes(32), SIGNERS[0].keyid, NodeId("che-registry"), object())
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(result, payload=b"forged")  # type: ignore[call-arg]  # same
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.payload = b"forged"  # type: ignore[misc]  # the point of the test
    assert not issubclass(Opened, Envelope)


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        (Envelope(b"payload", TYPE, ()), Reason.SIGNATURE_MISSING),
        (sealed(*SIGNERS[:5]), Reason.SIGNATURE_TOO_MANY),
        (sealed(SIGNERS[0], SIGNERS[0]), Reason.SIGNATURE_INVALID),
        (sealed(SIGNERS[0], SIGNERS[5]), Reason.SENDER_MISMATCH),
        (sealed(MemorySigner.from_seed(b"9" * 32)), Reason.KEY_UNKNOWN),
        (dataclasses.replace(sealed(SIGNERS[0]), payload=b"other"), Reason.SIGNATURE_INVALID),
        (
            dataclasses.replace(sealed(SIGNERS[0]), payload_type=TYPE + "x"),
            Reason.SIGNATURE_INVALID,
        ),
        (dataclasses.replace(sealed(SIGNERS[0]), payload_type=""), Reason.PAYLOAD_TYPE_UNKNOWN),
        (
            dataclasses.replace(sealed(SIGNERS[0]), payload_type="\ud800"),
            Reason.PAYLOAD_TYPE_UNKNOWN,
        ),
        (
            Envelope(b"payload", TYPE, (Signature(SIGNERS[0].keyid, b""),)),
            Reason.SIGNATURE_INVALID,
        ),
        (
            Envelope(bytes(limits.MAX_PAYLOAD_BYTES + 1), TYPE, sealed(SIGNERS[0]).signatures),
            Reason.MESSAGE_TOO_LARGE,
        ),
    ],
    ids=[
        "no signature",
        "five signatures",
        "one key twice",
        "two nodes",
        "unknown key",
        "other payload",
        "other type",
        "empty type",
        "type that is no text",
        "empty signature",
        "too large",
    ],
)
def test_envelopes_that_do_not_open(envelope: Envelope, reason: Reason) -> None:
    assert reason_of(lambda: opened(envelope)) is reason


def test_one_bad_signature_among_good_ones_closes_the_envelope() -> None:
    good = sealed(SIGNERS[0], SIGNERS[1])
    swapped = tuple(
        Signature(each.keyid, other.sig)
        for each, other in zip(good.signatures, reversed(good.signatures), strict=True)
    )
    mixed = (good.signatures[0], swapped[1])
    for signatures in (swapped, mixed):
        envelope = Envelope(good.payload, good.payload_type, signatures)
        assert reason_of(partial(opened, envelope)) is Reason.SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("at", "purpose", "reason"),
    [
        (NOW + DAY, KeyPurpose.SIGN_MESSAGE, Reason.KEY_NOT_VALID_NOW),
        (NOW, KeyPurpose.SIGN_RECEIPT, Reason.KEY_WRONG_PURPOSE),
    ],
)
def test_time_and_purpose_count(at: datetime, purpose: KeyPurpose, reason: Reason) -> None:
    envelope = sealed(SIGNERS[0])
    assert reason_of(lambda: open_envelope(envelope, RING, at, purpose)) is reason


def test_nothing_is_signed_that_nobody_would_open() -> None:
    seal(TYPE, bytes(limits.MAX_PAYLOAD_BYTES), SIGNERS[0])
    too_large = bytes(limits.MAX_PAYLOAD_BYTES + 1)
    assert reason_of(lambda: seal(TYPE, too_large, SIGNERS[0])) is Reason.MESSAGE_TOO_LARGE
    assert reason_of(lambda: seal("", b"", SIGNERS[0])) is Reason.PAYLOAD_TYPE_UNKNOWN


def test_repr_shows_no_payload() -> None:
    envelope = seal(TYPE, b"confidential terms", SIGNERS[0])
    assert "confidential" not in repr(envelope) + repr(opened(envelope))


def test_json_form() -> None:
    envelope = sealed(SIGNERS[0], SIGNERS[1])
    text = to_json(envelope)
    tree = json.loads(text)
    assert set(tree) == {"payloadType", "payload", "signatures"}
    assert base64.b64decode(tree["payload"]) == b"payload"
    assert from_json(text) == from_json(text.encode()) == envelope


def test_the_largest_envelope_fits_its_json_form() -> None:
    largest = seal("x" * 128, bytes(limits.MAX_PAYLOAD_BYTES), SIGNERS[0])
    assert from_json(to_json(largest)) == largest


def changed(change: Callable[[Any], None]) -> str:
    tree = copy.deepcopy(json.loads(to_json(sealed(SIGNERS[0]))))
    change(tree)
    return json.dumps(tree)


GOOD = to_json(sealed(SIGNERS[0]))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.MESSAGE_UNDECODABLE),
        ("[]", Reason.MESSAGE_UNDECODABLE),
        ("{}", Reason.MESSAGE_UNDECODABLE),
        (GOOD + "{}", Reason.MESSAGE_UNDECODABLE),
        ("[" * 100_000, Reason.MESSAGE_UNDECODABLE),
        ("9" * 100_000, Reason.MESSAGE_UNDECODABLE),
        (b"\xff\xfe\xfd", Reason.MESSAGE_UNDECODABLE),
        (" " * 2_000_000, Reason.MESSAGE_TOO_LARGE),
        (GOOD.replace("{", '{"payload": "", ', 1), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(extra=1)), Reason.MESSAGE_UNKNOWN_FIELDS),
        (changed(lambda tree: tree["signatures"][0].update(x=1)), Reason.MESSAGE_UNKNOWN_FIELDS),
        (changed(lambda tree: tree.pop("payload")), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(payload=1)), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(payload="YQ")), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(payload="YR==")), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(payload="YQ==\n")), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(payload="__==")), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(payload="é")), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(payloadType="a\nb")), Reason.PAYLOAD_TYPE_UNKNOWN),
        (changed(lambda tree: tree.update(payloadType=None)), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(signatures={})), Reason.MESSAGE_UNDECODABLE),
        (changed(lambda tree: tree.update(signatures=[])), Reason.SIGNATURE_MISSING),
        (changed(lambda tree: tree.update(signatures=[1])), Reason.MESSAGE_UNDECODABLE),
        (
            changed(lambda tree: tree.update(signatures=tree["signatures"] * 5)),
            Reason.SIGNATURE_TOO_MANY,
        ),
    ],
    ids=lambda value: value if isinstance(value, Reason) else "",
)
def test_other_json_is_refused(text: str | bytes, reason: Reason) -> None:
    assert reason_of(lambda: from_json(text)) is reason
