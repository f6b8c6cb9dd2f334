# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units leave a holding account."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.judging import IN_FORCE, moving, unknown


def _run(case: Case) -> Failure | None:
    account = case.facts.from_account
    if account is None:
        return unknown("the type of the source account is not known")
    if account.account_type == AccountType.HOLDING.value:
        return None
    return Failure(
        f"the source account {account.account_id} has type {account.account_type}; expected"
        f" {AccountType.HOLDING.value} (holding)"
    )


CHECK: Final = Check(
    id="ACC_FROM_IS_HOLDING",
    title="Units leave a holding account",
    category=Category.ACCOUNT,
    citation="common nomenclatures item 52",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers, uses and cancellations",
    remedy="Propose from the holding account (type 100) that holds the units.",
    applies=moving,
    run=_run,
)
