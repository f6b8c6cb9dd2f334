# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are carried over once compliance with their period is settled."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    carrying_over,
    over,
)


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    if case.from_registry is None:
        return unknown("the registry that carries over is not known, so nor is its Party")
    period = piece.attributes.applicable_period
    said = case.compliance.get((case.giver, period))
    if said is not None and said.settled_on is not None and said.settled_on <= case.now.date():
        return None
    return Failure(
        f"compliance of {case.giver} with commitment period {period} is not settled; units are"
        " carried over afterwards"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CO_COMPLIANCE",
    title="Compliance with the period is settled before its units are carried over",
    category=KyotoCategory.CARRY_OVER,
    citation="13/CMP.1 annex paras 14 and 15",
    code="KP-CARRIED-WRONGLY",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="carry-overs",
    remedy="Wait until compliance of the Party with the period is settled.",
    applies=carrying_over,
    run=_run,
)
