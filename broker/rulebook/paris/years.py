# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Spans of years, and what a Party says of them: periods of its NDC, yearly figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class YearSpan:
    """An inclusive span of calendar years."""

    first: int
    last: int

    def __contains__(self, year: object) -> bool:
        """True when the year lies in the span."""
        return isinstance(year, int) and self.first <= year <= self.last


class NdcTarget(StrEnum):
    """How a Party's NDC target is set."""

    SINGLE_YEAR = "SINGLE_YEAR"
    MULTI_YEAR = "MULTI_YEAR"


class AdjustmentMethod(StrEnum):
    """How corresponding adjustments are applied (2/CMA.3 annex para 7)."""

    TRAJECTORY = "TRAJECTORY"
    AVERAGING = "AVERAGING"
    BUDGET = "BUDGET"


@dataclass(frozen=True, slots=True, kw_only=True)
class NdcPeriod:
    """An implementation period of an NDC."""

    years: YearSpan
    target: NdcTarget
    method: AdjustmentMethod
    first_or_first_updated: bool = True
    finality_date: date | None = None


class LevelKind(StrEnum):
    """What yearly figures of a Party are."""

    INVENTORY = "INVENTORY"
    TARGET = "TARGET"
    INVENTORY_PART = "INVENTORY_PART"
