# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An issuance issues one type of unit."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import issuing, unknown
from broker.rulebook.general.looking import gap_of
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, pieces_of


def _run(case: KyotoCase) -> Failure | None:
    types = {piece.attributes.unit_type for piece in pieces_of(case)}
    if len(types) > 1:
        named = " and ".join(sorted(kind.title if kind else "no type" for kind in types))
        return Failure(f"the issuance is of {named}; expected one type of unit")
    gap = gap_of(case)
    return unknown(f"cannot be judged: {gap}") if gap else None


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_ISSUE_ONE_TYPE",
    title="An issuance issues one type of unit",
    category=KyotoCategory.ISSUANCE,
    citation="Data Exchange Standards, issuance",
    code="5004",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances",
    remedy="Propose one issuance for each type of unit.",
    applies=issuing,
    run=_run,
)
