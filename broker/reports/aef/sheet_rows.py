# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Streams the sheets of a workbook as raw fields, with merged cells filled down.

All calls of openpyxl for reading are here. It checks little of what it reads, so whatever it raises
means that the workbook is damaged; an error of our own code is never taken for that.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from broker.reports.aef.archive_inspection import (
    DAMAGED,
    MAX_COLUMNS,
    MAX_ROWS,
    SheetPart,
    refuse,
)
from broker.reports.aef.headings import FoundColumn
from broker.reports.aef.parsed import Raw

_MALFORMED: Final = (
    *DAMAGED,
    AttributeError,
    DefusedXmlException,
    InvalidFileException,
    LookupError,
    OverflowError,
    ParseError,
    RecursionError,
    TypeError,
    ValueError,
)


def _damaged(file: str) -> NoReturn:
    refuse(file, "the workbook is damaged", "Open it in a spreadsheet and save it anew.")


def open_book(path: Path, *, formulas: bool = False) -> Workbook:
    """Open a workbook for streaming: with values as last stored, or with formulas as text.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE.
    """
    try:
        with warnings.catch_warnings():
            # openpyxl warns of extensions that it drops; none of them holds a value.
            warnings.simplefilter("ignore")
            return load_workbook(path, read_only=True, data_only=not formulas, keep_links=False)
    except _MALFORMED:
        _damaged(path.name)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of an open workbook.

    Attributes:
        file: Name of the file.
        title: Title of the sheet.
        hidden: Whether a spreadsheet shows it.
        stream: Where openpyxl reads it from.
        part: What was counted in it.
    """

    file: str
    title: str
    hidden: bool
    stream: Any
    part: SheetPart

    def rows(self, first: int = 1, last: int = MAX_ROWS) -> Iterator[tuple[Raw, ...]]:
        """Yield the values of rows, which may be shorter than the table."""
        return self._streamed(first, last, values_only=True)

    def formulas(self) -> dict[tuple[int, int], str]:
        """Return the formulas by row and column, of a book opened for that. None is calculated."""
        return {
            (cell.row, cell.column): str(cell.value)
            for row in self._streamed(1, MAX_ROWS, values_only=False)
            for cell in row
            if cell.data_type == "f"
        }

    def _streamed(self, first: int, last: int, *, values_only: bool) -> Iterator[tuple[Any, ...]]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                # What the file says of its own size is not believed; rows are as long as they are.
                self.stream.reset_dimensions()
                rows = self.stream.iter_rows(
                    min_row=first, max_row=last, max_col=MAX_COLUMNS, values_only=values_only
                )
            while (row := next(rows, None)) is not None:
                yield row
        except _MALFORMED:
            _damaged(self.file)


def sheets_of(book: Workbook, file: str, parts: Mapping[str, SheetPart]) -> list[Sheet]:
    """Return the sheets of an open workbook that have cells."""
    return [
        Sheet(
            file,
            stream.title,
            stream.sheet_state != "visible",
            stream,
            # Nothing public says which part of the archive a sheet is.
            parts.get(getattr(stream, "_worksheet_path", ""), SheetPart()),
        )
        for stream in book.worksheets
    ]


@dataclass(slots=True)
class RawRow:
    """A row below the headings: its number and the raw value of each field that it fills."""

    number: int
    raws: dict[str, Raw] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    """Fields whose value was taken from a cell above, with which theirs is merged."""


def raw_rows(sheet: Sheet, columns: Iterable[FoundColumn], after: int) -> Iterator[RawRow]:
    """Yield the rows of a sheet below its headings."""
    fields = [(each.column.field, each.index) for each in columns]
    spans = _vertical(sheet.part.merged, {index for _, index in fields}, after)
    above: dict[int, tuple[int, Raw]] = {}
    for number, row in enumerate(sheet.rows(after + 1), after + 1):
        width = len(row)
        raws: dict[str, Raw] = {
            name: value
            for name, index in fields
            if index <= width and (value := row[index - 1]) is not None
        }
        merged: tuple[str, ...] = ()
        if spans:
            merged = _filled_down(number, raws, fields, above)
            for index, last in spans.get(number, ()):
                above[index] = (last, row[index - 1] if index <= width else None)
        yield RawRow(number, raws, merged)


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


def formulas_of(path: Path, titles: set[str]) -> Mapping[str, Mapping[tuple[int, int], str]]:
    """Return the formulas of some sheets as text, by title, row and column."""
    with closing(open_book(path, formulas=True)) as book:
        return {
            sheet.title: sheet.formulas()
            for sheet in sheets_of(book, path.name, {})
            if sheet.title in titles
        }
