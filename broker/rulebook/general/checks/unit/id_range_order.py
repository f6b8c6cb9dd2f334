# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A block runs from a first to a last serial number."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always, joined, unknown
from broker.rulebook.general.wording import number
from itmo.serials import MAX_SERIAL


def _run(case: Case) -> Failure | None:
    blocks = case.proposed.blocks
    if not blocks:
        return unknown("the proposal has no block")
    failures = [
        Failure(
            f"block {place} runs from {number(block.first)} to {number(block.last)}; expected"
            f" 1 <= first <= last <= {MAX_SERIAL}"
        )
        for place, block in enumerate(blocks, 1)
        if block.range is None
    ]
    return joined(failures) if failures else None


CHECK: Final[Check[Case]] = Check(
    id="ID_RANGE_ORDER",
    title="A block runs from a first to a last serial number",
    category=Category.UNIT,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Give first and last serial as whole numbers from 1, the first not after the last.",
    applies=always,
    run=_run,
)
