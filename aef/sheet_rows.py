# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Streams the sheets of a workbook as raw fields, with merged cells filled down.

What is damaged in a workbook makes its reading fail in one of many ways; each of them is told as
damage, and an error of our own code is never taken for that.
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from aef.archive_inspection import (
    DAMAGED,
    MAX_SHEETS,
    SheetPart,
    refuse,
)
from aef.headings import FoundColumn
from aef.number_formats import NumberFormat, cell_formats
from aef.parsed import Raw
from aef.rich_text import shared_strings
from aef.sheet_objects import SheetObject
from aef.sheet_stream import Meaning, StreamedRow, streamed_rows
from aef.texts import cleaned
from aef.workbook_parts import SheetEntry, WorkbookParts, workbook_parts

HEAD_ROWS: Final = 2000
"""Rows from the top in which tables are looked for. The blank has its headings above row 11; whoever
puts all tables on one sheet has them below each other."""
_MALFORMED: Final = (
    *DAMAGED,
    DefusedXmlException,
    ExpatError,
    LookupError,
    OverflowError,
    ParseError,
    ValueError,
)


def _damaged(file: str) -> NoReturn:
    refuse(file, "the workbook is damaged", "Open it in a spreadsheet and save it anew.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of an open workbook.

    Attributes:
        path: The file.
        title: Title of the sheet.
        hidden: Whether a spreadsheet hides it.
        part: Name of its file in the archive.
        counted: What was counted in it.
        meaning: What its cells refer to.
        objects: What lies on it besides its cells.
    """

    path: Path
    title: str
    hidden: bool
    part: str
    counted: SheetPart
    meaning: Meaning
    objects: tuple[SheetObject, ...] = ()

    def rows(self, hidden_columns: set[int] | None = None) -> Iterator[StreamedRow]:
        """Yields the rows that hold anything.

        Args:
            hidden_columns: Takes the numbers of the columns that a spreadsheet hides.

        Raises:
            ProtocolError: AEF_FILE_UNREADABLE.
        """
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.part) as source:
                yield from streamed_rows(source, self.meaning, hidden_columns)
        except _MALFORMED:
            _damaged(self.path.name)

    def head(self) -> SheetHead:
        """Returns the rows in which tables are looked for.

        Raises:
            ProtocolError: AEF_FILE_UNREADABLE.
        """
        found: dict[int, StreamedRow] = {}
        hidden: set[int] = set()
        for row in self.rows(hidden):
            if row.number > HEAD_ROWS:
                break
            found[row.number] = row
        return SheetHead(found, frozenset(hidden))


@dataclass(frozen=True, slots=True)
class SheetHead:
    """The rows of a sheet in which tables are looked for, by number, and its hidden columns."""

    rows: Mapping[int, StreamedRow]
    hidden_columns: frozenset[int]


def sheets_of(path: Path, parts: Mapping[str, SheetPart]) -> tuple[list[Sheet], list[SheetEntry]]:
    """Returns the sheets of a workbook that have cells, in its order, and those that have none.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = workbook_parts(archive)
            meaning = _meaning(archive, found)
    except _MALFORMED:
        _damaged(path.name)
    if len(found.sheets) > MAX_SHEETS:
        refuse(path.name, "the workbook lists too many sheets", "Save it anew.", MAX_SHEETS)
    sheets = [
        Sheet(
            path,
            each.title,
            each.hidden,
            each.part,
            parts.get(each.part, SheetPart()),
            meaning,
            each.objects,
        )
        for each in found.sheets
        if each.has_cells
    ]
    return sheets, [each for each in found.sheets if not each.has_cells]


def _meaning(archive: zipfile.ZipFile, parts: WorkbookParts) -> Meaning:
    strings: list[str] = []
    marks: dict[int, str] = {}
    if parts.strings is not None:
        with archive.open(parts.strings) as source:
            for at, (text, mark) in enumerate(shared_strings(source)):
                strings.append(text)
                if mark:
                    marks[at] = mark
    formats: dict[int, NumberFormat] = {}
    dates: frozenset[int] = frozenset()
    if parts.styles is not None:
        with archive.open(parts.styles) as source:
            known = list(enumerate(cell_formats(source)))
        formats = {at: each for at, each in known if each.tells()}
        dates = frozenset(at for at, each in known if each.is_date)
    epoch = CALENDAR_MAC_1904 if parts.from_1904 else CALENDAR_WINDOWS_1900
    return Meaning(strings, marks, dates, formats, epoch)


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
