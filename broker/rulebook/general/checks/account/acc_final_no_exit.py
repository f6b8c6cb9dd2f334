# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No unit leaves an account of use or cancellation."""

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
    if kind is None or not kind.final:
        return None
    return Failure(
        f"the source account {account.account_id} has type {account.account_type}, in which units"
        " are used or cancelled for good; expected a holding account"
    )


CHECK: Final[Check[Case]] = Check(
    id="ACC_FINAL_NO_EXIT",
    title="No unit leaves an account of use or cancellation",
    category=Category.ACCOUNT,
    severity=Severity.ERROR,
    scope="transfers, uses and cancellations",
    remedy="Choose other units; what is used or cancelled never moves again.",
    applies=moving,
    run=_run,
)
