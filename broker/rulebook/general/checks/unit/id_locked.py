# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No unit is locked by another open transaction."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.blocks import Segment
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import moving, over_stored
from broker.rulebook.general.wording import units


def _run(case: Case) -> Failure | None:
    return over_stored(case, _free)


def _free(case: Case, held: Segment) -> Failure | None:
    lock = held.locked_by
    if lock is None or lock == case.proposed.transaction_id:
        return None
    return Failure(f"{units(held)} are locked by the open transaction {lock}", lock)


CHECK: Final[Check[Case]] = Check(
    id="ID_LOCKED",
    title="No unit is locked by another open transaction",
    category=Category.UNIT,
    severity=Severity.ERROR,
    scope="transfers, uses and cancellations",
    remedy="Wait until the other transaction ends or withdraw it, then propose again.",
    applies=moving,
    run=_run,
)
