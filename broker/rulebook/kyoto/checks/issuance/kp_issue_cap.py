# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AAUs are issued up to the Party's assigned amount of the period."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing, joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.effects.counts import issued
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, pieces_of


def _applies(case: KyotoCase) -> bool:
    return issuing(case) and any(
        piece.attributes.unit_type is UnitType.AAU for piece in pieces_of(case)
    )


def _run(case: KyotoCase) -> Failure | None:
    registry = case.to_registry
    if registry is None:
        return unknown("the registry that issues is not known, so nor is its Party")
    wanted = Counter[int]()
    for piece in pieces_of(case):
        if piece.attributes.unit_type is UnitType.AAU:
            wanted[piece.attributes.original_period] += piece.range.quantity
    found = [_period(case, registry.party, *each) for each in wanted.items()]
    return joined([failure for failure in found if failure is not None], gap_of(case))


def _period(case: KyotoCase, party: str, period: int, quantity: int) -> Failure | None:
    amount = case.assigned.get((party, period))
    if amount is None:
        return unknown(
            f"the assigned amount of {party} for commitment period {period} is not known"
        )
    so_far = case.count(issued(party, period))
    left = amount.quantity - so_far.quantity - so_far.reserved
    if quantity <= left:
        return None
    return Failure(
        f"{party} would issue {quantity} AAUs for commitment period {period}; {left} of its assigned"
        f" amount of {amount.quantity} are left"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ISSUE_CAP",
    title="AAUs are issued up to the assigned amount of the Party for the period",
    category=KyotoCategory.ISSUANCE,
    citation="13/CMP.1 annex para 42; UNFCCC secretariat, ITL transaction checks, Bonn 2004",
    code="5008 REG-3011",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of AAUs",
    remedy="Issue no more than what is left of the assigned amount.",
    applies=_applies,
    run=_run,
)
