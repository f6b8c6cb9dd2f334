# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The target account has a type that fits the transaction."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always, unknown


def _run(case: Case) -> Failure | None:
    account = case.to_account
    if account is None:
        return unknown("the type of the target account is not known")
    kind = case.proposed.type
    allowed = [each.number for each in case.account_types.values() if kind in each.entered_by]
    if account.account_type in allowed:
        return None
    return Failure(
        f"the target account {account.account_id} has type {account.account_type}; expected"
        f" {' or '.join(map(str, allowed))} for {kind}"
    )


CHECK: Final[Check[Case]] = Check(
    id="ACC_TO_MATCHES_ACTION",
    title="The target account has a type that fits the transaction",
    category=Category.ACCOUNT,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy=(
        "Choose a target account of a type that the transaction allows, or another "
        "transaction type."
    ),
    applies=always,
    run=_run,
)
