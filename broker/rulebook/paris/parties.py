# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of a Party, and what makes it eligible to take part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from broker.rulebook.paris.years import AdjustmentMethod, NdcPeriod, YearSpan
from itmo.identifiers import PartyCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """The criteria of 2/CMA.3 annex para 4."""

    party_to_agreement: bool
    ndc_in_force: bool
    authorization_arrangements: bool
    tracking_arrangements: bool
    latest_inventory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyFacts:
    """What the clearing-house knows of a Party. None and empty mean: not known."""

    party: PartyCode
    participation: Participation | None = None
    initial_report_date: date | None = None
    ndc_periods: tuple[NdcPeriod, ...] = ()
    methods_stated: Mapping[YearSpan, frozenset[AdjustmentMethod]] = field(default_factory=dict)
    """Every method ever stated for a period; more than one breaks CA_METHOD_FIXED."""

    def period_of(self, year: int) -> NdcPeriod | None:
        """The implementation period that the year lies in."""
        return next((period for period in self.ndc_periods if year in period.years), None)
