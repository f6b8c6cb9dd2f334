# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Each first transfer books one addition, each NDC use one subtraction."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Kept, Severity
from broker.rulebook.paris.case import BookingCase
from broker.rulebook.paris.categories import ParisCategory
from broker.rulebook.paris.judging import AUDIT, IN_FORCE, uses_ndc


def _applies(case: BookingCase) -> bool:
    booked = case.accounting
    return bool(booked.first_transfer or booked.entries) or uses_ndc(case)


RULE: Final[Kept[BookingCase]] = Kept(
    id="CA_PAIRED",
    title="Each first transfer books one addition, each NDC use one subtraction",
    category=ParisCategory.ADJUSTMENT,
    citation="2/CMA.3 annex paras 7-10, 13-14, 16",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that book, first transfer, or use towards an NDC",
    remedy="This is an error of the clearing-house or of its records; tell the operator.",
    where=AUDIT,
    applies=_applies,
)
