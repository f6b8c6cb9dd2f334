# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The total is the sum of what happened inside and outside."""

from __future__ import annotations

from collections.abc import Iterator

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.model import Row, Side, Table, Unit

_ID = "SEF02"


def _compare(_file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    for side in (Side.ADDITIONS, Side.SUBTRACTIONS):
        for unit in Unit:
            found = Sum(filed).plus(Table.TOTAL, Row.TOTAL, side, unit)
            expected = Sum(filed).plus(Table.INTERNAL, Row.SUBTOTAL, side, unit)
            expected.plus(Table.EXTERNAL, Row.SUBTOTAL, side, unit)
            yield compared(_ID, f"total {side}, {unit}", found, expected)


TIE = Tie(
    id=_ID,
    title="The total is the sum of internal and external transactions",
    citation="FCCC/SBSTA/2004/9, annex I, para 23",
    meaning="The total of the year is compared with the sub-totals of tables 2 (a) and 2 (b), on each side.",
    remedy="Add the two sub-totals up again.",
    scope=Scope.FILE,
    compare=_compare,
)
