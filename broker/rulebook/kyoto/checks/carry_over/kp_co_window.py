# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are carried over within the days that are set for it."""

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
    number = piece.attributes.applicable_period
    period = case.periods.get(number)
    if period is None:
        return unknown(f"commitment period {number} of {units(piece)} is not known")
    opens, ends = period.carry_over_from, period.carry_over_until
    if opens is None or ends is None:
        return Failure(f"units of commitment period {number} are not carried over")
    if opens <= case.now.date() <= ends:
        return None
    return Failure(
        f"units of commitment period {number} are carried over from {opens} to {ends}; it is"
        f" {case.now.date()}"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CO_WINDOW",
    title="Units are carried over on a day within the window of their period",
    category=KyotoCategory.CARRY_OVER,
    citation="13/CMP.1 annex para 15; registry check 3002 of the United Kingdom",
    code="REG-3002",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="carry-overs",
    remedy="Carry over within the window that the operator stated for the period.",
    applies=carrying_over,
    run=_run,
)
