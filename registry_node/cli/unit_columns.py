# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is told of units in a row of a table, by the rulebook that they are under."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from itmo.core.v1 import rulebooks_pb2
from itmo.kyoto_words import ACTIVITIES, TRACKS, UNIT_TYPES, in_words, word
from itmo.registry.v1 import operator_service_pb2 as api


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns, and what stands in them for a row."""

    names: tuple[str, ...]
    cells: Callable[[api.Holding], tuple[object, ...]]


def _paris(row: api.Holding) -> tuple[object, ...]:
    known = row.block.attributes.paris
    first = ("no", "yes")["FIRST_TRANSFERRED" in row.marks]
    vintage = str(known.vintage or "")
    return vintage, known.cooperative_approach, known.authorization.id, first


def _kyoto(row: api.Holding) -> tuple[object, ...]:
    known = row.block.attributes.kyoto
    return (
        word(UNIT_TYPES, known.unit_type),
        str(known.applicable_period or ""),
        word(ACTIVITIES, known.lulucf_activity),
        known.project,
        word(TRACKS, known.track),
        known.expiry_date,
    )


FIRST: Final = "paris"
"""Whose columns a node has that holds nothing."""
COLUMNS: Final[Mapping[str, Columns]] = {
    "paris": Columns(("vintage", "approach", "authorization", "first transferred"), _paris),
    "kyoto": Columns(("unit", "period", "activity", "project", "track", "expiry"), _kyoto),
}
"""By the name of the rulebook."""


def in_line(units: rulebooks_pb2.UnitAttributes) -> str:
    """What units are, in a line; nothing for those of Paris, whose authorization says it."""
    return in_words(units.kyoto) if units.HasField("kyoto") else ""
