# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No unit is locked by another open transaction."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.judging import IN_FORCE, moving, over
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import units


def _run(case: Case) -> Failure | None:
    return over(case, _lot)


def _lot(case: Case, lot: Lot) -> Failure | None:
    lock = None if lot.segment is None else lot.segment.locked_by
    if lock is None or lock == case.facts.proposed.transaction_id:
        return None
    return Failure(f"{units(lot)} are locked by the open transaction {lock}", lock)


CHECK: Final = Check(
    id="ID_LOCKED",
    title="No unit is locked by another open transaction",
    category=Category.UNIT,
    citation="UNFCCC ITMO API TransactionError example 1",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers, uses and cancellations",
    remedy="Wait until the other transaction ends or withdraw it, then propose again.",
    applies=moving,
    run=_run,
)
