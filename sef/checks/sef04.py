# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Each account for cancelled, replaced and retired units grows by what its transactions put there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sef.checks.booked import where_corrected, with_booked
from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.checks.corrected import corrective_rows
from sef.layout import Family
from sef.model import Row, Side, Table, Unit

_ID = "SEF04"
LAND: Final = (
    Row.AFFORESTATION, Row.REFORESTATION, Row.DEFORESTATION, Row.FOREST, Row.CROPLAND, Row.GRAZING,
    Row.REVEGETATION, Row.WETLAND,
)  # fmt: skip
_FILLED_BY: Final = {
    Row.NET_SOURCE: LAND,
    **{
        row: (row,)
        for row in (
            Row.VOLUNTARY, Row.AMBITION, Row.REPLACE_TCERS, Row.REPLACE_LCERS,
            Row.REPLACE_REVERSAL, Row.REPLACE_REPORT, Row.CANCEL_REVERSAL, Row.CANCEL_REPORT,
        )
    },
}  # fmt: skip
"""Rows of transactions that fill an account."""
_STARTING: Final = (Row.NON_COMPLIANCE, Row.SURPLUS, Row.REMAINING)
"""Accounts that starting values fill."""


def _compare(file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    rows = tuple(filed.submission.rows(Table.END))
    for unit in Unit:
        for row, by in _FILLED_BY.items():
            if row in rows:
                yield where_corrected(_filled(filed, row, by, unit), unit)
        for row in _STARTING:
            if row in rows:
                made = _filled(filed, row, (), unit)
                yield with_booked(file, made, unit, [row], sign=-1, leaves=False)
        yield _retired(filed, unit)


def _grown(filed: Filed, row: Row, unit: Unit) -> Sum:
    found = Sum(filed).plus(Table.END, row, Side.QUANTITY, unit)
    return found.minus(Table.START, row, Side.QUANTITY, unit)


def _filled(filed: Filed, row: Row, by: tuple[Row, ...], unit: Unit) -> Comparison:
    expected = Sum(filed)
    for each in by:
        expected.plus(Table.INTERNAL, each, Side.SUBTRACTIONS, unit)
        if filed.family is Family.DRAFT:
            expected.plus(Table.CORRECTIONS, each, Side.SUBTRACTIONS, unit)
    return compared(_ID, f"increase of {row}, {unit}", _grown(filed, row, unit), expected)


def _retired(filed: Filed, unit: Unit) -> Comparison:
    expected = Sum(filed).plus(Table.RETIREMENT, Row.RETIREMENT, Side.QUANTITY, unit)
    for row in corrective_rows(filed.submission, Table.CORRECTED_RETIREMENT):
        expected.plus(Table.CORRECTED_RETIREMENT, row, Side.QUANTITY, unit)
    found = _grown(filed, Row.RETIREMENT, unit)
    return compared(_ID, f"increase of retirement, {unit}", found, expected)


TIE = Tie(
    id=_ID,
    title="Accounts for cancelled, replaced and retired units grow by their transactions",
    citation="FCCC/SBSTA/2004/9, annex I, paras 10, 11, 15 to 17, 19 and 35 (b)",
    meaning="The increase of each such account type is compared with the rows of transactions that fill"
    " it: net source cancellation with those of land use, retirement with the box below table 2 (a),"
    " cancellations for non-compliance with the starting values.",
    remedy="Look for a cancellation, replacement or retirement in the wrong row, or of the wrong year.",
    scope=Scope.FILE,
    compare=_compare,
)
