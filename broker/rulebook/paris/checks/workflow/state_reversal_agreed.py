# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A completed transaction is reversed only by agreement."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.judging import IN_FORCE, unknown


def _applies(case: Case) -> bool:  # noqa: ARG001  # the shape of every `applies`
    return False


def _run(case: Case) -> Failure | None:
    return unknown(f"no agreement to reverse is recorded for {case.facts.proposed.transaction_id}")


CHECK: Final = Check(
    id="STATE_REVERSAL_AGREED",
    title="A completed transaction is reversed only by agreement",
    category=Category.WORKFLOW,
    citation="UNFCCC ITMO hub, reverting diagram; 6/CMA.4 annex I para 17(c)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="reversals, which are not a transaction type yet; until then it applies to nothing",
    remedy="Agree on a reversal with the other side and the operator.",
    applies=_applies,
    run=_run,
)
