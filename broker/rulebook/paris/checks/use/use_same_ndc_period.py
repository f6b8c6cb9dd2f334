# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Vintage and year of use lie in one NDC period of the using Party."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, number, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, each_lot, has, not_cer, uses_ndc
from broker.rulebook.paris.looking import span
from broker.rulebook.paris.lots import Lot


def _applies(case: LotCase) -> bool:
    return uses_ndc(case) and (bool(case.gap) or has(case, not_cer))


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    year, account = case.proposed.year_of_use, case.to_account
    party = case.parties.get(lot.taker)
    if year is None or account is None:
        return unknown("the year of use or the target account is not known")
    if party is None or not party.ndc_periods:
        return unknown(f"the NDC periods of {name(lot.taker)} are not known")
    period, vintage = party.period_of(year), lot.attributes.vintage
    if period is None:
        return unknown(f"no NDC period of {name(lot.taker)} with the year {number(year)} is known")
    years = period.years
    if vintage not in years:
        return Failure(
            f"{units(lot)} have vintage {number(vintage)}; use by {name(lot.taker)} for"
            f" {number(year)} lies in its NDC period {span(years.first, years.last)}, which must"
            " hold the vintage too"
        )
    opened = account.ndc_period
    if opened is not None and (year not in opened or vintage not in opened):
        return Failure(
            f"account {account.account_id} was opened for the NDC period"
            f" {span(opened.first, opened.last)}; expected one that holds vintage"
            f" {number(vintage)} and year of use {number(year)}"
        )
    return None


CHECK: Final[Check[LotCase]] = Check(
    id="USE_SAME_NDC_PERIOD",
    title="Vintage and year of use lie in one NDC period of the using Party",
    category=ParisCategory.USE,
    citation="2/CMA.3 annex para 8(b); check STC03",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="uses towards an NDC, other than of certified emission reductions",
    remedy="Use the units within the NDC period in which the mitigation took place.",
    applies=_applies,
    run=each_lot(_lot, not_cer),
)
