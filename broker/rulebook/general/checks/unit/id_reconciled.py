# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The books of both registries agree on the units."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.disputes import DisputedUnits
from broker.rulebook.general.judging import always, joined


def _run(case: Case) -> Failure | None:
    return joined([_found(each) for block in case.blocks for each in block.disputed])


def _found(each: DisputedUnits) -> Failure:
    return Failure(
        f"{each.issued_by}:{each.range} are held by case {each.case_id}: the books of"
        f" {each.books_of} differ on them"
    )


CHECK: Final[Check[Case]] = Check(
    id="ID_RECONCILED",
    title="No unit lies in an open case of reconciliation of either registry",
    category=Category.UNIT,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Take other units, or have the case resolved: its registry puts its books right, the operator"
    " of the clearing-house settles it.",
    applies=always,
    run=_run,
)
