# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of the mechanism registry carry the cooperative approach of the mechanism."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, concerning, each_lot
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.mechanism_issuance import of_mechanism
from itmo.nomenclature import MECHANISM_APPROACH


def _of_mechanism(lot: Lot) -> bool:
    return of_mechanism(lot.registry)


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    if lot.attributes.cooperative_approach == MECHANISM_APPROACH:
        return None
    return Failure(
        f"{units(lot)} carry {name(lot.attributes.cooperative_approach)}; expected"
        f" {MECHANISM_APPROACH}, the Article 6.4 mechanism"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="A64_CA_IS_1",
    title="Units of the mechanism registry carry cooperative approach CA000001",
    category=ParisCategory.MECHANISM,
    citation="common nomenclatures item 9",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with units that the mechanism registry issued",
    remedy=("Issue the units under cooperative approach CA000001."),
    applies=concerning(_of_mechanism),
    run=each_lot(_lot, _of_mechanism),
)
