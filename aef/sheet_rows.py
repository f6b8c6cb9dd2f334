# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of a table as raw fields, with merged cells filled down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from openpyxl.utils import range_boundaries

from aef.headings import FoundColumn
from workbooks.cell_texts import cleaned
from workbooks.number_formats import NumberFormat
from workbooks.raw import Raw
from workbooks.sheet_stream import StreamedRow
from workbooks.sheets import Sheet


@dataclass(slots=True)
class RawRow:
    """A row below the headings.

    Attributes:
        number: Its number.
        raws: Raw value of each field that it fills.
        formulas: Formula of each field that has one.
        formats: Number format of each field whose cell may show something else than its value.
        marks: What is raised in each field that has a raised mark.
        merged: Fields whose value was taken from a cell above, with which theirs is merged.
        outside: Columns that have no heading of the table, and in which something stands.
        hidden: Whether a spreadsheet hides the row.
    """

    number: int
    raws: dict[str, Raw]
    formulas: dict[str, str] = field(default_factory=dict)
    formats: dict[str, NumberFormat] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    outside: Mapping[int, Raw] = field(default_factory=dict)
    hidden: bool = False


def raw_rows(
    sheet: Sheet,
    columns: Iterable[FoundColumn],
    after: int,
    until: int | None = None,
    known: Collection[int] = (),
) -> Iterator[RawRow]:
    """Yields the rows of a table that fill any of its columns, or a cell beside them.

    Args:
        sheet: The sheet.
        columns: Where the fields stand.
        after: The lowest row of the headings.
        until: The last row of the table; None for the end of the sheet.
        known: Further columns, of which it has been told that they are not read.
    """
    fields = [(each.column.field, each.index) for each in columns]
    inside = {index for _, index in fields} | set(known)
    spans = _vertical(sheet.counted.merged, {index for _, index in fields}, after)
    above: dict[int, tuple[int, Raw]] = {}
    for row in sheet.rows():
        if row.number <= after:
            continue
        if until is not None and row.number > until:
            break
        found = _raw_row(row, fields)
        if spans:
            found.merged = _filled_down(row.number, found.raws, fields, above)
            for index, last in spans.get(row.number, ()):
                above[index] = (last, row.cells.get(index))
        if not row.cells.keys() <= inside:
            found.outside = _said(row, inside)
        if found.raws or found.formulas or found.outside:
            yield found


def _raw_row(row: StreamedRow, fields: list[tuple[str, int]]) -> RawRow:
    cells = row.cells
    found = RawRow(row.number, {name: cells[index] for name, index in fields if index in cells})
    if row.formulas:
        found.formulas = {n: row.formulas[index] for n, index in fields if index in row.formulas}
    if row.formats:
        found.formats = {n: row.formats[index] for n, index in fields if index in row.formats}
    if row.marks:
        found.marks = {n: row.marks[index] for n, index in fields if index in row.marks}
    found.hidden = row.hidden
    return found


def _said(row: StreamedRow, inside: set[int]) -> Mapping[int, Raw]:
    return {
        index: raw for index, raw in row.cells.items() if index not in inside and cell_says(raw)
    }


def cell_says(raw: Raw) -> bool:
    """Returns whether a cell holds more than space."""
    return raw is not None and not (isinstance(raw, str) and not cleaned(raw))


def _vertical(
    ranges: list[str], indexes: set[int], after: int
) -> Mapping[int, list[tuple[int, int]]]:
    """Merged ranges below the headings that span rows: first row to column and last row."""
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for text in ranges:
        left, top, _, bottom = range_boundaries(text)
        if top is None or bottom is None or left not in indexes:
            continue
        if after < top < bottom:
            spans[top].append((left, bottom))
    return spans


def _filled_down(
    number: int,
    raws: dict[str, Raw],
    fields: list[tuple[str, int]],
    above: dict[int, tuple[int, Raw]],
) -> tuple[str, ...]:
    filled = []
    for name, index in fields:
        last, value = above.get(index, (0, None))
        # A merged footnote spans empty rows; only rows that say something of their own are filled.
        if number <= last and value is not None and raws and name not in raws:
            filled.append((name, value))
    raws.update(filled)
    return tuple(name for name, _ in filled)
