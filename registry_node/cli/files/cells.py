# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of a table in a file, CSV or workbook, as texts by the names of its columns; one row at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from workbooks.cell_texts import cleaned
from workbooks.foreign_file import head_of, inspected_workbook
from workbooks.raw import CellError, Raw
from workbooks.sheets import sheets_of
from workbooks.unreadable import refuse

_WORKBOOK: Final = ".xlsx"
_TABLE: Final = ".csv"
_SAMPLE: Final = 64 * 1024
"""Characters from which the separator is guessed; a row of headings is far shorter."""
_SEPARATORS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row in which something stands.

    Attributes:
        number: As a spreadsheet counts it; the headings are in row 1 of a CSV.
        cells: What stands in it, by name of the column; empty cells are left out.
        odd: What is wrong with cells that cannot be read as text, by name of the column.
    """

    number: int
    cells: Mapping[str, str]
    odd: Mapping[str, str] = field(default_factory=dict)


def column_name(heading: str) -> str:
    """Returns a heading as columns are named: lower case, words joined."""
    return "_".join(heading.replace("-", " ").replace("_", " ").lower().split())


class Table:
    """A table in a file. Its headings are read at once, its rows as they are asked for.

    Args:
        path: Its name says whether it is a CSV or a workbook.

    Raises:
        Unreadable: It is neither, is damaged, or has no headings.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        kind = path.suffix.lower()
        if kind not in (_TABLE, _WORKBOOK):
            refuse(path.name, f"it ends neither with {_TABLE} nor with {_WORKBOOK}", "Save it so.")
        self._head = head_of(path)
        self._raw = self._of_workbook if kind == _WORKBOOK else self._of_text
        self.columns: tuple[str, ...] = self._headings()

    def rows(self) -> Iterator[FileRow]:
        """Yields the rows below the headings.

        Raises:
            Unreadable: It is damaged.
        """
        raw = self._raw()
        next(raw)
        for number, cells in raw:
            texts: dict[str, str] = {}
            odd: dict[str, str] = {}
            for at, value in cells.items():
                column = self.columns[at] if at < len(self.columns) else f"column {at + 1}"
                said = _text(value)
                if said is None:
                    odd[column] = str(value)
                elif said:
                    texts[column] = said
            if texts or odd:
                yield FileRow(number, texts, odd)

    def _headings(self) -> tuple[str, ...]:
        found = next(self._raw(), None)
        if found is None or not found[1]:
            refuse(
                self._path.name, "it has no row of headings", "Name the columns in its first row."
            )
        names = [""] * (max(found[1]) + 1)
        for at, value in found[1].items():
            names[at] = column_name(_text(value) or "")
        twice = sorted({each for each in names if each and names.count(each) > 1})
        if twice:
            refuse(self._path.name, f"column {twice[0]} is there twice", "Name each column once.")
        return tuple(names)

    def _of_text(self) -> Iterator[tuple[int, Mapping[int, Raw]]]:
        read = 0
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as stream:
                first = stream.readline(_SAMPLE)
                stream.seek(0)
                separator = max(_SEPARATORS, key=first.count)
                # Strictly: a quotation mark that is not closed would take the rows below into its cell.
                reader = csv.reader(stream, delimiter=separator, strict=True)
                for number, row in enumerate(reader, 1):
                    read = reader.line_num
                    yield number, {at: each for at, each in enumerate(row) if each.strip()}
        except UnicodeDecodeError:
            refuse(self._path.name, "it is not written in UTF-8", "Save it as CSV in UTF-8.")
        except csv.Error as error:
            refuse(
                self._path.name,
                f"from line {read + 1} on it is no CSV ({error})",
                "Save it anew; in a cell between quotation marks each of them is written twice.",
            )

    def _of_workbook(self) -> Iterator[tuple[int, Mapping[int, Raw]]]:
        sheets, _ = sheets_of(self._path, inspected_workbook(self._path, self._head))
        shown = next((each for each in sheets if not each.hidden), None)
        if shown is None:
            refuse(self._path.name, "no sheet of it has cells", "Put the table on the first sheet.")
        for row in shown.rows():
            cells: dict[int, Raw] = {at - 1: value for at, value in row.cells.items()}
            # What a formula came to is what some program stored last; nothing is calculated here.
            cells |= {at - 1: CellError(f"the formula {text}") for at, text in row.formulas.items()}
            if cells:
                yield row.number, cells


def _text(value: Raw) -> str | None:
    """What a cell says; None where it is no text, number, day or yes and no."""
    match value:
        case None:
            return ""
        case CellError() | list() | time():
            return None
        case bool():
            return "yes" if value else "no"
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return cleaned(str(value))
