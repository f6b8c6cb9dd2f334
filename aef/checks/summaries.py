# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Structured summaries, as far as the AEF can be compared with them (2/CMA.3 annex para 23)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GHG: Final = "GHG"
"""Metric of summaries in t CO2 eq."""
SummaryKey = tuple[str, int, str]
"""Party, year, metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredSummary:
    """A Party's yearly aggregates in one metric; None where the summary leaves one out.

    Attributes:
        metric: GHG (t CO2 eq) or the name of a non-GHG metric; the two are never added up.
        first_transferred: Outcomes first transferred in the year (para 23(c)).
        other_purposes: Outcomes authorized for other purposes and first transferred (para 23(d)).
        used: Outcomes used towards the NDC for the year (para 23(e)).
        net: First two less the third (para 23(f)).
        adjustment: Total of adjustments of the year: first transfers by vintage less uses by year
            of use (para 23(h)); of an indicator, the other way round (2/CMA.3 annex para 9).
    """

    party: str
    year: int
    metric: str = GHG
    first_transferred: int | None = None
    other_purposes: int | None = None
    used: int | None = None
    net: int | None = None
    adjustment: int | None = None

    @property
    def key(self) -> SummaryKey:
        """Party, year and metric, of which there is one summary."""
        return self.party, self.year, self.metric
