# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are authorized by the moment that their cooperative approach sets."""

from __future__ import annotations

from typing import Final

from broker.rulebook.authorizing import AuthorizationTiming
from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.lots import Lot
from broker.rulebook.paris.authorization_terms import too_late
from broker.rulebook.paris.judging import IN_FORCE, concerning, not_yet_transferred, over, unknown
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.wording import letter, name, units


def _run(case: Case) -> Failure | None:
    return over(case, _lot, not_yet_transferred)


def _lot(case: Case, lot: Lot) -> Failure | None:
    if lot.terms is None:
        return terms_missing(lot)
    named = lot.attributes.cooperative_approach
    approach = case.facts.approaches.get(named)
    if approach is None:
        return unknown(f"cooperative approach {name(named)} is not known")
    timing = approach.authorization_timing
    if lot.segment is None:
        late = too_late(timing, lot.terms.date, case.facts.now.date())
        return Failure(f"{letter(lot.terms)} {late}") if late else None
    if timing is AuthorizationTiming.ANY_TIME or lot.segment.authorized_at_issuance:
        return None
    # A letter that names no purpose authorizes none; it does not come too late for what it does.
    if not lot.terms.purposes:
        return None
    return Failure(
        f"{units(lot)} were issued without an authorization for a purpose; {name(named)} lets no"
        " unit be authorized after its issuance"
    )


CHECK: Final = Check(
    id="AUTH_TIMING",
    title="Units are authorized by the moment that their cooperative approach sets",
    category=Category.AUTHORIZATION,
    citation="seed 004 paras 24-28; 4/CMA.6 (to be confirmed)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with authorized units that were not first transferred before",
    remedy="Authorize before the issuance, as the cooperative approach has set.",
    applies=concerning(not_yet_transferred),
    run=_run,
)
