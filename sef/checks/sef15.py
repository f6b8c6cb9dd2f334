# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A report made after its deadline is late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, State, Tie
from sef.deadline import due

_ID = "SEF15"


def _compare(_file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    made = _day(filed.header.made)
    if made is None or not filed.header.reported_year:
        return
    last = due(filed.header.reported_year)
    late = max(0, (made - last).days)
    state = State.REMARK if late else State.EVEN
    words = f"made on {made.isoformat()}, due on {last.isoformat()}" if late else ""
    yield Comparison(_ID, filed, "days after the deadline", late, 0, (), state, words)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


TIE = Tie(
    id=_ID,
    title="The report was made in time",
    citation="FCCC/SBSTA/2004/9, annex II, draft decision -/CMP.1, para 2",
    meaning="A report is due on 1 February after the reported year. Only XML says when it was made; a late"
    " one is a remark, as corrected versions are made years later.",
    remedy="Nothing in the report.",
    scope=Scope.FILE,
    compare=_compare,
)
