# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Targets: what a Party means to emit at most, from a base and a reduction that may be a range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WHOLE: Final = 10_000
"""Hundredths of a per cent in a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a Party means to reach: one option of a pledge, or the whole of it.

    Attributes:
        party: The Party.
        name: Name of the option.
        base_year: The year, or the first of the years, of the base.
        base_emissions: t CO2 eq a year.
        least: Least reduction below the base, in hundredths of a per cent; negative: more may be
            emitted than in the base.
        most: Most reduction; the least where it is no range.
        conditions: What it depends on; none: it is unconditional.
        conditions_met: Whether these are met.
        abroad: The most of the retired units that may be from abroad, in hundredths of a per cent.
        period: The commitment period whose units count towards it; 0: none.
    """

    party: str
    name: str
    base_year: int
    base_emissions: int
    first_year: int
    last_year: int
    least: int
    most: int
    conditions: tuple[str, ...] = ()
    conditions_met: bool = False
    gases: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    activities: tuple[int, ...] = ()
    land_use_rule: str = ""
    abroad: int = WHOLE
    period: int = 0

    @property
    def years(self) -> int:
        """How many years it covers."""
        return self.last_year - self.first_year + 1

    def allowed(self, reduction: int) -> int:
        """What may be emitted in all its years, t CO2 eq, rounded down.

        Args:
            reduction: Below the base, in hundredths of a per cent.
        """
        return self.base_emissions * (WHOLE - reduction) * self.years // WHOLE
