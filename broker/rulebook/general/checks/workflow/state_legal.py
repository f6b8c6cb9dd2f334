# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The transaction is new."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always


def _run(case: Case) -> Failure | None:
    if not case.transaction_known:
        return None
    return Failure(
        f"transaction {case.proposed.transaction_id} exists already; a proposal begins a new one",
        case.proposed.transaction_id,
    )


CHECK: Final[Check[Case]] = Check(
    id="STATE_LEGAL",
    title="The transaction is new",
    category=Category.WORKFLOW,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Give every new transaction an id of its own.",
    applies=always,
    run=_run,
)
