# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A unit is used or cancelled at most once."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Case, Category, Check, Failure, Severity
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES, USED_ACCOUNT_TYPES
from broker.rulebook.paris.judging import IN_FORCE, moving, over
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.wording import units


def _run(case: Case) -> Failure | None:
    return over(case, _lot)


def _lot(case: Case, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    if lot.segment is None or lot.segment.account_type not in FINAL_ACCOUNT_TYPES:
        return None
    done = "used" if lot.segment.account_type in USED_ACCOUNT_TYPES else "cancelled"
    return Failure(
        f"{units(lot)} are already {done} (account type {lot.segment.account_type}); expected units"
        " that are neither used nor cancelled"
    )


CHECK: Final = Check(
    id="USE_ONCE",
    title="A unit is used or cancelled at most once",
    category=Category.USE,
    citation="2/CMA.3 annex para 21(e)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers, uses and cancellations",
    remedy="Choose other units; these are used or cancelled for good.",
    applies=moving,
    run=_run,
)
