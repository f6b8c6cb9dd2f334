# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Streams the cells of one sheet straight from its XML.

openpyxl opens the workbook and knows its styles and strings, but builds objects for every cell: for
100 000 actions that took minutes. A sheet is rows of `c` elements with a value, so little is needed
here. Formulas are kept as text beside the value last stored; nothing is calculated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Final
from xml.parsers import expat

from openpyxl.utils.datetime import from_excel

from broker.reports.aef.archive_inspection import MAX_COLUMNS, MAX_ROWS
from broker.reports.aef.parsed import Raw
from broker.reports.aef.texts import MAX_TEXT

_PIECE: Final = 1 << 17
_DIGITS: Final = "0123456789"
_LETTERS: Final = 26
_LONGEST_LETTERS: Final = 3
_SHARED_FORMULA: Final = "(formula of another cell)"


@dataclass(slots=True)
class StreamedRow:
    """A row of a sheet: its number, its values and its formulas by column number."""

    number: int
    cells: dict[int, Raw] = field(default_factory=dict)
    formulas: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the cells of a workbook refer to.

    Attributes:
        strings: The shared strings.
        date_styles: Numbers of the styles that show a date.
        epoch: The day that has number zero.
    """

    strings: Sequence[str] = ()
    date_styles: Collection[int] = ()
    epoch: datetime = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no time zone


class _Handler:
    """Builds rows from the events of the parser."""

    def __init__(self, meaning: Meaning) -> None:
        self.rows: list[StreamedRow] = []
        self._meaning = meaning
        self._names: dict[str, str] = {}
        self._columns: dict[str, int] = {}
        self._row = StreamedRow(0)
        self._index = 0
        self._kind = "n"
        self._style = 0
        self._text: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None

    def attach(self, parser: expat.XMLParserType) -> None:
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._declared

    def _declared(self, *_: object) -> None:
        raise ValueError("no sheet declares a document type")

    def _local(self, name: str) -> str:
        local = self._names[name] = name.rpartition(":")[2]
        return local

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.get(name) or self._local(name)
        if local == "c":
            self._index = self._column(attributes.get("r"))
            self._kind = attributes.get("t", "n")
            self._style = int(attributes.get("s", "0"))
            self._text = []
            self._formula = None
        elif local in {"v", "t"}:
            self._into = self._text
        elif local == "f":
            self._formula = self._into = []
        elif local == "row":
            self._row = StreamedRow(int(attributes.get("r", self._row.number + 1)))
            self._index = 0

    def _characters(self, data: str) -> None:
        if self._into is not None and len(self._into) < MAX_TEXT:
            self._into.append(data)

    def _end(self, name: str) -> None:
        local = self._names[name]
        if local in {"v", "t", "f"}:
            self._into = None
        elif local == "c":
            self._cell()
        elif local == "row":
            row = self._row
            if 1 <= row.number <= MAX_ROWS and (row.cells or row.formulas):
                self.rows.append(row)

    def _cell(self) -> None:
        if not 1 <= self._index <= MAX_COLUMNS:
            return
        if self._formula is not None:
            self._row.formulas[self._index] = f"={''.join(self._formula) or _SHARED_FORMULA}"
        if self._text:
            self._row.cells[self._index] = self._value("".join(self._text))

    def _column(self, reference: str | None) -> int:
        """The number of the column; without a reference the one after the cell before."""
        if reference is None:
            return self._index + 1
        letters = reference.rstrip(_DIGITS)
        index = self._columns.get(letters)
        if index is None:
            index = self._columns[letters] = _number_of(letters)
        return index

    def _value(self, text: str) -> Raw:
        kind = self._kind
        if kind in {"inlineStr", "str", "e"}:
            return text
        if kind == "s":
            return self._meaning.strings[int(text)]
        if kind == "b":
            return text.strip() not in {"0", "false"}
        if kind == "d":
            return datetime.fromisoformat(text)
        number = int(text) if text.isdecimal() else float(text)
        if self._style in self._meaning.date_styles:
            try:
                found = from_excel(number, self._meaning.epoch)
            except (ValueError, OverflowError, TypeError):
                return number
            return found if isinstance(found, datetime) else str(found)
        return number


def _number_of(letters: str) -> int:
    """The number of a column by its letters; 0 for what is none."""
    if not (letters.isascii() and letters.isupper() and len(letters) <= _LONGEST_LETTERS):
        return 0
    number = 0
    for letter in letters:
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return number


def streamed_rows(source: IO[bytes], meaning: Meaning) -> Iterator[StreamedRow]:
    """Yield the rows of a sheet that hold anything, in the order of the file.

    Raises:
        ValueError, LookupError, expat.ExpatError: The sheet is damaged.
    """
    handler = _Handler(meaning)
    parser = expat.ParserCreate()
    handler.attach(parser)
    while piece := source.read(_PIECE):
        parser.Parse(piece, False)
        rows, handler.rows = handler.rows, []
        yield from rows
    parser.Parse(b"", True)
    yield from handler.rows
