# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The target account has a type that fits the transaction."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.account_types import entered_by
from broker.rulebook.paris.judging import IN_FORCE, always, unknown


def _run(case: Case) -> Failure | None:
    account = case.facts.to_account
    if account is None:
        return unknown("the type of the target account is not known")
    kind = case.facts.proposed.type
    allowed = entered_by(kind)
    if account.account_type in allowed:
        return None
    return Failure(
        f"the target account {account.account_id} has type {account.account_type}; expected"
        f" {' or '.join(map(str, allowed))} for {kind}"
    )


CHECK: Final = Check(
    id="ACC_TO_MATCHES_ACTION",
    title="The target account has a type that fits the transaction",
    category=Category.ACCOUNT,
    citation="common nomenclatures item 52",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy=(
        "Choose a target account of a type that the transaction allows, or another "
        "transaction type."
    ),
    applies=always,
    run=_run,
)
