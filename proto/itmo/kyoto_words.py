# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Codes of the Kyoto registries in the words in which people write and read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

UNIT_TYPES: Final[Mapping[str, int]] = {
    "AAU": 1,
    "RMU": 2,
    "ERU from AAU": 3,
    "ERU from RMU": 4,
    "CER": 5,
    "tCER": 6,
    "lCER": 7,
}
"""Code of a unit type by its word."""
ACTIVITIES: Final[Mapping[str, int]] = {
    "afforestation and reforestation": 1,
    "deforestation": 2,
    "forest management": 3,
    "cropland management": 4,
    "grazing land management": 5,
    "revegetation": 6,
    "wetland drainage and rewetting": 7,
}
"""Code of a land-use activity by its word."""
TRACKS: Final[Mapping[str, int]] = {"Party-verified": 1, "independently verified": 2}
"""Code of a track by its word."""


class Units(Protocol):
    """What units are, as it travels: `itmo.kyoto.v1.UnitAttributes`."""

    @property
    def unit_type(self) -> int:
        """Code of the type."""

    @property
    def applicable_period(self) -> int:
        """Commitment period in which they are valid."""

    @property
    def original_period(self) -> int:
        """Commitment period for which they were issued."""

    @property
    def lulucf_activity(self) -> int:
        """Code of the land-use activity; 0: none."""

    @property
    def project(self) -> str:
        """Host Party and number; empty: none."""

    @property
    def track(self) -> int:
        """Code of the track; 0: none."""

    @property
    def expiry_date(self) -> str:
        """As yyyy-mm-dd; empty: they never expire."""


def word(words: Mapping[str, int], code: int) -> str:
    """The word for a code; the code itself where it has none, nothing for 0."""
    return next((name for name, each in words.items() if each == code), str(code or ""))


def in_words(units: Units) -> str:
    """What units are, in a line: ERU from AAU, period 1, project GBR22, Party-verified."""
    period, issued_for = units.applicable_period, units.original_period
    told = [
        word(UNIT_TYPES, units.unit_type),
        f"period {period}" if period else "",
        f"issued for period {issued_for}" if period and issued_for not in {0, period} else "",
        word(ACTIVITIES, units.lulucf_activity),
        f"project {units.project}" if units.project else "",
        word(TRACKS, units.track),
        f"expires {units.expiry_date}" if units.expiry_date else "",
    ]
    return ", ".join(part for part in told if part)
