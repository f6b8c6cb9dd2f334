# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a layout is made of: sheets, tables below each other, rows with their labels, open cells.

Layouts are data. Readers find tables by captions and rows by labels; rows and columns by number are
known to the writer alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from sef.model import UNIT_OF_LETTER, Row, RowKey, Side, Table, Unit

ALL: Final = "AERCTL"
"""Letters of all units; a lower-case letter stands for a cell that some files shade and others do not."""


class Family(StrEnum):
    """Layouts that have the same tables."""

    DRAFT = "draft"
    CP1 = "cp1"
    CP2 = "cp2"


class Listed(StrEnum):
    """Rows of which a file has as many as it needs."""

    REGISTRIES = "registries"
    CORRECTIONS = "corrections"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one side of a table.

    Attributes:
        heading: What stands above them; empty where nothing does.
        units: Their units, as letters.
    """

    side: Side
    heading: str = ""
    units: str = ALL

    def has(self, unit: Unit) -> bool:
        """Whether it has a column for a unit."""
        return any(UNIT_OF_LETTER[letter] is unit for letter in self.units)


@dataclass(frozen=True, slots=True)
class Line:
    """A row as a layout prints it.

    Attributes:
        row: What it stands for; None for the heading of a group of rows.
        label: What stands before its cells.
        open: Letters of the units whose cells are open, side by side with a slash between them.
        numbered: Whether a layout that numbers rows numbers it.
        xml: What it is called in XML; empty where an element has no name.
    """

    row: RowKey | Listed | None
    label: str
    open: str = ""
    numbered: bool = True
    xml: str = ""

    def shape(self, at: int) -> str:
        """Letters of the open cells of one side."""
        sides = self.open.split("/")
        return sides[at] if at < len(sides) else ""

    def is_open(self, at: int, unit: Unit) -> bool:
        """Whether a cell is to be filled."""
        return unit in _open_units(self.shape(at))

    def may_be_open(self, at: int, unit: Unit) -> bool:
        """Whether a cell is filled in some files."""
        return unit in _open_units(self.shape(at).upper())


@cache
def _open_units(shape: str) -> frozenset[Unit]:
    return frozenset(UNIT_OF_LETTER[letter] for letter in shape if letter.isupper())


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of a table stand, counted from the row of its caption.

    Attributes:
        gap: Rows from the last row of the table above to the caption; 0: beside that table.
        heads: Row of the headings of sides; 0: none.
        label: Row in which the column of labels has its heading.
        again: Row that says "Unit type" above the units; 0: none.
        units: Row of the names of units; 0: none, the columns of the table above hold.
        first: First row of the table.
        column: Columns that it stands to the right of the others.
    """

    gap: int = 0
    heads: int = 2
    label: int = 2
    again: int = 0
    units: int = 3
    first: int = 4
    column: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """A table as a layout prints it.

    Attributes:
        caption: Empty for a box that stands below another table without a caption of its own.
        label: Heading of the column of labels.
        labelled: Whether it has a column of labels at all.
    """

    table: Table
    caption: str
    columns: tuple[Columns, ...]
    lines: tuple[Line, ...]
    label: str = ""
    place: Place = Place()
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class SheetForm:
    """A sheet: its title, its tables below each other, and where its header stands."""

    title: str
    forms: tuple[Form, ...]
    header_label: str
    header_value: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout.

    Attributes:
        period: The commitment period that it is for; 0: any.
        years: First and last reported year for which it is used.
        column: Number of the column of labels.
        numbers_rows: Whether rows are numbered in the column before.
        header_words: How the header names submission year, reported year and period.
        information: How the sheet "Report Information" names type, reported and submission year.
        group_fill: Colour of the cells of headings of groups.
    """

    name: str
    family: Family
    period: int
    years: tuple[int, int]
    sheets: tuple[SheetForm, ...]
    column: int = 1
    numbers_rows: bool = False
    header_words: tuple[str, str, str] = ("Submission Year", "Reported Year", "Commitment Period")
    information: tuple[str, str, str] = ("Report Type", "Reported Year", "Submission Year")
    group_fill: str = "white"

    def forms(self) -> Iterator[tuple[SheetForm, Form]]:
        """Yields its tables in their order, each with its sheet."""
        for sheet in self.sheets:
            for form in sheet.forms:
                yield sheet, form

    def form(self, table: Table) -> Form | None:
        """Returns the first form of a table; None where the layout does not have it."""
        return next((form for _, form in self.forms() if form.table is table), None)


def group(label: str) -> Line:
    """Returns the heading of a group of rows."""
    return Line(None, label, numbered=False)


def years(
    first: int, last: int, zero: int, shape: str, *, counted_to: int = 9999
) -> tuple[Line, ...]:
    """Returns the rows of years.

    Args:
        first: The first year.
        last: The last one.
        zero: The year that has number 0.
        shape: Open cells of each.
        counted_to: Years after this one have no number.
    """
    return tuple(
        Line(year, f"Year {year - zero} ({year})" if year <= counted_to else f"Year {year}", shape)
        for year in range(first, last + 1)
    )


LAST_PUBLISHED_YEAR: Final = 2023
"""The last year that layouts in real use have a row for: that of the second true-up."""
LAST_YEAR: Final = 2033
"""The last reported year: units stay cancellable after the true-up, and ten years of that have a row."""
REGISTRIES: Final = Line(Listed.REGISTRIES, "", f"{ALL}/{ALL}")
ADDED: Final = Columns(Side.ADDITIONS, "Additions")
TAKEN: Final = Columns(Side.SUBTRACTIONS, "Subtractions")
BOTH: Final = (ADDED, TAKEN)
TOTAL_ALL: Final = Line(Row.TOTAL, "Total", ALL)
