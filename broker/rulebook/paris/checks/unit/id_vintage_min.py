# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The vintage is 2021 or later and not in the future."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.wording import number, units
from broker.rulebook.paris.case import LotCase
from broker.rulebook.paris.judging import IN_FORCE, concerning, each_lot, not_cer
from broker.rulebook.paris.lots import Lot
from itmo.vintage import FIRST_VINTAGE


def _lot(case: LotCase, lot: Lot) -> Failure | None:
    vintage, today = lot.attributes.vintage, case.now.year
    if type(vintage) is int and FIRST_VINTAGE <= vintage <= today:
        return None
    return Failure(
        f"{units(lot)} have vintage {number(vintage)}; expected {FIRST_VINTAGE} to {today}, the"
        " year of this transaction"
    )


CHECK: Final[Check[LotCase]] = Check(
    id="ID_VINTAGE_MIN",
    title="The vintage is 2021 or later and not in the future",
    category=Category.UNIT,
    citation="2/CMA.3 annex para 1(e); 6/CMA.4 annex I para 5",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions with units other than certified emission reductions",
    remedy="State the calendar year in which the mitigation took place.",
    applies=concerning(not_cer),
    run=each_lot(_lot, not_cer),
)
