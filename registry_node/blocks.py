# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units between messages and ledger: what they are is kept as it was signed, and never looked into."""

from __future__ import annotations

from itmo.core.v1 import decision_pb2, units_pb2
from registry_node.damage import decoded
from registry_node.ledger.holdings import Holding


def attributes_of(units: decision_pb2.RecordedUnits) -> bytes:
    """Returns what units are, as the ledger keeps it."""
    return units.attributes.SerializeToString(deterministic=True)


def block_of(row: Holding) -> units_pb2.UnitBlock:
    """Returns units of the ledger as messages name them, with what they are."""
    block = units_pb2.UnitBlock(registry=row.registry, first=row.first, last=row.last)
    if row.attributes:
        block.attributes.CopyFrom(decoded(type(block.attributes), row.attributes))
    return block
