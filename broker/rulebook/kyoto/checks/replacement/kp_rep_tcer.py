# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in the place of tCERs."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Provenance, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory
from broker.rulebook.kyoto.replacing import replaces_into, wrong_units


def _applies(case: KyotoCase) -> bool:
    return replaces_into(case, 411)


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REP_TCER",
    title="tCERs are replaced by AAUs, RMUs, ERUs, CERs or tCERs",
    category=KyotoCategory.REPLACEMENT,
    citation="5/CMP.1 annex",
    code="KP-REP-TCER",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements of tCERs",
    remedy="Replace tCERs by AAUs, RMUs, ERUs, CERs or tCERs; no lCER stands for one.",
    applies=_applies,
    run=wrong_units,
)
