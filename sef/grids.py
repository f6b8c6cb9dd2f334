# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The cells of a sheet, held as a whole: a submission has some thousand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from openpyxl.utils import get_column_letter

from workbooks.archive_inspection import SheetPart
from workbooks.cell_texts import cleaned
from workbooks.raw import Raw
from workbooks.sheets import sheets_of
from workbooks.unreadable import refuse

MAX_CELLS: Final = 100_000
"""Cells of a sheet. The largest has some 1 500, and 200 registries add 2 400."""


@dataclass(frozen=True)
class Grid:
    """The cells of a sheet.

    Attributes:
        cells: What stands in them, by row and column.
        formulas: Where a formula stands.
    """

    title: str
    cells: Mapping[tuple[int, int], Raw]
    formulas: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @cached_property
    def texts(self) -> Mapping[tuple[int, int], str]:
        """Cells that hold text, cleaned."""
        return {
            place: text
            for place, raw in self.cells.items()
            if isinstance(raw, str) and (text := cleaned(raw))
        }

    @cached_property
    def last_row(self) -> int:
        """The last row in which anything stands."""
        return max((row for row, _ in self.cells), default=0)

    def row(self, number: int) -> Iterator[tuple[int, Raw]]:
        """Yields the cells of a row, from left to right."""
        yield from self._rows.get(number, ())

    def rows(self, first: int, last: int) -> Iterator[int]:
        """Yields the numbers of the rows in which anything stands, between two of them."""
        yield from (number for number in self._rows if first <= number <= last)

    @cached_property
    def _rows(self) -> Mapping[int, list[tuple[int, Raw]]]:
        found: dict[int, list[tuple[int, Raw]]] = {}
        for (row, column), raw in sorted(self.cells.items(), key=lambda pair: pair[0]):
            found.setdefault(row, []).append((column, raw))
        return found


def address(row: int, column: int) -> str:
    """Returns the address of a cell, such as C12."""
    return f"{get_column_letter(column)}{row}"


def grids_of(path: Path, parts: Mapping[str, SheetPart]) -> list[Grid]:
    """Returns the sheets of a workbook that have cells.

    Raises:
        Unreadable: It is damaged, or larger than any submission.
    """
    sheets, _ = sheets_of(path, parts)
    found = []
    for sheet in sheets:
        if sheet.counted.cells > MAX_CELLS:
            refuse(path.name, "a sheet has too many cells", "Send the tables only.", MAX_CELLS)
        cells: dict[tuple[int, int], Raw] = {}
        formulas: dict[tuple[int, int], str] = {}
        for row in sheet.rows():
            cells |= {(row.number, column): raw for column, raw in row.cells.items()}
            formulas |= {(row.number, column): text for column, text in row.formulas.items()}
        found.append(Grid(sheet.title, cells, formulas))
    return found
