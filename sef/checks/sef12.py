# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""All years together lead to what is held and retired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sef.checks.booked import carried_until_now
from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie
from sef.checks.sef03 import EXPIRED, HOLDING
from sef.layout import Family
from sef.model import Row, Side, Table, Unit

_ID = "SEF12"
_KEPT: Final = (*HOLDING, Row.RETIREMENT, *EXPIRED)


def _compare(file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    totals = (
        ((Table.STARTING_VALUES, Row.TOTAL), (Table.YEARS, Row.TOTAL))
        if filed.family is Family.CP2
        else ((Table.YEARS, Row.GRAND_TOTAL),)
    )
    for unit in Unit:
        found, expected = Sum(filed), Sum(filed)
        for row in _KEPT:
            found.plus(Table.END, row, Side.QUANTITY, unit)
        for table, row in totals:
            expected.plus(table, row, Side.ADDITIONS, unit)
            expected.minus(table, row, Side.SUBTRACTIONS, unit)
        yield carried_until_now(file, found, expected, unit, _ID)


TIE = Tie(
    id=_ID,
    title="Starting values and all years lead to what is held and retired",
    citation="FCCC/SBSTA/2004/9, annex I, paras 34 to 36",
    meaning="What was ever added less what was ever taken, by the summary, is compared with holding and"
    " retirement accounts at the end of the year. It needs no earlier report.",
    remedy="Look for a year that is not in the summary, or for a starting value that is missing.",
    scope=Scope.FILE,
    compare=_compare,
)
