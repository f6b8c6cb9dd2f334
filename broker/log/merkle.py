# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Hashing of the log's Merkle tree (RFC 6962 section 2.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
NO_MESSAGE: Final = bytes(32)
"""Stands for the message hash in the leaf of a decision that no message caused (time-out)."""


def leaf_data(message_hash: bytes, statement_hashes: Sequence[bytes]) -> bytes:
    """What a decision's leaf commits to: the message decided on and the statements made about it."""
    return b"".join((message_hash, *statement_hashes))


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf."""
    return hashlib.sha256(_LEAF + data).digest()


class Growing:
    """The root of a tree that grows by one leaf after another, in memory for its height."""

    def __init__(self) -> None:
        # Complete subtrees from the left, largest first: the binary digits of the tree's size.
        self._stack: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Adds the next leaf hash."""
        height, value, stack = 0, leaf, self._stack
        while stack and stack[-1][0] == height:
            value = hashlib.sha256(_NODE + stack.pop()[1] + value).digest()
            height += 1
        stack.append((height, value))

    def root(self) -> bytes:
        """Root of the tree as it is now; the empty tree has the hash of nothing."""
        if not self._stack:
            return hashlib.sha256().digest()
        *left, (_, value) = self._stack
        for _, each in reversed(left):
            value = hashlib.sha256(_NODE + each + value).digest()
        return value


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root of the tree over leaf hashes, in order; the empty tree has the hash of nothing."""
    tree = Growing()
    for leaf in leaf_hashes:
        tree.add(leaf)
    return tree.root()
