# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Issued serials were never issued before, and no other issuance waits for them."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import issuing, joined, unknown
from broker.rulebook.general.looking import overlap_found, proposed_overlap
from broker.rulebook.general.wording import serials


def _run(case: Case) -> Failure | None:
    overlap = proposed_overlap(case)
    if overlap is not None:
        return Failure(overlap_found(overlap))
    failures = [
        Failure(
            f"serials {serials(block.proposed.registry, known)} of block {place} were issued"
            " before; expected serials never issued"
        )
        for place, block in enumerate(case.blocks, 1)
        for known in block.issued_before
    ]
    failures += [
        Failure(
            f"serials {serials(block.proposed.registry, shared)} of block {place} are those of an"
            f" issuance that waits, transaction {name}; expected serials nobody waits for",
            conflicting_transaction_id=name,
        )
        for place, block in enumerate(case.blocks, 1)
        for shared, name in block.waiting
    ]
    if not failures and any(block.proposed.range is None for block in case.blocks):
        return unknown("a block has no valid serial range")
    return joined(failures) if case.blocks else unknown("the proposal has no block")


CHECK: Final[Check[Case]] = Check(
    id="ID_NO_OVERLAP_ISSUE",
    title="Issued serials were never issued before, and no other issuance waits for them",
    category=Category.UNIT,
    severity=Severity.ERROR,
    scope="issuances",
    remedy=(
        "Issue the units under serial numbers that the registry never used; or end the issuance that"
        " waits for them first."
    ),
    applies=issuing,
    run=_run,
)
