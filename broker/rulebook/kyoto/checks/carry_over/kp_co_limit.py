# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ERUs, and CERs, are carried over up to 2.5 per cent of the assigned amount each."""

from __future__ import annotations

from collections import Counter
from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    CARRIED_OVER,
    UnitType,
)
from broker.rulebook.kyoto.effects import counts
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    carrying_over,
    pieces_of,
)

_PER_MILLE: Final = 25
"""Of the assigned amount of the period from which units are carried over."""


def _run(case: KyotoCase) -> Failure | None:
    if case.from_registry is None:
        return unknown("the registry that carries over is not known, so nor is its Party")
    wanted = Counter[tuple[int, UnitType]]()
    for piece in pieces_of(case):
        kind = piece.attributes.unit_type
        if kind is not None and kind in CARRIED_OVER and kind is not UnitType.AAU:
            wanted[piece.attributes.applicable_period, kind] += piece.range.quantity
    found = [_kind(case, *each, quantity) for each, quantity in wanted.items()]
    return joined([failure for failure in found if failure is not None], gap_of(case))


def _kind(case: KyotoCase, period: int, kind: UnitType, wanted: int) -> Failure | None:
    party = case.giver
    amount = case.assigned.get((party, period))
    if amount is None:
        return unknown(
            f"the assigned amount of {party} for commitment period {period} is not known"
        )
    limit = amount.quantity * _PER_MILLE // 1000
    so_far = case.count(counts.carried(party, period, kind))
    used = so_far.quantity + so_far.reserved
    if used + wanted <= limit:
        return None
    return Failure(
        f"{party} would carry over {wanted} units of type {kind.title} from commitment period"
        f" {period}; {used} of its limit of {limit} are used"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CO_LIMIT",
    title="ERUs, and CERs, carried over stay within 2.5 per cent of the assigned amount each, rounded down",
    category=KyotoCategory.CARRY_OVER,
    citation="13/CMP.1 annex para 15",
    code="KP-CO-LIMIT",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="carry-overs of ERUs and CERs; of AAUs there is no limit",
    remedy="Carry over no more than what is left of the limit.",
    applies=carrying_over,
    run=_run,
)
