# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants that a broker which judges by Paris has besides the general ones."""

from __future__ import annotations

from typing import Final

from broker.reports.audit import Invariant
from broker.reports.paris.invariants import (
    accounts,
    adjustments,
    cers_begun,
    finality,
    underlying,
)

INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("underlying units back once", underlying.underlying_units_stand_behind_one_unit),
    Invariant("final accounts are marked", accounts.final_accounts_are_marked),
    Invariant("CERs carry what ended", cers_begun.cers_carry_the_serials_that_ended),
    Invariant("adjustments match units", adjustments.entries_match_units),
    Invariant("final periods stay as they are", finality.nothing_is_booked_after),
    Invariant("totals of approaches are true", adjustments.approach_totals_are_true),
    Invariant("totals of authorizations are true", adjustments.authorization_totals_are_true),
)
