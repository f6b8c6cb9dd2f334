# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Vintage and year of use lie within the authorized years."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import number, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, each_lot
from broker.rulebook.paris.looking import span, terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    terms = lot.terms
    if terms is None:
        return terms_missing(lot)
    vintage = lot.attributes.vintage
    if vintage not in terms.vintages:
        return Failure(
            f"{units(lot)} have vintage {number(vintage)}; {letter(terms)} covers"
            f" {span(terms.vintages.first, terms.vintages.last)}"
        )
    year, allowed = case.proposed.year_of_use, terms.use_years
    if year is not None and allowed is not None and year not in allowed:
        return Failure(
            f"{units(lot)} are used for {number(year)}; {letter(terms)} covers use for"
            f" {span(allowed.first, allowed.last)}"
        )
    return None


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_VINTAGE_WINDOW",
    title="Vintage and year of use lie within the authorized years",
    category=ParisCategory.AUTHORIZATION,
    citation="AEF table 2 AuthorizedTimeframe; UNFCCC ITMO API ITMOAuthorization.vintages",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with ITMOs or authorized mitigation outcomes",
    remedy=("Choose units and a year of use within the authorized time frame, or have it amended."),
    applies=concerning(authorized),
    run=each_lot(_lot, authorized),
)
