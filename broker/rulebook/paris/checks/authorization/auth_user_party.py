# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The using Party is one that the authorization names."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, names, units
from broker.rulebook.paris.account_types import PURPOSE_OF_TYPE
from broker.rulebook.paris.accounting import used_towards_ndc
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, has, over, using
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _applies(case: LotCase) -> bool:
    account = case.to_account
    if not using(case):
        return False
    if account is not None and account.account_type not in PURPOSE_OF_TYPE:
        return False
    return bool(case.gap) or has(case, authorized)


def _run(case: LotCase) -> Failure | None:
    if case.to_account is None:
        return unknown("the target account is not known")
    return over(case, _lot, authorized)


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    if lot.terms is None:
        return terms_missing(lot)
    allowed = lot.terms.parties
    if not allowed or lot.taker in allowed:
        return None
    if not lot.taker:
        return unknown("the using Party is not known")
    if lot.taker == lot.host and not used_towards_ndc(case):
        return None
    return Failure(
        f"{name(lot.taker)} would use {units(lot)}; {letter(lot.terms)} names as users"
        f" {names(allowed)}"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_USER_PARTY",
    title="The using Party is one that the authorization names",
    category=ParisCategory.AUTHORIZATION,
    citation="AEF table 2 AuthorizedPartyIDs; check II06",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope=(
        "uses, and cancellations for other purposes, of authorized units; a host that "
        "cancels or uses its own units for other purposes needs no naming"
    ),
    remedy="Let a Party use the units that the authorization names, or have it amended.",
    applies=_applies,
    run=_run,
)
