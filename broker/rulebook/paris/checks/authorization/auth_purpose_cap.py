# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No more units are used for a purpose than are authorized for it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import names, number
from broker.rulebook.paris.account_types import PURPOSE_OF_TYPE
from broker.rulebook.paris.authorization import AuthorizationHistory, AuthorizationVersion
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, has, using
from broker.rulebook.paris.looking import in_effect, terms_missing
from broker.rulebook.paris.purposes import Purpose
from broker.rulebook.paris.wording import letter


def _applies(case: LotCase) -> bool:
    account = case.to_account
    # What a programme did is booked whatever was authorized: NOTIFY_HOST_OF_CANCEL holds it.
    if (
        not using(case)
        or case.proposed.notice_id
        or (account is not None and account.account_type not in PURPOSE_OF_TYPE)
    ):
        return False
    return bool(case.gap) or has(case, authorized)


def _run(case: LotCase) -> Failure | None:
    account = case.to_account
    if account is None:
        return unknown("the type of the target account is not known, so nor is the purpose")
    purpose = PURPOSE_OF_TYPE[account.account_type]
    added: Counter[tuple[str, str, int]] = Counter()
    letters: dict[tuple[str, str, int], tuple[AuthorizationHistory, AuthorizationVersion]] = {}
    failures = []
    for lot in case.lots:
        if not authorized(lot):
            continue
        terms = in_effect(lot)
        if lot.history is None or terms is None:
            failures.append(terms_missing(lot))
            continue
        key = (str(terms.party), str(terms.id), terms.version)
        letters[key] = lot.history, terms
        added[key] += lot.quantity
    for key, (history, terms) in letters.items():
        failure = _cap(history, terms, purpose, added[key])
        if failure is not None:
            failures.append(failure)
    return joined(failures, case.gap)


def _cap(
    history: AuthorizationHistory, terms: AuthorizationVersion, purpose: Purpose, added: int
) -> Failure | None:
    for share in terms.purpose_quantities:
        if purpose not in share.purposes:
            continue
        total = added + sum(history.used.get(each, 0) for each in share.purposes)
        if total > share.quantity:
            return Failure(
                f"{number(total)} units would be used for {names(share.purposes)} under"
                f" {letter(terms)}, {number(added)} of them by this transaction; it authorizes"
                f" {number(share.quantity)} for that",
                severity=Severity.ERROR if terms.quantity_is_limit else Severity.WARNING,
            )
    return None


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_PURPOSE_CAP",
    title="No more units are used for a purpose than are authorized for it",
    category=ParisCategory.AUTHORIZATION,
    citation="7/CMA.4 synthesis report, para 21(g); 4/CMA.6 (to be confirmed)",
    severity=Severity.WARNING,
    effective=IN_FORCE,
    scope=(
        "uses, and cancellations for other purposes, of authorized units; an error where the "
        "authorization says that its quantities are limits; not those that acknowledge what a "
        "programme did"
    ),
    remedy="Use fewer units for this purpose, or have the quantity for it raised.",
    applies=_applies,
    run=_run,
)
