# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Codes and quantities of the rulebook kyoto, as a scenario file writes them."""

from __future__ import annotations

from typing import Final

from broker.rulebook.kyoto.codes import Track
from broker.rulebook.kyoto.tables import ACTIVITIES
from itmo.kyoto.v1 import attributes_pb2
from itmo.limits import MAX_UNITS
from scenarios.values import Value

_MAX_PERIOD: Final = 9
"""No more periods than a digit of a serial number tells apart."""
_ACTIVITIES: Final = {each.title: code for code, each in ACTIVITIES.items()}


def number_of(value: Value) -> int:
    """The number of a commitment period."""
    return value.integer(1, _MAX_PERIOD)


def activity(value: Value) -> int:
    """A land-use activity: its code, or its name."""
    if value.is_text():
        return value.choice(_ACTIVITIES)
    return value.integer(1, max(ACTIVITIES))


def track(value: Value) -> Track:
    """Who verified it: 1 the host Party, 2 independently."""
    return Track(value.integer(1, len(Track)))


def quantity(value: Value) -> int:
    """Units or t CO2 eq."""
    return value.integer(0, MAX_UNITS)


def unit_type(unit: str, of_land: int) -> attributes_pb2.UnitType.ValueType:
    """The code of a unit by its word; an ERU with a land-use activity is one that was a removal unit."""
    if not unit:
        return attributes_pb2.UNIT_TYPE_UNSPECIFIED
    if unit == "ERU":
        kinds = (attributes_pb2.UNIT_TYPE_ERU_FROM_AAU, attributes_pb2.UNIT_TYPE_ERU_FROM_RMU)
        return kinds[bool(of_land)]
    return attributes_pb2.UnitType.Value(f"UNIT_TYPE_{unit.upper()}")
