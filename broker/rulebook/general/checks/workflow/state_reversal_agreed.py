# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A completed transaction is reversed only by agreement, and once."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.proposal import TransactionType


def reversing(case: Case) -> bool:
    """Reversals, and whatever else names a transaction to be reversed."""
    proposed = case.proposed
    return proposed.type is TransactionType.REVERSAL or proposed.reverses is not None


def _run(case: Case) -> Failure | None:
    proposed, before = case.proposed, case.reversed
    if proposed.type is not TransactionType.REVERSAL:
        return Failure(f"a {proposed.type} names a transaction to be reversed; expected a REVERSAL")
    if proposed.reverses is None:
        return Failure("the reversal names no transaction that it reverses")
    if before is None:
        return unknown(f"transaction {proposed.reverses} is not known")
    if before.reversed_by is not None:
        return Failure(
            f"transaction {proposed.reverses} was reversed before",
            conflicting_transaction_id=before.reversed_by,
        )
    if not before.agreed:
        return Failure(
            f"the clearing-house's operator has not agreed to reverse {proposed.reverses};"
            " expected a signed agreement after a manual review"
        )
    return None


CHECK: Final[Check[Case]] = Check(
    id="STATE_REVERSAL_AGREED",
    title="A completed transaction is reversed only by agreement, and once",
    category=Category.WORKFLOW,
    severity=Severity.ERROR,
    scope="reversals, and transactions that name one to be reversed",
    remedy="Ask the clearing-house's operator for a review; propose again once it has agreed.",
    applies=reversing,
    run=_run,
)
