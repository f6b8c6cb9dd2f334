# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""After the true-up of a period its units stay with their Party."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Provenance, Severity
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    external,
)
from broker.rulebook.kyoto.periods import before_true_up_ends
from itmo.parties import CDM_REGISTRY


def _applies(case: KyotoCase) -> bool:
    account = case.to_account
    ends = account is not None and account.final
    return external(case) and case.giver != CDM_REGISTRY and not ends


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRF_PERIOD_OVER",
    title="Units go from Party to Party until the true-up of their commitment period ends",
    category=KyotoCategory.EXTERNAL,
    citation="UNFCCC, registry systems, 12 December 2025; Data Exchange Standards, general transaction checks",
    code="KP-TRF-PERIOD-OVER 4001",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers between Parties; not forwarding from the CDM registry, nor transfers that end units",
    remedy="Keep or cancel the units, or move them within the registry.",
    applies=_applies,
    run=before_true_up_ends,
)
