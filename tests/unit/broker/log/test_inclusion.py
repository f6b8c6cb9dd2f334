# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The proof that a decision is in the log holds for its place, size and root, and for no others."""

from __future__ import annotations

import pytest

from broker.log.inclusion import path, root_by
from broker.log.merkle import leaf_hash, root

LEAVES = [leaf_hash(bytes([number])) for number in range(33)]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 16, 31, 32, 33])
def test_a_proof_for_every_leaf_of_a_log(size: int) -> None:
    leaves = LEAVES[:size]
    for index, leaf in enumerate(leaves):
        hashes = path(leaves, index)
        assert root_by(leaf, index, size, hashes) == root(leaves)
        for other in {index - 1, index + 1, size} - {index}:
            assert root_by(leaf, other, size, hashes) != root(leaves)
        assert root_by(leaf, index, size, (*hashes, bytes(32))) != root(leaves)
        assert root_by(LEAVES[-1] if index < 32 else LEAVES[0], index, size, hashes) != root(leaves)
        if hashes:
            assert root_by(leaf, index, size, hashes[:-1]) != root(leaves)
