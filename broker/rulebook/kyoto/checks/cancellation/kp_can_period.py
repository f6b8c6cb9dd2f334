# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are cancelled for the period in which they are valid."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Provenance, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    cancelling,
    external,
)
from broker.rulebook.kyoto.periods import valid_in_period_of_account


def _applies(case: KyotoCase) -> bool:
    account = case.to_account
    return cancelling(case) or (external(case) and account is not None and account.final)


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CAN_PERIOD",
    title="Units enter a cancellation account of the period in which they are valid",
    category=KyotoCategory.CANCELLATION,
    citation="Data Exchange Standards, cancellation",
    code="5155",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="cancellations, and transfers into cancellation accounts",
    remedy="Cancel into the account of the applicable commitment period.",
    applies=_applies,
    run=valid_in_period_of_account,
)
