# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The year begins as the last one ended."""

from __future__ import annotations

from collections.abc import Iterator

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.model import Side, Table, Unit

_ID = "SEF01"


def _compare(file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    before = file.before(filed)
    if before is None:
        return
    rows = dict.fromkeys([*filed.submission.rows(Table.START), *before.submission.rows(Table.END)])
    for row in rows:
        for unit in Unit:
            found = Sum(filed).plus(Table.START, row, Side.QUANTITY, unit)
            expected = Sum(before).plus(Table.END, row, Side.QUANTITY, unit)
            yield compared(_ID, f"{row} at the beginning, {unit}", found, expected)


TIE = Tie(
    id=_ID,
    title="Holdings at the beginning are those at the end of the year before",
    citation="FCCC/SBSTA/2004/9, annex I, paras 9 and 32",
    meaning="Each cell of table 1 is compared with the same cell of the year-end table of the year before.",
    remedy="Correct whichever year is wrong; a corrected year is submitted as a new version.",
    scope=Scope.YEARS,
    compare=_compare,
)
