# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What corrective transactions add to holdings and take from them, in either form of their tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sef.checks.comparison import Sum
from sef.model import Row, RowKey, Side, Submission, Table, Unit

_BOTH: Final = (Side.ADDITIONS, 1), (Side.SUBTRACTIONS, -1)


def corrective_rows(submission: Submission, table: Table) -> Iterator[RowKey]:
    """Yields the rows of a table of corrections that are no sums."""
    yield from (row for row in submission.rows(table) if row != Row.TOTAL)


def plus_corrections(found: Sum, unit: Unit) -> Sum:
    """Adds what corrections did to the holdings of a year; returns the sum."""
    said = found.filed.submission
    for row in corrective_rows(said, Table.CORRECTIONS):
        for side, sign in _BOTH:
            found.plus(Table.CORRECTIONS, row, side, unit, sign)
    for row in corrective_rows(said, Table.CORRECTED_RETIREMENT):
        found.minus(Table.CORRECTED_RETIREMENT, row, Side.QUANTITY, unit)
    return found
