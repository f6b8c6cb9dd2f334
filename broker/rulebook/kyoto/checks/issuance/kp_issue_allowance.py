# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""RMUs are issued up to what is allowed for their activity and period."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing, joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    UnitType,
)
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    pieces_of,
)


def _applies(case: KyotoCase) -> bool:
    return issuing(case) and any(map(_is_rmu, pieces_of(case)))


def _is_rmu(piece: Piece) -> bool:
    return piece.attributes.unit_type is UnitType.RMU


def _run(case: KyotoCase) -> Failure | None:
    if case.to_registry is None:
        return unknown("the registry that issues is not known, so nor is its Party")
    wanted = Counter[tuple[int, int]]()
    for piece in filter(_is_rmu, pieces_of(case)):
        wanted[piece.attributes.original_period, piece.attributes.activity] += piece.range.quantity
    found = [_activity(case, *each, quantity) for each, quantity in wanted.items()]
    return joined([failure for failure in found if failure is not None], gap_of(case))


def _activity(case: KyotoCase, period: int, activity: int, quantity: int) -> Failure | None:
    party = case.taker
    what = f"land-use activity {activity} in commitment period {period}"
    allowed = case.allowances.get((party, period, activity))
    if allowed is None:
        return unknown(f"how many RMUs {party} may issue for {what} is not known")
    so_far = case.count(counts.issued_for(party, period, activity))
    left = allowed - so_far.quantity - so_far.reserved
    if quantity <= left:
        return None
    return Failure(
        f"{party} would issue {quantity} RMUs for {what}; {left} of the {allowed} allowed are left"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ISSUE_ALLOWANCE",
    title="RMUs are issued up to the allowance of the Party for the activity and the period",
    category=KyotoCategory.ISSUANCE,
    citation="13/CMP.1 annex para 42 with 16/CMP.1; registry check 3010 of the United Kingdom",
    code="5009 REG-3010",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances of RMUs",
    remedy="Issue no more than what is left of the allowance for the activity.",
    applies=_applies,
    run=_run,
)
