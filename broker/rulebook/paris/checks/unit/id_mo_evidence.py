# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A mitigation outcome document is on file for the cooperative approach."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.sharing import CheckRole
from broker.rulebook.general.wording import name
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE, concerning, each_lot, not_yet_transferred
from broker.rulebook.paris.lots import Lot


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    named = lot.attributes.cooperative_approach
    approach = case.approaches.get(named)
    if approach is None:
        return unknown(f"cooperative approach {name(named)} is not known to the clearing-house")
    if approach.evidence_count >= 1:
        return None
    return Failure(
        f"no mitigation outcome document is on file for cooperative approach {name(named)};"
        " expected at least 1"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="ID_MO_EVIDENCE",
    title="A mitigation outcome document is on file for the cooperative approach",
    category=Category.UNIT,
    citation="6/CMA.4 annex I para 4",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with authorized units that were not first transferred before",
    remedy="Let the operator file the hash of a mitigation outcome document for the approach.",
    applies=concerning(not_yet_transferred),
    run=each_lot(_lot, not_yet_transferred),
    # The document is what the acquiring side relies on; whether it wants it on file here or reads
    # it elsewhere is its choice, and the books are the same either way.
    protects=frozenset({CheckRole.RECEIVER}),
)
