# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Times the two Ed25519 verifiers at hand: `python tests/bench/verifiers.py`.

The choice itself is in `itmo.ed25519`; this is the figure behind it.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2] / "proto"))

from itmo.ed25519 import verify
from itmo.keys import MemorySigner

MESSAGE = b"x" * 2000  # about the size of a proposal with a few blocks
SECONDS = 1.0


def _with_openssl(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _per_second(check: Callable[[bytes, bytes, bytes], bool]) -> int:
    signer = MemorySigner.from_seed(bytes(32))
    public_key, signature = signer.public_key, signer.sign(MESSAGE)
    done = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < SECONDS:
        for _ in range(100):
            if not check(public_key, MESSAGE, signature):
                raise AssertionError("a good signature was refused; the figure would be worthless")
        done += 100
    return round(done / elapsed)


def measure_verifiers() -> dict[str, int]:
    """Return verifications per second on one core, by verifier; our own checks included."""
    return {
        "libsodium_per_second": _per_second(verify),
        "openssl_per_second": _per_second(_with_openssl),
        "message_bytes": len(MESSAGE),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure_verifiers()) + "\n")
