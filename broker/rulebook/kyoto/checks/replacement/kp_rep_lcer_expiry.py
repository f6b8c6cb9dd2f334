# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in the place of lCERs that expire."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Provenance, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory
from broker.rulebook.kyoto.replacing import replaces_into, wrong_units


def _applies(case: KyotoCase) -> bool:
    return replaces_into(case, 421)


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REP_LCER_EXPIRY",
    title="lCERs that expire are replaced by AAUs, RMUs, ERUs or CERs",
    category=KyotoCategory.REPLACEMENT,
    citation="5/CMP.1 annex",
    code="KP-REP-LCER-EXPIRY",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements of lCERs that expire",
    remedy="Replace lCERs that expire by AAUs, RMUs, ERUs or CERs.",
    applies=_applies,
    run=wrong_units,
)
