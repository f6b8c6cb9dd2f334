# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Ed25519 as this protocol uses it: key ids, admission of public keys, verification.

RFC 8032 leaves verifiers room that a repudiating signer could use. Here a public key must be
canonical and of prime order, and the point R of a signature canonical and not of small order, so
that every careful verifier comes to the same answer (design: reliability, section 2.3).
"""

import hashlib
from functools import lru_cache
from typing import Final

from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import BadSignatureError

from itmo.reasons import ProtocolError, Reason

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

# DER of SubjectPublicKeyInfo up to the key itself; fixed for Ed25519 (RFC 8410 section 4).
_SPKI_PREFIX: Final = bytes.fromhex("302a300506032b6570032100")
_FIELD_PRIME: Final = 2**255 - 19
_Y_BITS: Final = 2**255 - 1
# Canonical encodings of the eight points whose order divides the cofactor, and the two that set a
# sign bit on x = 0. Every other spelling of these points has y >= p and is refused for that.
_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "00" * 31 + "80",
        "01" + "00" * 31,
        "01" + "00" * 30 + "80",
        "ec" + "ff" * 30 + "7f",
        "ec" + "ff" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)

_KEYS_REMEMBERED: Final = 1024
"""Keys of which is known whether they are of prime order: those of a network, which are read again for each
group of messages. To find out takes longer than to read one."""


def key_id(public_key: bytes) -> str:
    """Returns the key id: lower-case hexadecimal SHA-256 of the SubjectPublicKeyInfo in DER."""
    return hashlib.sha256(_SPKI_PREFIX + public_key).hexdigest()


def check_public_key(public_key: bytes) -> None:
    """Admits an Ed25519 public key: canonical, on the curve, in the group of prime order.

    Raises:
        ProtocolError: KEY_REFUSED, saying what is wrong with it.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise key_refused(public_key, f"has {len(public_key)} bytes instead of 32")
    if not _canonical(public_key):
        raise key_refused(public_key, "is not the canonical encoding of a point")
    if public_key in _SMALL_ORDER:
        raise key_refused(public_key, "is a point of small order, which fits forged signatures")
    if not _of_prime_order(public_key):
        raise key_refused(public_key, "is not a point of the prime-order group of the curve")


@lru_cache(maxsize=_KEYS_REMEMBERED)
def _of_prime_order(public_key: bytes) -> bool:
    return crypto_core_ed25519_is_valid_point(public_key)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Says whether an Ed25519 signature fits a message and an admitted public key."""
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    r = signature[:PUBLIC_KEY_BYTES]
    if not _canonical(r) or r in _SMALL_ORDER:
        return False
    return _verify_with_libsodium(public_key, message, signature)


def _verify_with_libsodium(public_key: bytes, message: bytes, signature: bytes) -> bool:
    # The one place that chooses the verifier. libsodium refuses small-order and non-canonical keys
    # by itself, where OpenSSL accepts them, and is the faster one: tests/bench/verifiers.py.
    try:
        crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True


def _canonical(point: bytes) -> bool:
    return int.from_bytes(point, "little") & _Y_BITS < _FIELD_PRIME


def key_refused(public_key: bytes, fault: str) -> ProtocolError:
    """Returns the error KEY_REFUSED for a public key, with the fault as the verb of its sentence."""
    keyid = key_id(public_key)
    return ProtocolError(
        Reason.KEY_REFUSED,
        f"The public key with id {keyid} {fault}; generate a fresh Ed25519 key.",
        keyid=keyid,
    )
