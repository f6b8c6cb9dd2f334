# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What had to be replaced and was not is told; it is no fault of the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, State, Sum, Tie, compared
from sef.layout import Family
from sef.model import Row, Side, Table, Unit

_ID = "SEF10"


def _compare(_file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    required, met = Sum(filed), Sum(filed)
    for unit in Unit:
        required.plus(Table.REPLACEMENT_YEARS, Row.TOTAL, Side.REQUIREMENT, unit)
        met.plus(Table.REPLACEMENT_YEARS, Row.TOTAL, Side.REPLACEMENT, unit)
        met.plus(Table.REPLACEMENT_YEARS, Row.TOTAL, Side.CANCELLATION, unit)
    made = compared(_ID, "replacement of tCERs, lCERs and CERs", met, required)
    if made.state is State.EVEN:
        yield made
        return
    words = f"{made.expected} to be replaced or cancelled, {made.found} were"
    if filed.family is not Family.CP2:
        words += (
            "; what expired in holding accounts is among the first number and is never replaced"
        )
    yield replace(made, state=State.REMARK, missing=words)


TIE = Tie(
    id=_ID,
    title="What had to be replaced was replaced",
    citation="FCCC/SBSTA/2004/9, annex I, para 41",
    meaning="At the end of a period as much is replaced or cancelled as had to be. A difference is what is"
    " still owed, or was replaced in advance; it is a remark and breaks nothing.",
    remedy="Nothing in the report: replace what is owed.",
    scope=Scope.FILE,
    compare=_compare,
)
