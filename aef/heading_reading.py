# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads table 1 of a workbook, whose fields stand below each other, or beside each other in one row."""

from __future__ import annotations

from typing import Final

from aef import layout
from aef.found_rows import note_cells, rows_of
from aef.layout import SUBMISSION
from aef.model import Heading, Place
from aef.notes import Notes
from aef.row_reading import RowReader
from aef.sheet_rows import RawRow, cell_says
from aef.sheet_tables import FoundTable, FoundTables
from aef.shown_values import as_shown
from aef.syntax_codes import Code

_LOOKED_RIGHT: Final = 5
"""Cells to the right of a heading of table 1 among which its value is looked for."""


def read_heading(tables: FoundTables, notes: Notes) -> tuple[Heading, dict[str, Place]]:
    """Returns what table 1 says, and the cell of each of its fields.

    Args:
        tables: The tables of the workbook.
        notes: Takes the findings.
    """
    parts = tables.by_key.get(SUBMISSION.key)
    if not parts:
        return Heading(), {}
    found = parts[0]
    columns = {each.column.field: each for each in found.headings.found}
    row, places = (_heading_across if found.across else _heading_down)(found, notes)
    where = places.__getitem__
    note_cells(notes, row, columns, where)
    as_shown(row, columns, where, notes, dates_asked=not tables.draft)
    values = RowReader(SUBMISSION, notes, columns).read(
        row.raws, Place(found.sheet.title, row.number), where, row.formulas
    )
    del values["place"]
    return Heading(**values), places


def _heading_down(found: FoundTable, notes: Notes) -> tuple[RawRow, dict[str, Place]]:
    """The values of table 1 beside its headings, which stand below each other."""
    row = RawRow(0, {})
    places: dict[str, Place] = {}
    for each in found.headings.found:
        line = found.head.rows[each.row]
        beside = range(each.index + 1, each.index + 1 + _LOOKED_RIGHT)
        filled = line.cells.keys() | line.formulas.keys()
        index = next((at for at in beside if at in filled), each.index + 1)
        name = each.column.field
        places[name] = Place(found.sheet.title, each.row, layout.letter_of(index))
        for at in sorted(filled - {index}):
            if at > index and cell_says(line.cells.get(at)):
                aside = Place(found.sheet.title, each.row, layout.letter_of(at))
                notes.add(Code.CELL_OUTSIDE, aside, "", line.cells[at])
        if index in line.cells:
            row.raws[name] = line.cells[index]
        if index in line.formulas:
            row.formulas[name] = line.formulas[index]
        if index in line.formats:
            row.formats[name] = line.formats[index]
        if index in line.marks:
            row.marks[name] = line.marks[index]
        if line.hidden:
            notes.add(Code.ROW_HIDDEN, Place(found.sheet.title, each.row), "", each.row)
    return row, places


def _heading_across(found: FoundTable, notes: Notes) -> tuple[RawRow, dict[str, Place]]:
    """The first row below the headings; table 1 has no other."""
    rows = [row for row in rows_of(found) if row.raws or row.formulas]
    first = rows[0] if rows else RawRow(found.headings.last_row + 1, {})
    for further in rows[1:]:
        place = Place(found.sheet.title, further.number)
        notes.add(Code.ROW_IGNORED, place, "", next(iter(further.raws.values()), None))
    return first, {
        each.column.field: Place(found.sheet.title, first.number, each.letter)
        for each in found.headings.found
    }
