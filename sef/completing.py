# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Fills what a layout adds up: totals that follow from other cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sef.layout import Form, Layout, Line
from sef.model import (
    NA,
    UNIT_OF_LETTER,
    Cell,
    CellKind,
    Row,
    RowKey,
    Side,
    Spot,
    Submission,
    Table,
    Unit,
    amount,
)

SUMS: Final = (Row.SUBTOTAL, Row.TOTAL, Row.GRAND_TOTAL)
APART: Final[Mapping[Table, Row]] = {Table.RETIREMENT: Row.FROM_RESERVE}
"""Rows that are a part of another row, and are not added to it."""


def completed(submission: Submission, layout: Layout) -> Submission:
    """Returns a submission with the totals of a layout that it does not state itself.

    Args:
        submission: What is stated already stays.
        layout: Says which totals there are.
    """
    cells = dict(submission.cells)
    # Which rows it has is found out once: no total is a part of another one of its table.
    growing = replace(submission, cells=cells)
    for _, form in layout.forms():
        for line in form.lines:
            if isinstance(line.row, Row) and line.row in SUMS:
                cells |= _filled(growing, form, line, line.row)
    return replace(submission, cells=cells)


def _filled(submission: Submission, form: Form, line: Line, row: Row) -> dict[Spot, Cell]:
    found: dict[Spot, Cell] = {}
    for at, columns in enumerate(form.columns):
        for letter in columns.units:
            unit = UNIT_OF_LETTER[letter]
            spot = Spot(form.table, row, columns.side, unit)
            if submission.cell(spot).kind is not CellKind.NOT_APPLICABLE:
                continue
            if line.is_open(at, unit):
                found[spot] = amount(sum_of(submission, form.table, row, columns.side, unit))
            else:
                found[spot] = NA
    return found


def sum_of(submission: Submission, table: Table, row: Row, side: Side, unit: Unit) -> int:
    """Returns what a total has to say by the other cells."""
    if table is Table.TOTAL:
        return submission.number(Table.INTERNAL, Row.SUBTOTAL, side, unit) + submission.number(
            Table.EXTERNAL, Row.SUBTOTAL, side, unit
        )
    if row is Row.GRAND_TOTAL:
        return submission.number(Table.STARTING_VALUES, Row.TOTAL, side, unit) + submission.number(
            Table.YEARS, Row.TOTAL, side, unit
        )
    return sum(submission.number(table, each, side, unit) for each in parts(submission, table))


def parts(submission: Submission, table: Table) -> list[RowKey]:
    """Returns the rows that the total of a table adds up."""
    apart = (*SUMS, APART.get(table))
    return [row for row in submission.rows(table) if row not in apart]
