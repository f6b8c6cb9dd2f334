# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The summary of the reported year is what the year's tables say."""

from __future__ import annotations

from collections.abc import Iterator

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.model import Row, Side, Table, Unit

_ID = "SEF08"


def _compare(_file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    year = filed.header.reported_year
    for unit in Unit:
        for side in (Side.ADDITIONS, Side.SUBTRACTIONS):
            found = Sum(filed).plus(Table.YEARS, year, side, unit)
            expected = Sum(filed).plus(Table.TOTAL, Row.TOTAL, side, unit)
            yield compared(_ID, f"{side} of {year}, {unit}", found, expected)
            between = Sum(filed).plus(Table.RESERVE_YEARS, year, side, unit)
            if between.parts:
                expected = Sum(filed).plus(Table.RESERVE, Row.SUBTOTAL, side, unit)
                yield compared(_ID, f"reserve, {side} of {year}, {unit}", between, expected)
        for side in (Side.REQUIREMENT, Side.REPLACEMENT, Side.CANCELLATION):
            yield from _replaced(filed, year, side, unit)
        retired = Sum(filed).plus(Table.RETIREMENT_YEARS, year, Side.QUANTITY, unit)
        expected = Sum(filed).plus(Table.RETIREMENT, Row.RETIREMENT, Side.QUANTITY, unit)
        yield compared(_ID, f"retirement of {year}, {unit}", retired, expected)


def _replaced(filed: Filed, year: int, side: Side, unit: Unit) -> Iterator[Comparison]:
    """The total of a requirement is shaded in the first period, so the rows themselves are added up."""
    found = Sum(filed).plus(Table.REPLACEMENT_YEARS, year, side, unit)
    expected = Sum(filed)
    for row in filed.submission.rows(Table.EXPIRY):
        if row != Row.TOTAL:
            expected.plus(Table.EXPIRY, row, side, unit)
    if found.parts:
        yield compared(_ID, f"{side} of {year}, {unit}", found, expected)


TIE = Tie(
    id=_ID,
    title="The reported year of the summaries is that of tables 2 and 3",
    citation="FCCC/SBSTA/2004/9, annex I, paras 36 (a), 39 and 43",
    meaning="In the summaries, the row of the reported year is compared with the totals of tables 2 and 3"
    " and with the box on retirement.",
    remedy="Copy the totals of the year into the row of that year.",
    scope=Scope.FILE,
    compare=_compare,
)
