# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A cell in words, such as "transactions by year, 2015, additions, CER"."""

from __future__ import annotations

from sef.model import Side, Spot


def words_of(spot: Spot) -> str:
    """Returns table, row, side and unit of a cell."""
    side = "" if spot.side is Side.QUANTITY else f"{spot.side.value}, "
    return f"{spot.table.value}, {spot.row}, {side}{spot.unit.value}"
