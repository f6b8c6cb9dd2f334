# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is told of Kyoto units in a row."""

from __future__ import annotations

from typing import Final

from itmo.kyoto_words import ACTIVITIES, TRACKS, UNIT_TYPES, word
from itmo.registry.v1 import operator_service_pb2 as api

NAMES: Final = ("unit", "period", "activity", "project", "track", "expiry")


def cells(row: api.Holding) -> tuple[object, ...]:
    """Cells of a row, in the order of their names."""
    known = row.block.attributes.kyoto
    return (
        word(UNIT_TYPES, known.unit_type),
        str(known.applicable_period or ""),
        word(ACTIVITIES, known.lulucf_activity),
        known.project,
        word(TRACKS, known.track),
        known.expiry_date,
    )
