# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units become valid in the period after that in which they are."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import units
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
    was, then = piece.attributes.applicable_period, case.proposed.period
    if then != was + 1:
        return Failure(
            f"{units(piece)} are valid in commitment period {was} and would be valid in {then};"
            f" expected {was + 1}",
            piece.attributes.changed_by,
        )
    if then not in case.periods:
        return unknown(f"commitment period {then} is not known")
    return None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CO_PERIOD",
    title="Units that are carried over become valid in the next period",
    category=KyotoCategory.CARRY_OVER,
    citation="Data Exchange Standards, carry-over; registry check 3001 of the United Kingdom",
    code="REG-3001",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="carry-overs",
    remedy="Name the next commitment period, which has to be known to the clearing-house.",
    applies=carrying_over,
    run=_run,
)
