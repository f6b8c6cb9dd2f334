# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Codes of the registries' data exchange: unit types, activities, tracks."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from broker.rulebook.kyoto.tables import UNIT_TYPE_ROWS


class UnitType(IntEnum):
    """Types of unit, by the code that serial numbers carry."""

    AAU = 1
    RMU = 2
    ERU_FROM_AAU = 3
    ERU_FROM_RMU = 4
    CER = 5
    TEMPORARY_CER = 6
    LONG_TERM_CER = 7

    @property
    def title(self) -> str:
        """As people write it."""
        return _ROWS[self].title


_ROWS: Final = {UnitType[row.name]: row for row in UNIT_TYPE_ROWS}


class Track(IntEnum):
    """Who verified what an ERU stands for."""

    PARTY_VERIFIED = 1
    INDEPENDENTLY_VERIFIED = 2


CONVERTED: Final = {each: UnitType(row.becomes) for each, row in _ROWS.items() if row.becomes}
"""What a conversion makes of a unit; the serial number stays."""
NATIONAL: Final = frozenset(CONVERTED)
"""What a Party issues itself."""
CERS: Final = frozenset({UnitType.CER, UnitType.TEMPORARY_CER, UnitType.LONG_TERM_CER})
"""What the registry of the clean development mechanism issues."""
IN_RESERVE: Final = frozenset(
    {UnitType.AAU, UnitType.RMU, UnitType.ERU_FROM_AAU, UnitType.ERU_FROM_RMU, UnitType.CER}
)
"""What counts towards the commitment period reserve; temporary units do not."""
FOREST_CERS: Final = frozenset({UnitType.TEMPORARY_CER, UnitType.LONG_TERM_CER})
"""Units of afforestation and reforestation under the clean development mechanism."""
CARRIED_OVER: Final = frozenset({UnitType.AAU, UnitType.ERU_FROM_AAU, UnitType.CER})
"""What may become valid in the next period."""
WITH_ACTIVITY: Final = frozenset(each for each, row in _ROWS.items() if row.activity)
"""Units that carry a land-use activity; no others do."""
WITH_PROJECT: Final = frozenset(each for each, row in _ROWS.items() if row.project)
"""Units that carry a project; no others do."""
WITH_TRACK: Final = frozenset(each for each, row in _ROWS.items() if row.track)
"""Units that carry a track; no others do."""
WITH_EXPIRY: Final = frozenset(each for each, row in _ROWS.items() if row.expiry)
"""Units that expire; no others do."""


class Mechanism(IntEnum):
    """Under which mechanism a project is."""

    JOINT_IMPLEMENTATION = 1
    CLEAN_DEVELOPMENT = 2


class ProjectStatus(IntEnum):
    """How a project stands; nothing is issued or converted unless it is registered."""

    REGISTERED = 1
    SUSPENDED = 2
    DEREGISTERED = 3
