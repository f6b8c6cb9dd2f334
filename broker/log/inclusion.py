# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Proof that a decision is in the log of some size, and its check (RFC 6962 section 2.1.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from broker.log.merkle import root

_NODE: Final = b"\x01"


def path(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes beside the way from a leaf to the root, the lowest first."""
    if len(leaf_hashes) == 1:
        return ()
    split = _split(len(leaf_hashes))
    left, right = leaf_hashes[:split], leaf_hashes[split:]
    if index < split:
        return (*path(left, index), root(right))
    return (*path(right, index - split), root(left))


def root_by(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes | None:
    """The root that a proof comes to; None where it is none for this place in a log of this size."""
    if size == 1:
        return leaf if index == 0 and not hashes else None
    if not hashes or not 0 <= index < size:
        return None
    split, beside = _split(size), hashes[-1]
    if index < split:
        below = root_by(leaf, index, split, hashes[:-1])
        return None if below is None else _above(below, beside)
    below = root_by(leaf, index - split, size - split, hashes[:-1])
    return None if below is None else _above(beside, below)


def _above(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1
