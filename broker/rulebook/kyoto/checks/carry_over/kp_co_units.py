# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AAUs, CERs and ERUs that were AAUs are carried over."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    CARRIED_OVER,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    carrying_over,
    over,
)


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    kind = piece.attributes.unit_type
    if kind in CARRIED_OVER:
        return None
    named = kind.title if kind else "of no type"
    return Failure(
        f"{units(piece)} are {named} and would be carried over; expected AAU, ERU from AAU or CER",
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CO_UNITS",
    title="RMUs, ERUs that were RMUs, tCERs and lCERs are not carried over",
    category=KyotoCategory.CARRY_OVER,
    citation="13/CMP.1 annex paras 15 and 16",
    code="KP-CO-UNITS",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="carry-overs",
    remedy="Carry over AAUs, CERs and ERUs that were AAUs; retire or cancel the others.",
    applies=carrying_over,
    run=_run,
)
