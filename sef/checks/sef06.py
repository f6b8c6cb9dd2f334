# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A conversion makes as many ERUs as it takes AAUs and RMUs."""

from __future__ import annotations

from collections.abc import Iterator

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.checks.sef05 import PROJECTS
from sef.model import Side, Table, Unit

_ID = "SEF06"


def _compare(_file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    for row in PROJECTS:
        found = Sum(filed).plus(Table.INTERNAL, row, Side.ADDITIONS, Unit.ERU)
        expected = Sum(filed)
        for unit in (Unit.AAU, Unit.RMU):
            expected.plus(Table.INTERNAL, row, Side.SUBTRACTIONS, unit)
        yield compared(_ID, f"{row}, ERU", found, expected)


TIE = Tie(
    id=_ID,
    title="ERUs issued are AAUs and RMUs converted",
    citation="FCCC/SBSTA/2004/9, annex I, para 14; 13/CMP.1, annex, para 29",
    meaning="In each row of joint implementation, ERUs added are compared with AAUs and RMUs taken.",
    remedy="Enter both sides of every conversion in the row of its track.",
    scope=Scope.FILE,
    compare=_compare,
)
