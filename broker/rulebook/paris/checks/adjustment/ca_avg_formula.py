# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An averaging Party has an elapsed year to divide by."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, booking
from broker.rulebook.paris.looking import bookings, period_missing, span
from broker.rulebook.paris.years import AdjustmentMethod, NdcTarget


def _run(case: BookingCase) -> Failure | None:
    failures = []
    today = case.now.year
    for entry, party, period in bookings(case):
        if party is None or not party.ndc_periods:
            failures.append(period_missing(entry))
            continue
        if period is None or period.method is not AdjustmentMethod.AVERAGING:
            continue
        years = span(period.years.first, period.years.last)
        if period.target is not NdcTarget.SINGLE_YEAR:
            failures.append(
                Failure(
                    f"{party.party} averages over {years} with a {period.target} target; expected"
                    f" {NdcTarget.SINGLE_YEAR}"
                )
            )
        elif today < period.years.first:
            failures.append(
                Failure(
                    f"{party.party} averages over {years} and no year of it has elapsed in {today};"
                    " expected 1 or more"
                )
            )
    return joined(failures)


CHECK: Final[Check[BookingCase]] = Check(
    id="CA_AVG_FORMULA",
    title="An averaging Party has an elapsed year to divide by",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex para 7(a)(ii)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that book an adjustment",
    remedy="Book for a year of a period that has begun; averaging is for single-year targets.",
    applies=booking,
    run=_run,
)
