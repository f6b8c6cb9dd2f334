# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What makes a Party eligible to take part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """The criteria of 2/CMA.3 annex para 4."""

    party_to_agreement: bool
    ndc_in_force: bool
    authorization_arrangements: bool
    tracking_arrangements: bool
    latest_inventory: bool
