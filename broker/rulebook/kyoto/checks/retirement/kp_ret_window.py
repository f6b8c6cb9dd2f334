# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are retired until compliance with the period is settled."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    Piece,
    over,
    retiring,
)


def _run(case: KyotoCase) -> Failure | None:
    return over(case, _piece)


def _piece(case: KyotoCase, piece: Piece) -> Failure | None:
    period = piece.attributes.applicable_period
    said = case.compliance.get((case.giver, period))
    if said is None or said.settled_on is None or case.now.date() < said.settled_on:
        return None
    return Failure(
        f"{units(piece)} are valid in commitment period {period}, compliance of {case.giver} with"
        f" which was settled on {said.settled_on}"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_RET_WINDOW",
    title="Nothing is retired for a period once compliance with it is settled",
    category=KyotoCategory.RETIREMENT,
    citation="UNFCCC, registry systems, 12 December 2025",
    code="KP-RET-WINDOW",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="retirements",
    remedy="Keep, cancel or carry over the units.",
    applies=retiring,
    run=_run,
)
