# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a Party's workbook as it really is, and says how it departs from the format.

Tables are found by the name of their sheet, else by their headings; columns by their headings. The
workbook is streamed, so its size costs time, not memory. Formulas are never calculated: the value
last stored with the cell is read, and the formula reported, since anybody may store any value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from aef import layout
from aef.code_values import read_party
from aef.doubtful_dates import without_doubtful_dates
from aef.draft_layout import DRAFT_TABLES, separated
from aef.found_rows import note_cells, rows_of
from aef.heading_reading import read_heading
from aef.headings import FoundColumn
from aef.layout import LISTED, SUBMISSION, TABLES
from aef.model import (
    ActionRow,
    AuthorizationRow,
    EntityRow,
    HoldingRow,
    Place,
    ReadFile,
    Submission,
)
from aef.notes import Notes
from aef.row_kinds import RowKind, is_footnote, kind_of_row
from aef.row_reading import RowReader, Values
from aef.sheet_rows import raw_rows
from aef.sheet_tables import FoundTable, FoundTables, find_tables
from aef.shown_values import as_shown
from aef.syntax_codes import Code
from workbooks.archive_inspection import SheetPart
from workbooks.progress import EVERY, Progress
from workbooks.sheets import Sheet, sheets_of
from workbooks.unreadable import refuse
from workbooks.workbook_parts import SheetEntry

ROW_TYPES: Final[Mapping[str, type]] = {
    layout.AUTHORIZATIONS.key: AuthorizationRow,
    layout.ACTIONS.key: ActionRow,
    layout.HOLDINGS.key: HoldingRow,
    layout.ENTITIES.key: EntityRow,
}
"""Type of the rows of each table, by its key."""


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


def read_workbook(
    path: Path, parts: Mapping[str, SheetPart], progress: Progress | None = None
) -> ReadFile:
    """Reads a workbook whose archive was inspected.

    Args:
        path: The file.
        parts: What the inspection found in it.
        progress: Told how many rows were read.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE, also where no table of the format is in it.
    """
    notes = Notes()
    sheets, others = sheets_of(path, parts)
    tables = find_tables(sheets, notes)
    _note_objects(sheets, others, notes)
    if not tables.by_key:
        refuse(
            path.name,
            f"none of the {len(TABLES)} tables of the format was found in it",
            "Send the workbook with the headings of the official blank.",
        )
    total = sum(sheet.counted.rows for sheet in sheets)
    submission = _submission(path.name, tables, _Book(notes, progress, total=total))
    submission = without_doubtful_dates(submission, notes)
    return ReadFile(submission=submission, findings=notes.finished())


def _note_objects(sheets: Iterable[Sheet], others: Iterable[SheetEntry], notes: Notes) -> None:
    for sheet in sheets:
        for each in sheet.objects:
            notes.add(Code.OBJECT_UNREAD, Place(sheet.title, 0), "", each.said)
    for other in others:
        notes.add(Code.OBJECT_UNREAD, Place(other.title, 0), "", "a sheet of charts, without cells")


def _submission(source: str, tables: FoundTables, book: _Book) -> Submission:
    unseen = {table.key for table in tables.missing}
    for table in tables.missing:
        fatal = table is SUBMISSION
        book.notes.add(Code.SHEET_MISSING, Place(table.sheet, 0), "", None, fatal=fatal)
    heading, places = read_heading(tables, book.notes)
    rows: dict[str, list[Any]] = {table.key: [] for table in LISTED}
    authorized: dict[tuple[Any, ...], AuthorizationRow] = {}
    for table in LISTED:
        for part in tables.by_key.get(table.key, ()):
            found = list(_rows(part, book, authorized, draft=tables.draft))
            rows[table.key].extend(found)
            # Its rows may be in the picture that lies there.
            if not found and any(each.may_hold_rows for each in part.sheet.objects):
                unseen.add(table.key)
    rows[layout.AUTHORIZATIONS.key].extend(authorized.values())
    # A copy of a table without a row of its own hides nothing.
    unseen |= {each.key for each in tables.repeated if _has_rows(each)}
    if book.progress is not None:
        book.progress(book.done, book.done)
    return Submission(
        source=source,
        heading=heading,
        authorizations=tuple(rows[layout.AUTHORIZATIONS.key]),
        actions=tuple(rows[layout.ACTIONS.key]),
        holdings=tuple(rows[layout.HOLDINGS.key]),
        entities=tuple(rows[layout.ENTITIES.key]),
        columns={(SUBMISSION.key, ""): places, **_columns(tables)},
        draft_layout=tables.draft,
        unseen=frozenset(unseen),
    )


def _columns(tables: FoundTables) -> dict[tuple[str, str], dict[str, Place]]:
    return {
        (table.key, part.sheet.title): {
            each.column.field: Place(part.sheet.title, 0, each.letter)
            for each in part.headings.found
        }
        for table in LISTED
        for part in tables.by_key.get(table.key, ())
    }


def _has_rows(found: FoundTable) -> bool:
    plain = {each.column.field: each.column for each in found.headings.found}
    if found.headings.table is SUBMISSION:
        return True
    return any(
        kind_of_row(row.raws | row.formulas, plain, row.number - found.headings.last_row)
        is RowKind.ENTRY
        for row in rows_of(found)
    )


# -- tables with rows -----------------------------------------------------------------------------


def _rows(
    found: FoundTable,
    book: _Book,
    authorized: dict[tuple[Any, ...], AuthorizationRow],
    *,
    draft: bool,
) -> Iterator[Any]:
    headings, title = found.headings, found.sheet.title
    unclear = found.unclear
    columns = {e.column.field: e for e in headings.found if e.column.field not in unclear}
    plain = {each.column.field: each.column for each in headings.found}
    absent = dict.fromkeys(unclear, "")
    if not draft:
        absent |= {column.field: "" for column in headings.missing}
    reader = RowReader(headings.table, book.notes, columns)
    row_type = ROW_TYPES[headings.table.key]
    told = {index for _, index, _ in headings.unknown} | {each.index for each in headings.repeated}
    told |= {each.index for each in headings.found}
    for raw in raw_rows(found.sheet, columns.values(), headings.last_row, found.until, told):
        book.stepped()
        for index, value in raw.outside.items():
            place = Place(title, raw.number, layout.letter_of(index))
            book.notes.add(Code.CELL_OUTSIDE, place, "", value)
        # A formula without a value says as much of what a row is as its value would.
        said = raw.raws | {n: f for n, f in raw.formulas.items() if n not in raw.raws}
        kind = kind_of_row(said, plain, raw.number - headings.last_row)
        if kind in {RowKind.PICK_LIST, RowKind.EMPTY} or (draft and is_footnote(said, raw.marks)):
            continue
        row = Place(title, raw.number)
        where = partial(_place, row, columns)
        note_cells(book.notes, raw, columns, where)
        if kind is RowKind.ENTRY:
            as_shown(raw, columns, where, book.notes, dates_asked=not draft)
            values = reader.read(raw.raws, row, where, raw.formulas)
            values["written"].update(absent)
            if headings.table in DRAFT_TABLES:
                _carry_over(values, row, authorized)
            yield row_type(**values)
        else:
            book.notes.add(Code.ROW_IGNORED, row, "", next(iter(said.values())))


def _place(row: Place, columns: Mapping[str, FoundColumn], name: str) -> Place:
    return Place(row.sheet, row.row, columns[name].letter)


def _carry_over(
    values: Values,
    place: Place,
    authorized: dict[tuple[Any, ...], AuthorizationRow],
) -> None:
    """Brings a row of the draft into the present tables: authorization apart, user where it belongs."""
    row = separated(values, place)
    said = (row.authorization_id, row.date, row.purposes, row.sectors, row.activity_types)
    authorized.setdefault(said, row)
    user = values.pop("user", "")
    if user:
        party = read_party(user)
        if party.usable:
            values["using_party"] = party.value
        else:
            values["using_entity"] = user
