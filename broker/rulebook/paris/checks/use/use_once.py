# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A unit is used or cancelled at most once."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.judging import moving
from broker.rulebook.general.wording import units
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES, USED_ACCOUNT_TYPES
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import IN_FORCE, each_lot
from broker.rulebook.paris.lots import Lot


def _lot(case: LotCase, lot: Lot) -> Failure | None:  # noqa: ARG001  # the shape of a rule
    if lot.segment is None or lot.segment.account_type not in FINAL_ACCOUNT_TYPES:
        return None
    done = "used" if lot.segment.account_type in USED_ACCOUNT_TYPES else "cancelled"
    return Failure(
        f"{units(lot)} are already {done} (account type {lot.segment.account_type}); expected units"
        " that are neither used nor cancelled"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="USE_ONCE",
    title="A unit is used or cancelled at most once",
    category=ParisCategory.USE,
    citation="2/CMA.3 annex para 21(e)",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transfers, uses and cancellations",
    remedy="Choose other units; these are used or cancelled for good.",
    applies=moving,
    run=each_lot(_lot),
)
