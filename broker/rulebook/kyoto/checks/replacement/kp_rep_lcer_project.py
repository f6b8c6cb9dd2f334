# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in the place of lCERs whose storage is not what it was."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Provenance, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory
from broker.rulebook.kyoto.replacing import replaces_into, wrong_units


def _applies(case: KyotoCase) -> bool:
    return replaces_into(case, 422, 423)


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REP_LCER_PROJECT",
    title="lCERs of a reversal or without report are replaced by AAUs, RMUs, ERUs, CERs or lCERs of the same project",
    category=KyotoCategory.REPLACEMENT,
    citation="5/CMP.1 annex",
    code="KP-REP-LCER-PROJECT",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements of lCERs for a reversal of storage, or for no certification report",
    remedy="Replace the lCERs by AAUs, RMUs, ERUs, CERs, or by lCERs of the same project.",
    applies=_applies,
    run=wrong_units,
)
