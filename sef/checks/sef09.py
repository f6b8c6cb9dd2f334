# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Earlier years of the summaries stay as they were, but for corrections."""

from __future__ import annotations

from collections.abc import Iterator

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.checks.corrected import corrective_rows
from sef.model import Row, RowKey, Side, Table, Unit

_ID = "SEF09"


def _compare(file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    before = file.before(filed)
    if before is None:
        return
    for table in (
        Table.YEARS,
        Table.RESERVE_YEARS,
        Table.REPLACEMENT_YEARS,
        Table.RETIREMENT_YEARS,
    ):
        for row in before.submission.rows(table):
            if _earlier(row, filed.header.reported_year):
                yield from _copied(filed, before, table, row)


def _earlier(row: RowKey, year: int) -> bool:
    return row < year if isinstance(row, int) else row == Row.PREVIOUS_PERIODS


def _copied(filed: Filed, before: Filed, table: Table, row: RowKey) -> Iterator[Comparison]:
    last_year = filed.header.reported_year - 1
    for side in Side:
        for unit in Unit:
            expected = Sum(before).plus(table, row, side, unit)
            found = Sum(filed).plus(table, row, side, unit)
            if table is Table.YEARS and row == last_year:
                for each in corrective_rows(filed.submission, Table.CORRECTIONS):
                    expected.plus(Table.CORRECTIONS, each, side, unit, filed=filed)
            # A layout of later years leaves out those before the period.
            if found.parts or expected.value:
                yield compared(_ID, f"{table}, {row}, {side}, {unit}", found, expected)


TIE = Tie(
    id=_ID,
    title="Earlier years of the summaries are those of the last report",
    citation="FCCC/SBSTA/2004/9, annex I, paras 36 (b) to (d), 40 and 44",
    meaning="Rows of earlier years are compared with those of the last report; the year before the"
    " reported one changes by the corrections that were reported, and by nothing else.",
    remedy="Copy the rows of the last report; report what changes them as a correction.",
    scope=Scope.YEARS,
    compare=_compare,
)
