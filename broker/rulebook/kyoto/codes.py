# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Codes of the registries' data exchange: unit types, activities, tracks."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


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
        return _TITLES[self]


_TITLES: Final = {
    UnitType.AAU: "AAU",
    UnitType.RMU: "RMU",
    UnitType.ERU_FROM_AAU: "ERU from AAU",
    UnitType.ERU_FROM_RMU: "ERU from RMU",
    UnitType.CER: "CER",
    UnitType.TEMPORARY_CER: "tCER",
    UnitType.LONG_TERM_CER: "lCER",
}


class Track(IntEnum):
    """Who verified what an ERU stands for."""

    PARTY_VERIFIED = 1
    INDEPENDENTLY_VERIFIED = 2


CONVERTED: Final = {UnitType.AAU: UnitType.ERU_FROM_AAU, UnitType.RMU: UnitType.ERU_FROM_RMU}
"""What a conversion makes of a unit; the serial number stays."""
NATIONAL: Final = frozenset({UnitType.AAU, UnitType.RMU})
"""What a Party issues itself."""
WITH_ACTIVITY: Final = frozenset(
    {UnitType.RMU, UnitType.ERU_FROM_RMU, UnitType.TEMPORARY_CER, UnitType.LONG_TERM_CER}
)
"""Units that carry a land-use activity; no others do."""
WITH_PROJECT: Final = frozenset(UnitType) - NATIONAL
"""Units that carry a project; no others do."""
WITH_TRACK: Final = frozenset(CONVERTED.values())
"""Units that carry a track; no others do."""
WITH_EXPIRY: Final = frozenset({UnitType.TEMPORARY_CER, UnitType.LONG_TERM_CER})
"""Units that expire; no others do."""
