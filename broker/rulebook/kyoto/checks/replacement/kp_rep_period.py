# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units replace others in the period in which they are valid."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Provenance, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, replacing
from broker.rulebook.kyoto.periods import valid_in_period_of_account

CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REP_PERIOD",
    title="Units enter a replacement account of the period in which they are valid",
    category=KyotoCategory.REPLACEMENT,
    citation="5/CMP.1 annex",
    code="KP-REP-PERIOD",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="replacements",
    remedy="Replace into the account of the applicable commitment period.",
    applies=replacing,
    run=valid_in_period_of_account,
)
