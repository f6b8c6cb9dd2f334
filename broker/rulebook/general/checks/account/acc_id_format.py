# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Account ids have a country, check digits that fit, and a body."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.forms import is_account
from broker.rulebook.general.judging import always
from broker.rulebook.general.wording import name


def _run(case: Case) -> Failure | None:
    stated = case.proposed
    wrong = [
        f"the {where} account is written {name(account)}; expected two letters of a country, two"
        " check digits (remainder 1 by 97) and 11 to 30 capitals or digits"
        for where, account in (("source", stated.from_account), ("target", stated.to_account))
        if not is_account(account)
    ]
    return Failure("; ".join(wrong)) if wrong else None


CHECK: Final[Check[Case]] = Check(
    id="ACC_ID_FORMAT",
    title="Account ids have a country, check digits that fit, and a body",
    category=Category.ACCOUNT,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Correct the account id; a wrong check digit is mostly a typing error.",
    applies=always,
    run=_run,
)
