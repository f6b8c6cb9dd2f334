# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party keeps one method through an NDC period."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.wording import names
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, booking
from broker.rulebook.paris.looking import bookings, period_missing, span


def _run(case: BookingCase) -> Failure | None:
    failures = []
    for entry, party, period in bookings(case):
        if party is None or not party.ndc_periods:
            failures.append(period_missing(entry))
        elif period is not None:
            methods = {period.method}
            for years, stated in party.methods_stated.items():
                if years.first <= period.years.last and period.years.first <= years.last:
                    methods |= stated
            if len(methods) != 1:
                failures.append(
                    Failure(
                        f"{party.party} stated the methods {names(methods)} for its NDC period"
                        f" {span(period.years.first, period.years.last)}; expected one"
                    )
                )
    return joined(failures)


CHECK: Final[Check[BookingCase]] = Check(
    id="CA_METHOD_FIXED",
    title="A Party keeps one method through an NDC period",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex paras 7, 18(c)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that book an adjustment",
    remedy=(
        "Let the Party confirm one method for the period, and the operator correct the record."
    ),
    applies=booking,
    run=_run,
)
