# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An account for NDC use carries its NDC period."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import number
from broker.rulebook.paris.account_types import AccountType
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.judging import IN_FORCE


def _applies(case: ParisCase) -> bool:
    account = case.to_account
    if account is None:
        return case.proposed.type is TransactionType.USE
    return account.account_type == AccountType.USE_NDC


def _run(case: ParisCase) -> Failure | None:
    account = case.to_account
    if account is None:
        return unknown("the target account is not known, so nor is its NDC period")
    period = account.ndc_period
    if period is None:
        return Failure(
            f"account {account.account_id} has type 200 and no NDC period; expected its first and"
            " last year"
        )
    if period.first > period.last:
        return Failure(
            f"account {account.account_id} has an NDC period of {number(period.first)} to"
            f" {number(period.last)}; expected first year not after last year"
        )
    return None


CHECK: Final[Check[ParisCase]] = Check(
    id="ACC_NDC_PERIOD_SET",
    title="An account for NDC use carries its NDC period",
    category=Category.ACCOUNT,
    citation="UNFCCC ITMO API Account, errata of 29 June 2026",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions into an account of type 200",
    remedy="State the first and last year of the NDC period for the account.",
    applies=_applies,
    run=_run,
)
