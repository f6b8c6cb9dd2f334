# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a Party's workbook as it really is, and says how it departs from the format.

Tables are found by the name of their sheet, else by their headings; columns by their headings. The
workbook is streamed, so its size costs time, not memory. Formulas are never calculated: the value
last stored with the cell is read, and the formula reported, since anybody may store any value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from broker.reports.aef import layout
from broker.reports.aef.archive_inspection import SheetPart
from broker.reports.aef.draft_layout import DRAFT_HEADING, DRAFT_TABLES, separated
from broker.reports.aef.headings import FoundColumn, Headings, Rows, find_fields, find_headings
from broker.reports.aef.layout import LISTED, SUBMISSION, TABLES, Table
from broker.reports.aef.model import (
    ActionRow,
    AuthorizationRow,
    EntityRow,
    Heading,
    HoldingRow,
    Place,
    ReadFile,
    Submission,
)
from broker.reports.aef.notes import Notes
from broker.reports.aef.parsed import Raw
from broker.reports.aef.progress import EVERY, Progress
from broker.reports.aef.row_kinds import RowKind, kind_of_row
from broker.reports.aef.row_reading import RowReader, Where
from broker.reports.aef.sheet_rows import RawRow, Sheet, raw_rows, sheets_of
from broker.reports.aef.sheet_stream import StreamedRow
from broker.reports.aef.syntax_codes import Code
from broker.reports.aef.texts import folded

ROW_TYPES: Final[Mapping[str, type]] = {
    layout.AUTHORIZATIONS.key: AuthorizationRow,
    layout.ACTIONS.key: ActionRow,
    layout.HOLDINGS.key: HoldingRow,
    layout.ENTITIES.key: EntityRow,
}
"""Type of the rows of each table, by its key."""

_KNOWN_SHEETS: Final = frozenset(map(folded, (layout.INDEX_SHEET, layout.SUMMARY_SHEET)))
_LOOKED_RIGHT: Final = 5
"""Cells to the right of a heading of table 1 among which its value is looked for."""
_DRAFT_KEYS: Final = frozenset(table.key for table in (DRAFT_HEADING, *DRAFT_TABLES))


@dataclass(slots=True)
class _Book:
    """A workbook while it is read."""

    notes: Notes
    progress: Progress | None = None
    done: int = 0
    total: int = 0

    def stepped(self) -> None:
        self.done += 1
        if self.progress is not None and self.done % EVERY == 0:
            self.progress(self.done, max(self.done, self.total))


@dataclass(frozen=True, slots=True)
class _Located:
    sheet: Sheet
    headings: Headings
    head: Mapping[int, StreamedRow]


def read_workbook(
    path: Path, parts: Mapping[str, SheetPart], progress: Progress | None = None
) -> ReadFile:
    """Read a workbook whose archive was inspected.

    Args:
        path: The file.
        parts: What the inspection found in it.
        progress: Told how many rows were read.
    """
    notes = Notes()
    sheets = sheets_of(path, parts)
    total = sum(sheet.counted.rows for sheet in sheets)
    submission = _submission(path.name, sheets, _Book(notes, progress, total=total))
    return ReadFile(submission=submission, findings=notes.finished())


def _submission(source: str, sheets: Sequence[Sheet], book: _Book) -> Submission:
    located = _located(sheets, book.notes)
    draft = any(each.headings.table in DRAFT_TABLES for each in located.values())
    if draft:
        first = next(each for each in located.values() if each.headings.table in DRAFT_TABLES)
        book.notes.add(Code.LAYOUT_DRAFT, Place(first.sheet.title, 0), "", first.sheet.title)
    for table in TABLES:
        if table.key not in located and not (draft and table.key not in _DRAFT_KEYS):
            fatal = table is SUBMISSION
            book.notes.add(Code.SHEET_MISSING, Place(table.sheet, 0), "", None, fatal=fatal)
    heading = _heading(located[SUBMISSION.key], book) if SUBMISSION.key in located else Heading()
    rows: dict[str, list[Any]] = {table.key: [] for table in LISTED}
    authorized: dict[tuple[Any, ...], AuthorizationRow] = {}
    for table in LISTED:
        if table.key in located:
            _table(located[table.key], book, rows[table.key], authorized)
    if draft:
        rows[layout.AUTHORIZATIONS.key].extend(authorized.values())
    if book.progress is not None:
        book.progress(book.done, book.done)
    return Submission(
        source=source,
        heading=heading,
        authorizations=tuple(rows[layout.AUTHORIZATIONS.key]),
        actions=tuple(rows[layout.ACTIONS.key]),
        holdings=tuple(rows[layout.HOLDINGS.key]),
        entities=tuple(rows[layout.ENTITIES.key]),
        draft_layout=draft,
    )


# -- which sheet is which table -------------------------------------------------------------------


def _located(sheets: Sequence[Sheet], notes: Notes) -> dict[str, _Located]:
    """Find the table of each sheet, by its headings; the name decides between equals."""
    located: dict[str, _Located] = {}
    # Sheets with their official name first, so that a copy never takes the place of the original.
    official = {folded(table.sheet): table for table in TABLES}
    for sheet in sorted(sheets, key=lambda each: folded(each.title) not in official):
        if folded(sheet.title) in _KNOWN_SHEETS:
            continue
        head = sheet.head()
        cells = {number: row.cells for number, row in head.items()}
        headings = _recognised(cells, official.get(folded(sheet.title)))
        place = Place(sheet.title, 0)
        if headings is None:
            if head:
                notes.add(Code.SHEET_UNKNOWN, place, "", sheet.title)
            continue
        if sheet.hidden:
            notes.add(Code.SHEET_HIDDEN, place, "", sheet.title)
        if headings.table.key in located:
            notes.add(Code.SHEET_REPEATED, place, "", sheet.title, fatal=True)
            continue
        if sheet.title != headings.table.sheet and headings.table in TABLES:
            notes.add(Code.SHEET_RENAMED, place, "", sheet.title)
        _note_columns(sheet, headings, notes)
        located[headings.table.key] = _Located(sheet, headings, head)
    return located


def _recognised(head: Rows, named: Table | None) -> Headings | None:
    candidates = [find_fields(SUBMISSION, head)]
    candidates += [find_headings(table, head) for table in (*LISTED, *DRAFT_TABLES)]
    found = [each for each in candidates if each is not None]
    if not found:
        return None
    return max(
        found,
        key=lambda each: (
            each.table is named and len(each.found) > len(each.missing),
            len(each.found) - len(each.missing),
        ),
    )


def _note_columns(sheet: Sheet, headings: Headings, notes: Notes) -> None:
    official = headings.table in LISTED
    for found in headings.found:
        if official and found.letter != found.column.letter:
            place = Place(sheet.title, found.row, found.letter)
            notes.add(Code.COLUMN_MOVED, place, found.column.title, found.letter)
    for column in headings.missing:
        row = headings.last_row
        notes.add(Code.COLUMN_MISSING, Place(sheet.title, row), column.title, None, fatal=True)
    for found in headings.repeated:
        place = Place(sheet.title, found.row, found.letter)
        notes.add(Code.COLUMN_REPEATED, place, found.column.title, found.letter)
    for row, index, text in headings.unknown:
        place = Place(sheet.title, row, layout.letter_of(index))
        notes.add(Code.COLUMN_UNKNOWN, place, text, text)


# -- table 1 --------------------------------------------------------------------------------------


def _heading(located: _Located, book: _Book) -> Heading:
    sheet, headings = located.sheet, located.headings
    raws: dict[str, Raw] = {}
    places: dict[str, Place] = {}
    for found in headings.found:
        row = located.head[found.row]
        beside = range(found.index + 1, found.index + 1 + _LOOKED_RIGHT)
        index = next((at for at in beside if at in row.cells), found.index + 1)
        name = found.column.field
        places[name] = Place(sheet.title, found.row, layout.letter_of(index))
        raws[name] = row.cells.get(index)
        if index in row.formulas:
            book.notes.add(Code.FORMULA, places[name], found.column.title, row.formulas[index])
    values = RowReader(SUBMISSION, book.notes, places).read(
        raws, Place(sheet.title, 0), places.__getitem__
    )
    del values["place"]
    return Heading(**values)


# -- tables with rows -----------------------------------------------------------------------------


def _table(
    located: _Located,
    book: _Book,
    rows: list[Any],
    authorized: dict[tuple[Any, ...], AuthorizationRow],
) -> None:
    sheet, headings = located.sheet, located.headings
    columns = {found.column.field: found for found in headings.found}
    plain = {name: found.column for name, found in columns.items()}
    reader = RowReader(headings.table, book.notes, columns)
    row_type = ROW_TYPES[headings.table.key]
    for raw in raw_rows(sheet, headings.found, headings.last_row):
        book.stepped()
        kind = kind_of_row(raw.raws, plain)
        if kind is RowKind.PICK_LIST or (kind is RowKind.EMPTY and not raw.formulas):
            continue
        row = Place(sheet.title, raw.number)
        where = partial(_place, row, columns)
        _note_cells(book.notes, raw, columns, where)
        if kind is RowKind.ENTRY:
            values = reader.read(raw.raws, row, where)
            if headings.table in DRAFT_TABLES:
                _carry_over(values, row, authorized)
            rows.append(row_type(**values))
        elif raw.raws:
            book.notes.add(Code.ROW_IGNORED, row, "", next(iter(raw.raws.values())))


def _place(row: Place, columns: Mapping[str, FoundColumn], name: str) -> Place:
    return Place(row.sheet, row.row, columns[name].letter)


def _note_cells(
    notes: Notes, raw: RawRow, columns: Mapping[str, FoundColumn], where: Where
) -> None:
    for name in raw.merged:
        notes.add(Code.MERGED_CELLS, where(name), columns[name].column.title, raw.raws[name])
    for name, formula in raw.formulas.items():
        notes.add(Code.FORMULA, where(name), columns[name].column.title, formula)


def _carry_over(
    values: dict[str, Any],
    place: Place,
    authorized: dict[tuple[Any, ...], AuthorizationRow],
) -> None:
    """Bring a row of the draft into the present tables: authorization apart, user where it belongs."""
    row = separated(values, place)
    said = (row.authorization_id, row.date, row.purposes, row.sectors, row.activity_types)
    authorized.setdefault(said, row)
    user = values.pop("user", "")
    if user:
        is_party = len(user) == len("CHE") and user.isupper()
        values["using_party" if is_party else "using_entity"] = user
