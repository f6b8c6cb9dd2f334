# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""As many units replace as are replaced."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.proposal import UnitRole
from broker.rulebook.general.wording import number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, replacing


def _run(case: KyotoCase) -> Failure | None:
    named = [
        block
        for block in case.proposed.blocks
        if block.role is UnitRole.NAMED and block.range is not None
    ]
    replaced = sum(block.range.quantity for block in named if block.range is not None)
    acting = case.proposed.quantity
    if replaced == acting:
        return None
    return Failure(
        f"{number(acting)} units would replace {number(replaced)}; expected as many as are replaced"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REP_EQUAL",
    title="As many units replace as are replaced",
    category=KyotoCategory.REPLACEMENT,
    citation="5/CMP.1 annex",
    code="KP-REP-EQUAL",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements",
    remedy="Name as many units to be replaced, in blocks of their own, as units that replace them.",
    applies=replacing,
    run=_run,
)
