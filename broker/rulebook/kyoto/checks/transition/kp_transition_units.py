# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Only CERs of the second period go over to Article 6."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import UnitType
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, Piece, over, transiting

_PERIOD: Final = 2
"""An activity that was registered from 2013 on has issued for no other one."""


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    are = piece.attributes
    if are.unit_type is not UnitType.CER:
        named = are.unit_type.title if are.unit_type else "of no type"
        return Failure(f"{units(piece)} are {named}; expected {UnitType.CER.title}")
    if {are.original_period, are.applicable_period} != {_PERIOD}:
        return Failure(
            f"{units(piece)} are of commitment periods {are.original_period} and"
            f" {are.applicable_period}; expected {_PERIOD}"
        )
    return None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRANSITION_UNITS",
    title="CERs of the second period, and none else, go over to Article 6",
    category=KyotoCategory.TRANSITION,
    citation="3/CMA.3 annex para 75; 7/CMA.4 annex I paras 18-24",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transitions",
    remedy="Name CERs of the second period that an account holds; tCERs, lCERs and ERUs stay.",
    applies=transiting,
    run=_run,
)
