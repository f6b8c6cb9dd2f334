# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the tables of the format on the sheets of a workbook, by their headings.

A sheet may hold several tables, the same table may be on several sheets, and a layout is known by its
headings and nothing else. What a file says of its layout is one finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aef import layout
from aef.draft_layout import DRAFT_TABLES
from aef.headings import (
    Headings,
    Row,
    Rows,
    find_fields,
    find_headings,
    heading_text,
    rows_with_titles,
    with_near,
)
from aef.layout import LISTED, SUBMISSION, TABLES, Need, Table, letter_of
from aef.model import Place
from aef.notes import Notes
from aef.syntax_codes import Code
from aef.texts import folded
from workbooks.sheets import Sheet, SheetHead

_EXPLAINING: Final = frozenset(map(folded, (layout.INDEX_SHEET, layout.SUMMARY_SHEET)))
"""Sheets of the blank that hold no table; some Parties leave them out."""
_OFFICIAL: Final = {folded(table.sheet): table for table in TABLES}
_CAPTION: Final = re.compile(r"(?:table|tableau|tabla|cuadro|t) ?[0-9]")
_SPREAD: Final = frozenset({SUBMISSION.key, "actions", "holdings"})
"""Tables whose headings the blank spreads over rows; in one row, they are of the flat layout."""
_OF_THE_DRAFT: Final = frozenset({SUBMISSION.key, *(table.key for table in DRAFT_TABLES)})
_DRAFT_HEADING_FIELDS: Final = frozenset({"party", "reported_year"})


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table on a sheet.

    Attributes:
        until: The last row that can belong to it; None for the end of the sheet.
    """

    sheet: Sheet
    headings: Headings
    head: SheetHead
    until: int | None = None

    @property
    def key(self) -> str:
        """Name of the table in the model."""
        return self.headings.table.key

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """In which column each field stands."""
        return tuple((each.column.field, each.index) for each in self.headings.found)

    @property
    def unclear(self) -> frozenset[str]:
        """Fields with two columns that do not say the same."""
        first = {each.column.field: each.index for each in self.headings.found}
        below = [row.cells for at, row in self.head.rows.items() if at > self.headings.last_row]
        return frozenset(
            each.column.field
            for each in self.headings.repeated
            if any(
                row.get(each.index) not in {None, "", row.get(first[each.column.field])}
                for row in below
            )
        )

    @property
    def across(self) -> bool:
        """Whether table 1 has its fields beside each other, as the other tables have."""
        return self.headings.first_row == self.headings.last_row


@dataclass(frozen=True, slots=True)
class FoundTables:
    """The tables of a workbook.

    Attributes:
        by_key: Those that are read, by name; one sheet may hold several parts of a table.
        repeated: Further sheets with a table that was found already.
        draft: Whether the workbook has the layout of 6/CMA.4.
        flat: Whether it has the layout of registries' software.
    """

    by_key: Mapping[str, Sequence[FoundTable]]
    repeated: tuple[FoundTable, ...] = field(default=())
    draft: bool = False
    flat: bool = False

    @property
    def missing(self) -> tuple[Table, ...]:
        """Tables of the layout that are nowhere."""
        return tuple(
            table
            for table in TABLES
            if table.key not in self.by_key and not (self.draft and table.key not in _OF_THE_DRAFT)
        )


def find_tables(sheets: Sequence[Sheet], notes: Notes) -> FoundTables:
    """Finds the tables of a workbook, and notes how sheets and headings depart from the blank."""
    by_key: dict[str, list[FoundTable]] = {}
    repeated: list[FoundTable] = []
    # Sheets with their official name first, so that a copy never takes the place of the original.
    for sheet in sorted(sheets, key=lambda each: folded(each.title) not in _OFFICIAL):
        found = _on_sheet(sheet, notes)
        here = {each.key for each in found if each.key not in by_key}
        for each in found:
            if each.key in here:
                by_key.setdefault(each.key, []).append(each)
            else:
                repeated.append(each)
                notes.add(Code.SHEET_REPEATED, Place(sheet.title, 0), "", sheet.title, fatal=True)
    listed = [each for parts in by_key.values() for each in parts]
    draft = next((each for each in listed if each.headings.table in DRAFT_TABLES), None)
    flat = next((each for each in listed if _is_flat(each) and each.key in _SPREAD), None)
    for code, first in ((Code.LAYOUT_DRAFT, draft), (Code.LAYOUT_FLAT, flat)):
        if first is not None:
            notes.add(code, Place(first.sheet.title, 0), "", first.sheet.title)
    tables = FoundTables(by_key, tuple(repeated), draft is not None, flat is not None)
    # Headings that are the same ones again, as at the top of a printed page, are told of once.
    told = set[object]()
    for each in listed:
        if (said := (each.sheet.title, each.key, each.places)) not in told:
            told.add(said)
            _note_form(each, notes, tables)
    for title in dict.fromkeys(each.sheet.title for each in listed if _renamed(each, tables)):
        official = ", ".join(
            each.headings.table.sheet for each in listed if each.sheet.title == title
        )
        notes.add(Code.SHEET_RENAMED, Place(title, 0), "", title, read_as=official)
    return tables


def _renamed(found: FoundTable, tables: FoundTables) -> bool:
    table = found.headings.table
    known = table in TABLES and not tables.draft and not (tables.flat and _is_flat(found))
    return known and found.sheet.title != table.sheet


def _on_sheet(sheet: Sheet, notes: Notes) -> list[FoundTable]:
    head = sheet.head()
    rows = {number: row.cells for number, row in head.rows.items()}
    explaining = folded(sheet.title) in _EXPLAINING
    found = [
        FoundTable(sheet, with_near(headings, rows), head, until)
        for headings, until in tables_in(
            rows, _OFFICIAL.get(folded(sheet.title)), with_fields=not explaining
        )
    ]
    if found and sheet.hidden:
        notes.add(Code.SHEET_HIDDEN, Place(sheet.title, 0), "", sheet.title)
    if rows and not found and not explaining:
        notes.add(Code.SHEET_UNKNOWN, Place(sheet.title, 0), "", sheet.title)
    return found


def _is_flat(found: FoundTable) -> bool:
    return found.headings.flat and found.headings.table in TABLES


# -- which rows of a sheet are the headings of which table ----------------------------------------


def tables_in(
    rows: Rows, named: Table | None, *, with_fields: bool = True
) -> list[tuple[Headings, int | None]]:
    """Finds the tables in the rows of a sheet, from above to below.

    Args:
        rows: The rows in which headings may stand.
        named: The table whose official name the sheet has; it wins between equals.
        with_fields: Whether table 1 with its fields below each other is looked for, too.

    Returns:
        Headings of each table, and the last row that can belong to it, or None.
    """
    titled = rows_with_titles(rows)
    blocks = _blocks(titled, named)
    above = {
        number: row for number, row in rows.items() if not blocks or number < blocks[0].first_row
    }
    fields = find_fields(SUBMISSION, above) if with_fields else None
    found = blocks if fields is None else [fields, *blocks]
    ends = [_end_above(rows, each) for each in found[1:]]
    return list(zip(found, [*ends, None][: len(found)], strict=True))


def _blocks(rows: Rows, named: Table | None) -> list[Headings]:
    best = _recognised(rows, named)
    if best is None:
        return []
    higher = {number: row for number, row in rows.items() if number < best.first_row}
    lower = {number: row for number, row in rows.items() if number > best.last_row}
    return [*_blocks(higher, named), best, *_blocks(lower, named)]


def _recognised(rows: Rows, named: Table | None) -> Headings | None:
    found = [find_headings(table, rows) for table in (*TABLES, *DRAFT_TABLES)]
    return max(
        (each for each in found if each is not None),
        key=lambda each: (
            each.table is named and len(each.found) > len(each.missing),
            len(each.found),
            -len(each.missing),
        ),
        default=None,
    )


def _end_above(rows: Rows, below: Headings) -> int:
    """The last row above the headings of a table that is neither its caption nor empty."""
    end = below.first_row - 1
    while end > 0 and _is_caption(rows.get(end, {}), below.table):
        end -= 1
    return end


def _is_caption(row: Row, table: Table) -> bool:
    texts = [heading_text(raw) for raw in row.values()]
    groups = {folded(text) for _, text in table.groups}
    return all(text in groups or _CAPTION.match(text) is not None for text in texts)


# -- what is noted of a table that was found ------------------------------------------------------


def _note_form(found: FoundTable, notes: Notes, tables: FoundTables) -> None:
    sheet, headings = found.sheet, found.headings
    flat = tables.flat and _is_flat(found)
    for each in headings.found:
        if each.index in found.head.hidden_columns:
            place = Place(sheet.title, each.row, each.letter)
            notes.add(Code.COLUMN_HIDDEN, place, each.column.title, each.letter)
        if headings.table in LISTED and not flat and each.letter != each.column.letter:
            place = Place(sheet.title, each.row, each.letter)
            notes.add(
                Code.COLUMN_MOVED, place, each.column.title, each.letter, read_as=each.column.title
            )
    for each in headings.near:
        place = Place(sheet.title, each.row, each.letter)
        said = found.head.rows[each.row].cells.get(each.index)
        notes.add(Code.COLUMN_RENAMED, place, each.column.title, said, read_as=each.column.title)
    for column in headings.missing:
        if not tables.draft or _asked_in_draft(column.field, column.need, headings.table):
            place = Place(sheet.title, headings.last_row)
            notes.add(Code.COLUMN_MISSING, place, column.title, None, fatal=True)
    for each in headings.repeated:
        place, fatal = Place(sheet.title, each.row, each.letter), each.column.field in found.unclear
        notes.add(Code.COLUMN_REPEATED, place, each.column.title, each.letter, fatal=fatal)
    for row, index, text in headings.unknown:
        notes.add(Code.COLUMN_UNKNOWN, Place(sheet.title, row, letter_of(index)), text, text)


def _asked_in_draft(name: str, need: Need, table: Table) -> bool:
    """The earlier layout leaves out what does not apply; of its heading Parties filed two lines."""
    if table is SUBMISSION:
        return name in _DRAFT_HEADING_FIELDS
    return need is Need.REQUIRED
