# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The digest of a mailbox, by which a node and the broker find out that they speak of the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

NO_DELIVERY: Final = b""
"""The digest of an empty mailbox, as it is stated."""
_BEFORE_THE_FIRST: Final = bytes(32)


def delivery_digest(before: bytes, payload_hashes: Iterable[bytes]) -> bytes:
    """Returns the digest after one more delivery.

    Args:
        before: The digest of the delivery before it; empty where there is none.
        payload_hashes: SHA-256 of the payload of each of its envelopes, in order.
    """
    return hashlib.sha256((before or _BEFORE_THE_FIRST) + b"".join(payload_hashes)).digest()
