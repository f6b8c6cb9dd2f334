# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What one Party transferred to another is what that one acquired."""

from __future__ import annotations

from collections.abc import Iterator

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.model import Side, Table, Unit

_ID = "SEF11"


def _compare(file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    for other in file.others(filed):
        for unit in Unit:
            found = Sum(filed).plus(Table.EXTERNAL, other.whose, Side.SUBTRACTIONS, unit)
            expected = Sum(other).plus(Table.EXTERNAL, filed.whose, Side.ADDITIONS, unit)
            if found.parts or expected.parts:
                what = f"transferred from {filed.whose} to {other.whose}, {unit}"
                yield compared(_ID, what, found, expected)


TIE = Tie(
    id=_ID,
    title="Transfers are told alike by both Parties",
    citation="FCCC/SBSTA/2004/9, annex I, para 21",
    meaning="What one Party reports as transferred to another is compared with what that one reports as"
    " acquired from it, for the same year and period.",
    remedy="Both look for the transfers between them and when they were completed (UTC).",
    scope=Scope.PARTIES,
    compare=_compare,
)
