# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The initial report came no later than the authorization."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, concerning, each_lot, not_yet_transferred
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    if lot.terms is None:
        return terms_missing(lot)
    party = case.parties.get(lot.host)
    if party is None or party.initial_report_date is None:
        return unknown(f"no initial report of {name(lot.host)} is known")
    if party.initial_report_date <= lot.terms.date:
        return None
    return Failure(
        f"the initial report of {name(lot.host)} is dated {party.initial_report_date}, later than"
        f" {letter(lot.terms)} of {lot.terms.date}"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_INITIAL_REPORT",
    title="The initial report came no later than the authorization",
    category=ParisCategory.AUTHORIZATION,
    citation="2/CMA.3 annex paras 18-19",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with authorized units that were not first transferred before",
    remedy="Let the Party submit its initial report, and the operator record the date.",
    applies=concerning(not_yet_transferred),
    run=each_lot(_lot, not_yet_transferred),
)
