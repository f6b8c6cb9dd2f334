# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The authorization covers what the units are used for."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import names, units
from broker.rulebook.paris.account_types import PURPOSE_OF_TYPE
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, has, not_cer, over, using
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _applies(case: LotCase) -> bool:
    if not using(case):
        return case.proposed.type is TransactionType.TRANSFER and has(case, _leaves_bare)
    account = case.to_account
    if account is None:
        return True
    return account.account_type in PURPOSE_OF_TYPE and (bool(case.gap) or has(case, not_cer))


def _leaves_bare(lot: Lot) -> bool:
    return lot.international and not_cer(lot) and (not authorized(lot) or _unnamed(lot))


def _unnamed(lot: Lot) -> bool:
    """Units of a letter that does not name their purpose yet.

    Source: 7/CMA.4 synthesis report, para 22.
    """
    return lot.terms is not None and not lot.terms.purposes


def _run(case: LotCase) -> Failure | None:
    if using(case) and case.to_account is None:
        return unknown("the type of the target account is not known, so nor is the purpose")
    return over(case, _lot, not_cer)


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    if not authorized(lot):
        if using(case) or lot.international:
            return Failure(
                f"{units(lot)} are {lot.attributes.unit_type} units without authorization; expected"
                " that they stay with their host and are used for no NDC or other purpose"
            )
        return None
    account = case.to_account
    if lot.terms is not None and _unnamed(lot) and (using(case) or lot.international):
        return Failure(
            f"{letter(lot.terms)} names no purpose yet; expected that {units(lot)} stay with their"
            " host and are used for no NDC or other purpose"
        )
    if not using(case) or account is None:
        return None
    if lot.terms is None:
        return terms_missing(lot)
    wanted = PURPOSE_OF_TYPE[account.account_type]
    if wanted in lot.terms.purposes:
        return None
    return Failure(
        f"{units(lot)} would enter an account of type {account.account_type}, which needs purpose"
        f" {wanted}; {letter(lot.terms)} covers {names(lot.terms.purposes)}"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_PURPOSE_MATCH",
    title="The authorization covers what the units are used for",
    category=ParisCategory.AUTHORIZATION,
    citation="2/CMA.3 annex para 1(d), (f); checks STC02, IP04; 7/CMA.4 synthesis report, para 22",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope=(
        "uses, cancellations for other purposes, and international transfers of units "
        "without authorization or of a letter that names no purpose yet"
    ),
    remedy=(
        "Use the units for a purpose they are authorized for, or have the authorization amended."
    ),
    applies=_applies,
    run=_run,
)
