# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Ed25519: published vectors, and keys and signatures made to deceive."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from itmo.ed25519 import check_public_key, key_id, verify
from itmo.keys import MemorySigner
from itmo.reasons import ProtocolError, Reason

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors" / "itmo"
WYCHEPROOF = ROOT.parent / "shared" / "vectors" / "ed25519_wycheproof.json"
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
SIGN = 1 << 255


def load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


RFC8032 = load(VECTORS / "rfc8032.json")["tests"]
HOSTILE = load(VECTORS / "ed25519_hostile.json")
IDENTITY = bytes([1]) + bytes(31)


def encode(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize("case", RFC8032, ids=lambda case: case["name"])
def test_rfc_8032(case: dict[str, str]) -> None:
    signer = MemorySigner.from_seed(bytes.fromhex(case["secret_key"]))
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    assert signer.public_key.hex() == case["public_key"]
    assert signer.sign(message) == signature
    check_public_key(signer.public_key)
    assert verify(signer.public_key, message, signature)
    assert not verify(signer.public_key, message + b"!", signature)


@pytest.mark.skipif(not WYCHEPROOF.exists(), reason="published vectors are not part of the project")
def test_wycheproof() -> None:
    wrong = []
    count = 0
    for group in load(WYCHEPROOF)["testGroups"]:
        public_key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            count += 1
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            if verify(public_key, message, signature) is not (case["result"] == "valid"):
                wrong.append((case["tcId"], case["comment"]))
    assert wrong == []
    assert count > 100


@pytest.mark.parametrize(
    "key",
    [
        *(bytes.fromhex(text) for text in HOSTILE["small_order_keys"]),
        encode(1 | SIGN),  # x = 0 with the sign bit set
        encode(PRIME - 1 | SIGN),
        encode(PRIME),  # other spellings of y = 0 and y = 1
        encode(PRIME + 1),
        encode(PRIME | SIGN),
        encode(PRIME + 1 | SIGN),
        encode(PRIME + 18),  # the last number that 255 bits hold
        encode(PRIME + 18 | SIGN),
        encode(PRIME + 3),  # y = 3 is on the curve; this spelling of it is not canonical
        bytes.fromhex(HOSTILE["mixed_order_key"]),
        bytes.fromhex(HOSTILE["not_on_curve"]),
        b"",
        bytes(31),
        bytes(33),
    ],
    ids=bytes.hex,
)
def test_hostile_keys_are_refused(key: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        check_public_key(key)
    assert caught.value.reason is Reason.KEY_REFUSED
    assert caught.value.metadata == {"keyid": key_id(key)}


def test_there_are_eight_small_order_keys() -> None:
    assert len(set(HOSTILE["small_order_keys"])) == 8


def test_the_universal_forgery_with_the_identity_key_fails() -> None:
    forged = IDENTITY + bytes(32)  # R = identity, S = 0: fits every message in OpenSSL
    Ed25519PublicKey.from_public_bytes(IDENTITY).verify(forged, b"any transfer at all")
    assert not verify(IDENTITY, b"any transfer at all", forged)


@pytest.mark.parametrize("r", [bytes.fromhex(text) for text in HOSTILE["small_order_keys"]])
def test_small_order_r_is_refused(r: bytes) -> None:
    signer = MemorySigner.from_seed(bytes(32))
    assert not verify(signer.public_key, b"message", r + bytes(32))


def test_r_with_a_part_of_small_order_is_refused() -> None:
    # Verifiers that multiply by the cofactor accept it, others do not: an upgrade of the library
    # that changed its mind would split the network, and shows here.
    case = {name: bytes.fromhex(text) for name, text in HOSTILE["mixed_order_r"].items()}
    check_public_key(case["public_key"])
    assert not verify(**case)


def test_s_is_not_malleable() -> None:
    signer = MemorySigner.from_seed(bytes(32))
    signature = signer.sign(b"message")
    s = int.from_bytes(signature[32:], "little")
    assert verify(signer.public_key, b"message", signature)
    assert not verify(signer.public_key, b"message", signature[:32] + encode(s + ORDER))


@pytest.mark.parametrize("length", [0, 1, 32, 63, 65, 128])
def test_signatures_of_other_lengths_are_refused(length: int) -> None:
    signer = MemorySigner.from_seed(bytes(32))
    signature = (signer.sign(b"message") * 2)[:length]
    assert not verify(signer.public_key, b"message", signature)
    assert not verify(signer.public_key[:31], b"message", signer.sign(b"message"))


def test_key_id_is_the_hash_of_the_spki() -> None:
    signer = MemorySigner.from_seed(bytes(32))
    spki = Ed25519PublicKey.from_public_bytes(signer.public_key).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert key_id(signer.public_key) == signer.keyid == hashlib.sha256(spki).hexdigest()
