# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whole units only."""

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
    failures = []
    for place, block in enumerate(blocks, 1):
        for label, value in (
            ("first serial", block.first),
            ("last serial", block.last),
            ("quantity", block.declared_quantity),
        ):
            # type() rather than isinstance(): True would otherwise pass as a number.
            if value is not None and (type(value) is not int or not 1 <= value <= MAX_SERIAL):
                failures.append(
                    Failure(
                        f"block {place} has {label} {number(value)}; expected a whole number from"
                        f" 1 to {MAX_SERIAL}"
                    )
                )
    return joined(failures) if failures else None


CHECK: Final[Check[Case]] = Check(
    id="ID_INTEGER_UNITS",
    title="Whole units only",
    category=Category.UNIT,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Give serials and quantities as whole numbers from 1.",
    applies=always,
    run=_run,
)
