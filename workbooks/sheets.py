# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The sheets of a workbook, streamed.

What is damaged in a workbook makes its reading fail in one of many ways; each of them is told as
damage, and an error of our own code is never taken for that.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from workbooks.archive_inspection import DAMAGED, MAX_SHEETS, SheetPart
from workbooks.number_formats import NumberFormat, cell_formats
from workbooks.rich_text import shared_strings
from workbooks.sheet_objects import SheetObject
from workbooks.sheet_stream import Meaning, StreamedRow, streamed_rows
from workbooks.unreadable import refuse
from workbooks.workbook_parts import SheetEntry, WorkbookParts, workbook_parts

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
            Unreadable: It is damaged.
        """
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.part) as source:
                yield from streamed_rows(source, self.meaning, hidden_columns)
        except _MALFORMED:
            _damaged(self.path.name)

    def head(self) -> SheetHead:
        """Returns the rows in which tables are looked for.

        Raises:
            Unreadable: It is damaged.
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
        Unreadable: It is damaged.
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
