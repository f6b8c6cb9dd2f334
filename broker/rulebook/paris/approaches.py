# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of a cooperative approach."""

from __future__ import annotations

from dataclasses import dataclass

from broker.rulebook.paris.attributes import Metric
from broker.rulebook.paris.authorization import AuthorizationTiming
from itmo.identifiers import CooperativeApproachId, PartyCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachFacts:
    """A cooperative approach."""

    cooperative_approach: CooperativeApproachId
    parties: frozenset[PartyCode]
    sectors: frozenset[str]
    activity_types: frozenset[str]
    metric: Metric
    non_ghg_metric: str = ""
    evidence_count: int = 0
    authorization_timing: AuthorizationTiming = AuthorizationTiming.ANY_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachTotals:
    """Units of a cooperative approach by what became of them."""

    first_transferred: int = 0
    used_or_cancelled: int = 0
