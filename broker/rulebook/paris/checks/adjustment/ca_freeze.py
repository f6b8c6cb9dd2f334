# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing is booked in a period that is final."""

from __future__ import annotations

from datetime import date
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.wording import number
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, booking
from broker.rulebook.paris.looking import bookings, period_missing, span
from broker.rulebook.paris.years import NdcPeriod


def _final(period: NdcPeriod, today: date) -> bool:
    return period.finality_date is not None and period.finality_date <= today


def _run(case: BookingCase) -> Failure | None:
    failures = []
    today = case.now.date()
    for entry, party, period in bookings(case):
        if party is None or not party.ndc_periods:
            failures.append(period_missing(entry))
        elif period is not None and _final(period, today):
            failures.append(
                Failure(
                    f"the NDC period {span(period.years.first, period.years.last)} of"
                    f" {party.party} is final since {period.finality_date}; a booking for"
                    f" {number(entry.year)} comes too late"
                )
            )
    return joined(failures)


CHECK: Final[Check[BookingCase]] = Check(
    id="CA_FREEZE",
    title="Nothing is booked in a period that is final",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex para 12",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that book an adjustment",
    remedy="The period is closed for good; choose units or a year of use of an open period.",
    applies=booking,
    run=_run,
)
