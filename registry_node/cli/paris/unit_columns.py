# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is told of Paris units in a row."""

from __future__ import annotations

from typing import Final

from itmo.registry.v1 import operator_service_pb2 as api

NAMES: Final = ("vintage", "approach", "authorization", "first transferred")


def cells(row: api.Holding) -> tuple[object, ...]:
    """Cells of a row, in the order of their names."""
    known = row.block.attributes.paris
    first = ("no", "yes")["FIRST_TRANSFERRED" in row.marks]
    vintage = str(known.vintage or "")
    return vintage, known.cooperative_approach, known.authorization.id, first
