# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No more is issued than the operator allows the Party."""

from __future__ import annotations

from datetime import date
from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import issuing, unknown
from tests.kit.toy.case import ToyCase


def _run(case: ToyCase) -> Failure | None:
    if case.allowed is None:
        return unknown("nothing was said of how much the Party may issue")
    wanted = sum(block.range.quantity for block in case.proposed.blocks if block.range)
    if case.issued + wanted <= case.allowed:
        return None
    return Failure(f"{case.issued} were issued before; expected at most {case.allowed} in all")


CHECK: Final[Check[ToyCase]] = Check(
    id="TOY_ISSUE_ALLOWED",
    title="No more is issued than the operator allows the Party",
    category=Category.UNIT,
    citation="tests/kit/toy",
    severity=Severity.ERROR,
    effective=date(2000, 1, 1),
    scope="issuances",
    remedy="Issue fewer units, or ask the operator to allow more.",
    applies=issuing,
    run=_run,
)
