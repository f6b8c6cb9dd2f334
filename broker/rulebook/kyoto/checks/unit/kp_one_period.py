# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""All units of a transaction are of one applicable period."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Provenance, Severity, every_case
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, pieces_of


def _run(case: KyotoCase) -> Failure | None:
    periods = {piece.attributes.applicable_period for piece in pieces_of(case)}
    if len(periods) > 1:
        listed = " and ".join(map(str, sorted(periods)))
        return Failure(f"the units are valid in commitment periods {listed}; expected one")
    gap = gap_of(case)
    return unknown(f"cannot be judged: {gap}") if gap else None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ONE_PERIOD",
    title="All units of a transaction are valid in one commitment period",
    category=Category.UNIT,
    citation="Data Exchange Standards, general transaction checks",
    code="4005",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Propose one transaction for each applicable commitment period.",
    applies=every_case,
    run=_run,
)
