# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units of a period whose true-up is over are kept, moved within a registry or cancelled."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Provenance, Severity
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
)
from broker.rulebook.kyoto.periods import before_true_up_ends
from itmo.parties import CDM_REGISTRY

_STOPPED: Final = frozenset(
    {
        TransactionType.ISSUANCE,
        TransactionType.CONVERSION,
        TransactionType.RETIREMENT,
        TransactionType.REPLACEMENT,
        TransactionType.EXPIRY_DATE_CHANGE,
    }
)
"""Transfers between Parties and carry-overs have windows of their own; the end stops nothing else."""


def _applies(case: KyotoCase) -> bool:
    return case.proposed.type in _STOPPED and case.taker != CDM_REGISTRY


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_PERIOD_OPEN",
    title="The commitment period is not over, its true-up included",
    category=Category.UNIT,
    citation="Data Exchange Standards, general transaction checks; UNFCCC, 12 December 2025",
    code="4001",
    provenance=Provenance.UNCONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="issuances, conversions, retirements and replacements; not issuance in the CDM registry, whose periods do not end",
    remedy="Keep or cancel the units, or move them within the registry.",
    applies=_applies,
    run=before_true_up_ends,
)
