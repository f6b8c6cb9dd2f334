# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both Parties take part in the cooperative approach."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import name, names
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, authorized, concerning, each_lot
from broker.rulebook.paris.lots import Lot
from itmo.parties import MECHANISM_REGISTRY

_MECHANISM: Final = "CA000001"
"""The Article 6.4 mechanism (common nomenclatures item 9)."""


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    named = lot.attributes.cooperative_approach
    approach = case.approaches.get(named)
    if approach is None:
        return unknown(f"cooperative approach {name(named)} is not known to the clearing-house")
    if not lot.giver or not lot.taker:
        return unknown("the Party of a registry is not known")
    if named == _MECHANISM:
        return None
    outside = {lot.host, lot.giver, lot.taker} - approach.parties
    if lot.terms is not None:
        outside.discard(lot.terms.party)
    outside.discard(MECHANISM_REGISTRY)
    if not outside:
        return None
    return Failure(
        f"{names(outside)} takes no part in cooperative approach {name(named)}; its Parties are"
        f" {names(approach.parties)}"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="AUTH_PARTY_IN_CA",
    title="Both Parties take part in the cooperative approach",
    category=ParisCategory.AUTHORIZATION,
    citation="check II01",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope=(
        "transactions with ITMOs or authorized mitigation outcomes; the mechanism's "
        "approach CA000001 is open to every Party"
    ),
    remedy=(
        "Transfer only between Parties of the cooperative approach, or have the approach extended."
    ),
    applies=concerning(authorized),
    run=each_lot(_lot, authorized),
)
