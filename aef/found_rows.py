# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The raw rows of a table that was found, and what is noted of their cells whatever they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aef.headings import FoundColumn
from aef.model import Place
from aef.notes import Notes, shown_raw
from aef.row_reading import Where
from aef.sheet_rows import RawRow, raw_rows
from aef.sheet_tables import FoundTable
from aef.syntax_codes import Code


def rows_of(found: FoundTable) -> Iterator[RawRow]:
    """Yields the rows below the headings of a table."""
    headings = found.headings
    return raw_rows(found.sheet, headings.found, headings.last_row, found.until)


def note_cells(notes: Notes, raw: RawRow, columns: Mapping[str, FoundColumn], where: Where) -> None:
    """Notes hidden rows, merged cells and formulas.

    Args:
        notes: Takes the findings.
        raw: The row.
        columns: Its columns, by field.
        where: Says where a field of it stands.
    """
    if raw.hidden:
        sheet = where(next(iter(columns))).sheet
        notes.add(Code.ROW_HIDDEN, Place(sheet, raw.number), "", raw.number)
    for name in raw.merged:
        value, title = raw.raws[name], columns[name].column.title
        notes.add(Code.MERGED_CELLS, where(name), title, value, read_as=shown_raw(value))
    for name, formula in raw.formulas.items():
        notes.add(
            Code.FORMULA,
            where(name),
            columns[name].column.title,
            formula,
            read_as=shown_raw(raw.raws.get(name)),
            fatal=name not in raw.raws,
        )
