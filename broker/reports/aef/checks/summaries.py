# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Structured summaries, as far as the AEF can be compared with them (2/CMA.3 annex para 23)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredSummary:
    """A Party's yearly aggregates in t CO2 eq; None where the summary leaves one out.

    Attributes:
        first_transferred: Outcomes first transferred in the year (para 23(c)).
        other_purposes: Outcomes authorized for other purposes and first transferred (para 23(d)).
        used: Outcomes used towards the NDC for the year (para 23(e)).
        net: First two less the third (para 23(f)).
        adjustment: Total of adjustments of the year: first transfers by vintage less uses by year
            of use (para 23(h)).
    """

    party: str
    year: int
    first_transferred: int | None = None
    other_purposes: int | None = None
    used: int | None = None
    net: int | None = None
    adjustment: int | None = None
