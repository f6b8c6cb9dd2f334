# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Public keys and signatures: small order, mixed order, other spellings, other lengths."""

from __future__ import annotations

from typing import Final

from hostile.writing import Tree, signer
from itmo.ed25519 import key_id

_PRIME: Final = 2**255 - 19
_SIGN: Final = 1 << 255
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_SMALL_ORDER: Final = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
)
_MIXED_KEY: Final = "3bcfb78c4ad06f9b8d7e8c50e37e33dd40042a7805f5df945fbf33620745bc68"
_MIXED_R: Final = (
    "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
    "6869",
    (
        "b15bf26424d1b69dd33b7a9e57db5de4a2aadea4a2a051efd9bfd6af74165d2b"
        "052c1e64906607d2334b397ca6c4af94e2f326c1d206b12f55bad9b6574f7702"
    ),
)


def _encoded(y: int) -> str:
    return y.to_bytes(32, "little").hex()


def public_keys() -> list[Tree]:
    """Public keys, and whether one is registered."""
    good = [("an honest key", signer(name).public_key.hex()) for name in ("tha", "che")]
    bad = [
        *((f"small order, {place} of 8", text) for place, text in enumerate(_SMALL_ORDER, 1)),
        ("x = 0 with the sign bit, y = 1", _encoded(1 | _SIGN)),
        ("x = 0 with the sign bit, y = -1", _encoded(_PRIME - 1 | _SIGN)),
        ("y = 0, written as the prime", _encoded(_PRIME)),
        ("y = 1, written as the prime and one", _encoded(_PRIME + 1)),
        ("y = 3, written as the prime and three", _encoded(_PRIME + 3)),
        ("the greatest number of 255 bits", _encoded(_PRIME + 18)),
        ("mixed order: an honest key plus a point of order 8", _MIXED_KEY),
        ("not on the curve", _encoded(2)),
        ("empty", ""),
        ("31 bytes", "00" * 31),
        ("33 bytes", "00" * 33),
    ]
    return [
        {
            "name": name,
            "public_key": text,
            "keyid": key_id(bytes.fromhex(text)),
            "expect": "registered" if (name, text) in good else "KEY_REFUSED",
        }
        for name, text in [*good, *bad]
    ]


def signatures() -> list[Tree]:
    """Signatures over a message, and whether they fit."""
    honest = signer("tha")
    message = b"message"
    sig = honest.sign(message)
    r, s = sig[:32], int.from_bytes(sig[32:], "little")
    cases: list[tuple[str, str, str, str, bool]] = []

    def add(name: str, found: bytes, *, fits: bool = False, said: bytes = message) -> None:
        cases.append((name, honest.public_key.hex(), said.hex(), found.hex(), fits))

    add("honest", sig, fits=True)
    add("another message", sig, said=b"massage")
    add("S plus the group order", r + (s + _ORDER).to_bytes(32, "little"))
    add("S of zero", r + bytes(32))
    add("one bit of R", bytes([r[0] ^ 1]) + sig[1:])
    add("one bit of S", sig[:40] + bytes([sig[40] ^ 1]) + sig[41:])
    for place, text in enumerate(_SMALL_ORDER, 1):
        add(f"R of small order, {place} of 8, S of zero", bytes.fromhex(text) + bytes(32))
    add("R not canonical", (_PRIME + 1).to_bytes(32, "little") + sig[32:])
    add("empty", b"")
    add("63 bytes", sig[:63])
    add("65 bytes", sig + b"\x00")
    key, said, mixed = _MIXED_R
    cases.append(
        ("R of mixed order: fits only if both sides are multiplied by 8", key, said, mixed, False)
    )
    return [
        {"name": name, "public_key": key, "message": said, "signature": found, "expect": fits}
        for name, key, said, found, fits in cases
    ]
