# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that are issued are of the programmes, sectors, activity types and metric authorized."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import issuing
from broker.rulebook.general.wording import units
from broker.rulebook.paris.authorization_terms import not_covered
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, each_lot, has
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _applies(case: LotCase) -> bool:
    return issuing(case) and (bool(case.gap) or has(case, authorized))


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    if lot.terms is None:
        return terms_missing(lot)
    other = not_covered(lot.terms, lot.attributes)
    if not other:
        return None
    return Failure(f"{letter(lot.terms)} is of other units than {units(lot)}: {other}")


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_UNITS_COVERED",
    title="Units are of the programmes, sectors, activity types and metric that are authorized",
    category=ParisCategory.AUTHORIZATION,
    citation=(
        "7/CMA.4 synthesis report, paras 19, 21(f); UNFCCC ITMO API ITMOAuthorization, underlying "
        "schemes; check II03"
    ),
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of authorized units; an authorization that states none of these is of any",
    remedy=(
        "Issue the units under an authorization of such units, or have it amended; correct the "
        "attributes where they are wrong."
    ),
    applies=_applies,
    run=each_lot(_lot, authorized),
)
