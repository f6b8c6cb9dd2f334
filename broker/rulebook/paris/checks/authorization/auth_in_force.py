# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The authorization is in force on the day: not before its start, and not after its end."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import units
from broker.rulebook.paris.account_types import PURPOSE_OF_TYPE
from broker.rulebook.paris.authorization_terms import not_in_force
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, each_lot, has
from broker.rulebook.paris.looking import in_effect, terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _applies(case: LotCase) -> bool:
    kind, account = case.proposed.type, case.to_account
    # Giving back and cancelling for no purpose claim nothing: they stay open for units left over.
    # What a programme did is booked whenever it is acknowledged: NOTIFY_HOST_OF_CANCEL holds it.
    if kind is TransactionType.REVERSAL or case.proposed.notice_id:
        return False
    if (
        kind is TransactionType.CANCELLATION
        and account is not None
        and account.account_type not in PURPOSE_OF_TYPE
    ):
        return False
    return bool(case.gap) or has(case, authorized)


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    terms = in_effect(lot)
    if terms is None:
        return terms_missing(lot)
    against = not_in_force(terms, case.now.date())
    if not against:
        return None
    return Failure(f"{units(lot)} need an authorization in force; {letter(terms)} {against}")


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_IN_FORCE",
    title="The authorization is in force: not before its start and not after its end",
    category=ParisCategory.AUTHORIZATION,
    citation="UNFCCC ITMO API ITMOAuthorization, start and end; 4/CMA.6 (to be confirmed)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope=(
        "issuances, transfers, uses, and cancellations for other purposes, of authorized units; "
        "days in UTC, the last one included; not those that acknowledge what a programme did"
    ),
    remedy=(
        "Act between the start and the end of the authorization, or have it extended; units left "
        "over can be cancelled."
    ),
    applies=_applies,
    run=each_lot(_lot, authorized),
)
