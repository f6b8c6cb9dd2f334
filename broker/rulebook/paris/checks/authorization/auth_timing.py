# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are authorized by the moment that their cooperative approach sets."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.authorization import (
    FROM_REGISTRATION,
    AuthorizationTiming,
    AuthorizationVersion,
)
from broker.rulebook.paris.authorization_terms import authorized_since, too_late
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, concerning, each_lot, not_yet_transferred
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    if lot.terms is None:
        return terms_missing(lot)
    named = lot.attributes.cooperative_approach
    approach = case.approaches.get(named)
    if approach is None:
        return unknown(f"cooperative approach {name(named)} is not known")
    timing = approach.authorization_timing
    if timing in FROM_REGISTRATION:
        return _from_registration(case, lot, lot.terms, timing)
    if lot.segment is None:
        today = case.now.date()
        late = too_late(timing, lot.terms.date, today, f"the issuance of {today}")
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


def _from_registration(
    case: LotCase, lot: Lot, terms: AuthorizationVersion, timing: AuthorizationTiming
) -> Failure | None:
    approach, activity = lot.attributes.cooperative_approach, lot.attributes.activity
    if not activity:
        return Failure(
            f"{units(lot)} name no activity; {name(approach)} wants units authorized by the"
            " registration of theirs"
        )
    registered = case.registrations.get((approach, activity))
    if registered is None:
        return unknown(
            f"when activity {name(activity)} of {name(approach)} was registered is not known"
        )
    if not terms.purposes or lot.history is None:
        return None
    since = authorized_since(lot.history, terms)
    what = f"the registration of {name(activity)} on {registered}"
    late = too_late(timing, since, registered, what)
    return Failure(f"{letter(terms)} {late}") if late else None


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_TIMING",
    title="Units are authorized by the moment that their cooperative approach sets",
    category=ParisCategory.AUTHORIZATION,
    citation="7/CMA.4 synthesis report, paras 24-28; 4/CMA.6 (to be confirmed)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with authorized units that were not first transferred before",
    remedy=(
        "Authorize by the moment that the cooperative approach has set; where that is the "
        "registration, let the operator record when the activity was registered."
    ),
    applies=concerning(not_yet_transferred),
    run=each_lot(_lot, not_yet_transferred),
)
