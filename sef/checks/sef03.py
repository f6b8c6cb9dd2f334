# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is held at the end follows from what was held at the beginning and what happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sef.checks.booked import with_booked
from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.checks.corrected import plus_corrections
from sef.model import Row, Side, Table, Unit

_ID = "SEF03"
HOLDING: Final = (Row.PARTY_HOLDING, Row.ENTITY_HOLDING, Row.RESERVE)
EXPIRED: Final = (Row.CANCEL_TCERS, Row.CANCEL_LCERS)
"""Accounts of the second period for expired units, which no row of transactions fills."""


def _compare(file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    for unit in Unit:
        found, expected = Sum(filed), Sum(filed)
        for row in HOLDING:
            found.plus(Table.END, row, Side.QUANTITY, unit)
            expected.plus(Table.START, row, Side.QUANTITY, unit)
        for row in EXPIRED:
            expected.plus(Table.START, row, Side.QUANTITY, unit)
            expected.minus(Table.END, row, Side.QUANTITY, unit)
        expected.plus(Table.TOTAL, Row.TOTAL, Side.ADDITIONS, unit)
        expected.minus(Table.TOTAL, Row.TOTAL, Side.SUBTRACTIONS, unit)
        expected.minus(Table.RETIREMENT, Row.RETIREMENT, Side.QUANTITY, unit)
        plus_corrections(expected, unit)
        made = compared(_ID, f"holdings at the end, {unit}", found, expected)
        rows = [row for row in filed.submission.rows(Table.STARTING_VALUES) if row != Row.TOTAL]
        yield with_booked(file, made, unit, [row for row in rows if isinstance(row, Row)])


TIE = Tie(
    id=_ID,
    title="Holdings follow from the year's transactions",
    citation="FCCC/SBSTA/2004/9, annex I, paras 9, 19, 23, 30, 32 and 35",
    meaning="Holding accounts at the end are compared with those at the beginning, plus and minus all"
    " transactions, retirement, corrections, and the starting values that were booked in the year.",
    remedy="Look for a transaction that is in the holdings and in no table, or the other way round.",
    scope=Scope.FILE,
    compare=_compare,
)
