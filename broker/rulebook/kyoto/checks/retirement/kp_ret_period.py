# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are retired for the period in which they are valid."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Provenance, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE, KyotoCategory, retiring
from broker.rulebook.kyoto.periods import valid_in_period_of_account

CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_RET_PERIOD",
    title="Units enter a retirement account of the period in which they are valid",
    category=KyotoCategory.RETIREMENT,
    citation="Data Exchange Standards, retirement",
    code="5254",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="retirements",
    remedy="Retire into the account of the applicable commitment period.",
    applies=retiring,
    run=valid_in_period_of_account,
)
