# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The declared quantity is that of the serial range."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import number


def _applies(case: Case) -> bool:
    for block in case.proposed.blocks:  # noqa: SIM110  # hot path
        if block.declared_quantity is not None:
            return True
    return False


def _run(case: Case) -> Failure | None:
    failures = []
    for place, block in enumerate(case.proposed.blocks, 1):
        declared, wanted = block.declared_quantity, block.range
        if declared is None:
            continue
        if wanted is None:
            failures.append(unknown(f"block {place} has no valid serial range to compare with"))
        elif declared != wanted.quantity:
            failures.append(
                Failure(
                    f"block {place} declares {number(declared)} units; its serials"
                    f" {number(wanted.first)}-{number(wanted.last)} are"
                    f" {number(wanted.quantity)}"
                )
            )
    return joined(failures)


CHECK: Final[Check[Case]] = Check(
    id="ID_QTY_EQUALS_RANGE",
    title="The declared quantity is that of the serial range",
    category=Category.UNIT,
    severity=Severity.ERROR,
    scope="transactions with a block that declares its quantity",
    remedy=(
        "Correct the quantity or the serials; last less first plus one is the number of units."
    ),
    applies=_applies,
    run=_run,
)
