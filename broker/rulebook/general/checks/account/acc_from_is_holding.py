# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units leave a holding account."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import moving, unknown


def _run(case: Case) -> Failure | None:
    account = case.from_account
    if account is None:
        return unknown("the type of the source account is not known")
    kind = case.account_types.get(account.account_type)
    if kind is not None and not kind.final:
        return None
    open_types = [each for each in case.account_types.values() if not each.final]
    expected = " or ".join(f"{each.number} ({each.title})" for each in open_types)
    return Failure(
        f"the source account {account.account_id} has type {account.account_type}; expected"
        f" {expected}"
    )


CHECK: Final[Check[Case]] = Check(
    id="ACC_FROM_IS_HOLDING",
    title="Units leave a holding account",
    category=Category.ACCOUNT,
    severity=Severity.ERROR,
    scope="transfers, uses and cancellations",
    remedy="Propose from the holding account (type 100) that holds the units.",
    applies=moving,
    run=_run,
)
