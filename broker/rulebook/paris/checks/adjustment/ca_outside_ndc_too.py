# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The host adds also for mitigation outside its NDC."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Kept, Severity
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import AUDIT, IN_FORCE


def _applies(case: BookingCase) -> bool:
    return bool(case.accounting.first_transfer)


RULE: Final[Kept[BookingCase]] = Kept(
    id="CA_OUTSIDE_NDC_TOO",
    title="The host adds also for mitigation outside its NDC",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex para 14",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="first transfers",
    remedy="This is an error of the clearing-house; tell the operator.",
    where=AUDIT,
    applies=_applies,
)
