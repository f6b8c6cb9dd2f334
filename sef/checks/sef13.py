# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""All retirements together are what the retirement account holds."""

from __future__ import annotations

from collections.abc import Iterator

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.checks.corrected import corrective_rows
from sef.model import Row, Side, Table, Unit

_ID = "SEF13"


def _compare(file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    for unit in Unit:
        found = Sum(filed).plus(Table.END, Row.RETIREMENT, Side.QUANTITY, unit)
        expected = Sum(filed).plus(Table.RETIREMENT_YEARS, Row.TOTAL, Side.QUANTITY, unit)
        for each in _until(file, filed):
            for row in corrective_rows(each.submission, Table.CORRECTED_RETIREMENT):
                expected.plus(Table.CORRECTED_RETIREMENT, row, Side.QUANTITY, unit, filed=each)
        yield compared(_ID, f"retirement account, {unit}", found, expected)


def _until(file: CaseFile, filed: Filed) -> Iterator[Filed]:
    """The report and those on earlier years that were given; corrections stand in none but their own."""
    each: Filed | None = filed
    while each is not None:
        yield each
        each = file.before(each)


TIE = Tie(
    id=_ID,
    title="Retirements of all years are in the retirement account",
    citation="FCCC/SBSTA/2004/9, annex I, paras 10 (f), 43 and 45",
    meaning="The retirement account at the end of the year is compared with the total of the summary on"
    " retirement, and with corrective retirements, which that summary does not have.",
    remedy="Look for a retirement that is not in the summary; give the reports with corrections as well.",
    scope=Scope.FILE,
    compare=_compare,
)
