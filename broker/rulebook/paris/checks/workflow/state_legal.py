# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The transaction is new."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.judging import IN_FORCE, always


def _run(case: Case) -> Failure | None:
    if not case.facts.transaction_known:
        return None
    return Failure(
        f"transaction {case.facts.proposed.transaction_id} exists already; a proposal begins a new"
        " one",
        case.facts.proposed.transaction_id,
    )


CHECK: Final = Check(
    id="STATE_LEGAL",
    title="The transaction is new",
    category=Category.WORKFLOW,
    citation="UNFCCC ITMO hub, state charts",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Give every new transaction an id of its own.",
    applies=always,
    run=_run,
)
