# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No unit leaves an account of use or cancellation."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES
from broker.rulebook.paris.judging import IN_FORCE, moving, unknown


def _run(case: Case) -> Failure | None:
    account = case.facts.from_account
    if account is None:
        return unknown("the type of the source account is not known")
    if account.account_type not in FINAL_ACCOUNT_TYPES:
        return None
    return Failure(
        f"the source account {account.account_id} has type {account.account_type}, in which units"
        " are used or cancelled for good; expected a holding account"
    )


CHECK: Final = Check(
    id="ACC_FINAL_NO_EXIT",
    title="No unit leaves an account of use or cancellation",
    category=Category.ACCOUNT,
    citation="2/CMA.3 annex para 21(e); 7/CMA.4 annex I para 45",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers, uses and cancellations",
    remedy="Choose other units; what is used or cancelled never moves again.",
    applies=moving,
    run=_run,
)
