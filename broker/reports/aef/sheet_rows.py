# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Streams the sheets of a workbook as raw fields, with merged cells filled down.

All calls of openpyxl for reading are here. It checks little of what it reads, so whatever it raises
means that the workbook is damaged; an error of our own code is never taken for that.
"""

from __future__ import annotations

import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import REL_NS

from broker.reports.aef.archive_inspection import (
    DAMAGED,
    MAX_ROWS,
    SheetPart,
    refuse,
)
from broker.reports.aef.headings import HEAD_ROWS, FoundColumn
from broker.reports.aef.parsed import Raw
from broker.reports.aef.sheet_stream import Meaning, StreamedRow, streamed_rows

_MALFORMED: Final = (
    *DAMAGED,
    AttributeError,
    DefusedXmlException,
    ExpatError,
    InvalidFileException,
    LookupError,
    OverflowError,
    ParseError,
    TypeError,
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
    """

    path: Path
    title: str
    hidden: bool
    part: str
    counted: SheetPart
    meaning: Meaning

    def rows(self) -> Iterator[StreamedRow]:
        """Yield the rows that hold anything.

        Raises:
            ProtocolError: AEF_FILE_UNREADABLE.
        """
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.part) as source:
                yield from streamed_rows(source, self.meaning)
        except _MALFORMED:
            _damaged(self.path.name)

    def head(self) -> dict[int, StreamedRow]:
        """Return the rows among which headings are looked for, by number."""
        found: dict[int, StreamedRow] = {}
        for row in self.rows():
            if row.number > HEAD_ROWS:
                break
            found[row.number] = row
        return found


def sheets_of(path: Path, parts: Mapping[str, SheetPart]) -> list[Sheet]:
    """Return the sheets of a workbook that have cells, in its order.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE.
    """
    try:
        with warnings.catch_warnings():
            # openpyxl warns of extensions that it drops; none of them holds a value.
            warnings.simplefilter("ignore")
            return _sheets(path, parts)
    except _MALFORMED:
        _damaged(path.name)


def _sheets(path: Path, parts: Mapping[str, SheetPart]) -> list[Sheet]:
    # What load_workbook does, but for opening the sheets: it would read each of them to its end.
    reader: Any = ExcelReader(path, read_only=True, data_only=True, keep_links=False)
    with closing(reader.archive):
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        meaning = Meaning(
            reader.shared_strings,
            reader.wb._date_formats,  # noqa: SLF001 - nothing public says which styles are dates
            reader.wb.epoch,
        )
        return [
            Sheet(
                path,
                found.name,
                found.state != "visible",
                relation.target,
                parts.get(relation.target, SheetPart()),
                meaning,
            )
            for found, relation in reader.parser.find_sheets()
            if relation.Type == f"{REL_NS}/worksheet"
        ]


@dataclass(slots=True)
class RawRow:
    """A row below the headings.

    Attributes:
        number: Its number.
        raws: Raw value of each field that it fills.
        formulas: Formula of each field that has one.
        merged: Fields whose value was taken from a cell above, with which theirs is merged.
    """

    number: int
    raws: dict[str, Raw]
    formulas: dict[str, str]
    merged: tuple[str, ...] = ()


def raw_rows(sheet: Sheet, columns: Iterable[FoundColumn], after: int) -> Iterator[RawRow]:
    """Yield the rows of a sheet below its headings that fill any of its columns."""
    fields = [(each.column.field, each.index) for each in columns]
    spans = _vertical(sheet.counted.merged, {index for _, index in fields}, after)
    above: dict[int, tuple[int, Raw]] = {}
    for row in sheet.rows():
        if row.number <= after:
            continue
        cells = row.cells
        raws = {name: cells[index] for name, index in fields if index in cells}
        formulas: dict[str, str] = {}
        if row.formulas:
            formulas = {n: row.formulas[index] for n, index in fields if index in row.formulas}
        merged: tuple[str, ...] = ()
        if spans:
            merged = _filled_down(row.number, raws, fields, above)
            for index, last in spans.get(row.number, ()):
                above[index] = (last, cells.get(index))
        if raws or formulas:
            yield RawRow(row.number, raws, formulas, merged)


def _vertical(
    ranges: list[str], indexes: set[int], after: int
) -> Mapping[int, list[tuple[int, int]]]:
    """Merged ranges below the headings that span rows: first row to column and last row."""
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for text in ranges:
        left, top, _, bottom = range_boundaries(text)
        if top is None or bottom is None or left not in indexes:
            continue
        if after < top < bottom <= MAX_ROWS:
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
