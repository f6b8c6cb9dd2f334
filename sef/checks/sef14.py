# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every total is the sum of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.model import CellKind, Row, Side, Spot, Table, Unit

_ID = "SEF14"
_SUMS: Final = (Row.SUBTOTAL, Row.TOTAL, Row.GRAND_TOTAL)
_APART: Final = {Table.RETIREMENT: (Row.FROM_RESERVE,)}
"""Rows that are a part of another row."""


def _compare(_file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    said = filed.submission
    for table in Table:
        rows = tuple(said.rows(table))
        total = next((row for row in (Row.TOTAL, Row.SUBTOTAL) if row in rows), None)
        parts = [row for row in rows if row not in (*_SUMS, *_APART.get(table, ()))]
        if total is None or table is Table.TOTAL:
            continue
        for side in Side:
            for unit in Unit:
                cell = said.cells.get(Spot(table, total, side, unit))
                if cell is None or cell.kind is CellKind.NOT_APPLICABLE:
                    continue
                found = Sum(filed).plus(table, total, side, unit)
                expected = Sum(filed)
                for row in parts:
                    expected.plus(table, row, side, unit)
                yield compared(_ID, f"{total} of {table}, {side}, {unit}", found, expected)
    if said.has(Table.YEARS, Row.GRAND_TOTAL):
        yield from _grand(filed)


def _grand(filed: Filed) -> Iterator[Comparison]:
    for side in (Side.ADDITIONS, Side.SUBTRACTIONS):
        for unit in Unit:
            found = Sum(filed).plus(Table.YEARS, Row.GRAND_TOTAL, side, unit)
            expected = Sum(filed).plus(Table.STARTING_VALUES, Row.TOTAL, side, unit)
            expected.plus(Table.YEARS, Row.TOTAL, side, unit)
            yield compared(_ID, f"{Row.GRAND_TOTAL}, {side}, {unit}", found, expected)


TIE = Tie(
    id=_ID,
    title="Totals and sub-totals are the sums of their rows",
    citation="FCCC/SBSTA/2004/9, annex I, paras 18, 22, 29, 36 (e), 41 and 45",
    meaning="Each total and sub-total of each table is added up again. Retirement from the reserve is a"
    " part of the row of retirement, and is not counted twice.",
    remedy="Add the column up again.",
    scope=Scope.FILE,
    compare=_compare,
)
