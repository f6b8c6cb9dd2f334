# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The authorization names the cooperative approach of the units."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, each_lot
from broker.rulebook.paris.looking import terms_missing
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import letter


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    if lot.terms is None:
        return terms_missing(lot)
    approach = lot.attributes.cooperative_approach
    if lot.terms.cooperative_approach == approach:
        return None
    return Failure(
        f"{units(lot)} belong to cooperative approach {name(approach)}; {letter(lot.terms)} names"
        f" {lot.terms.cooperative_approach}"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_CA_MATCH",
    title="The authorization names the cooperative approach of the units",
    category=ParisCategory.AUTHORIZATION,
    citation="check II07; UNFCCC ITMO API ITMOAuthorization",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with ITMOs or authorized mitigation outcomes",
    remedy="Name an authorization given for the cooperative approach of the units.",
    applies=concerning(authorized),
    run=each_lot(_lot, authorized),
)
