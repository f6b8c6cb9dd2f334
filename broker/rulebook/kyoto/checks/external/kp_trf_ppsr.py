# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Surplus reserves exchange units with each other alone."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Provenance, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
)

_RESERVE: Final = 130


def _applies(case: KyotoCase) -> bool:
    return case.proposed.type is TransactionType.TRANSFER


def _run(case: KyotoCase) -> Failure | None:
    source, target = case.from_account, case.to_account
    if source is None or target is None:
        return unknown("the type of the source or target account is not known")
    if (source.account_type == _RESERVE) == (target.account_type == _RESERVE):
        return None
    return Failure(
        f"units would go from an account of type {source.account_type} to one of type"
        f" {target.account_type}; expected {_RESERVE} (previous period surplus reserve) on both"
        " sides or on none"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_TRF_PPSR",
    title="Units go from one previous period surplus reserve to another, and between no other accounts and these",
    category=KyotoCategory.EXTERNAL,
    citation="registry checks of the United Kingdom; 1/CMP.8 paras 23 to 26",
    code="REG-1009 REG-2012",
    provenance=Provenance.CONFIRMED,
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers",
    remedy="Name accounts of type 130 on both sides, or on none; AAUs enter the reserve by carry-over.",
    applies=_applies,
    run=_run,
)
