# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Four- and six-digit ids of a cooperative approach are one and the same."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import always, joined, unknown
from broker.rulebook.general.wording import name, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE, over
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.view import canonical_approach


def _run(case: LotCase) -> Failure | None:
    failures = []
    for place, block in enumerate(case.proposed.blocks, 1):
        stated = block.attributes.cooperative_approach if block.attributes else ""
        if stated and not canonical_approach(stated):
            failures.append(
                Failure(
                    f"block {place} names cooperative approach {name(stated)}, which has no"
                    " six-digit form; expected CA and four or six digits"
                )
            )
    return joined(failures) or over(case, _lot)


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    recorded = lot.attributes.cooperative_approach
    if not recorded:
        return unknown(f"the cooperative approach of {units(lot)} is not stated")
    canonical = canonical_approach(recorded)
    if canonical == recorded:
        return None
    return Failure(
        f"{units(lot)} are recorded under cooperative approach {name(recorded)}; expected the"
        f" six-digit form {canonical or 'CA and six digits'}"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="ID_CA_ALIAS",
    title="Four- and six-digit ids of a cooperative approach are one and the same",
    category=Category.UNIT,
    citation="common nomenclatures item 9",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy="Write the cooperative approach as CA and four or six digits.",
    applies=always,
    run=_run,
)
