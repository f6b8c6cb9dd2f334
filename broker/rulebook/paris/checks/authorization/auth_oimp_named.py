# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An authorization for other purposes names them and defines first transfer."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import names
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.first_transfer import OTHER_PURPOSES
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, each_lot
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _other(lot: Lot) -> bool:
    if not authorized(lot):
        return False
    return lot.terms is None or not OTHER_PURPOSES.isdisjoint(lot.terms.purposes)


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    terms = lot.terms
    if terms is None:
        return terms_missing(lot)
    missing = []
    if not terms.other_purposes.strip():
        missing.append("names no specific purpose")
    if terms.definition is None:
        missing.append("defines no first transfer")
    if not missing:
        return None
    covered = names(terms.purposes & OTHER_PURPOSES)
    return Failure(f"{letter(terms)} covers {covered} but {' and '.join(missing)}")


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_OIMP_NAMED",
    title="An authorization for other purposes names them and defines first transfer",
    category=ParisCategory.AUTHORIZATION,
    citation="2/CMA.3 annex para 2(b); AEF table 2",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with units authorized for other international mitigation purposes",
    remedy=(
        "Let the first transferring Party state the purpose and the definition in a new version."
    ),
    applies=concerning(_other),
    run=each_lot(_lot, _other),
)
