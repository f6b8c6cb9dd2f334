# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with how a submission is written: codes, what is expected, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """A departure from the format."""

    NEGATIVE = "NEGATIVE"
    FRACTION = "FRACTION"
    ZERO = "ZERO"
    TEXT = "TEXT"
    TEXT_NUMBER = "TEXT_NUMBER"
    WORD_FORM = "WORD_FORM"
    WRONG_KIND = "WRONG_KIND"
    TOO_LARGE = "TOO_LARGE"
    CELL_ERROR = "CELL_ERROR"
    FORMULA = "FORMULA"
    EMPTY_OPEN = "EMPTY_OPEN"
    NOT_APPLICABLE_OPEN = "NOT_APPLICABLE_OPEN"
    SHADED_FILLED = "SHADED_FILLED"
    OUTSIDE = "OUTSIDE"
    ROW_UNKNOWN = "ROW_UNKNOWN"
    ROW_MISSING = "ROW_MISSING"
    ROW_TWICE = "ROW_TWICE"
    COLUMNS_MISSING = "COLUMNS_MISSING"
    TABLE_MISSING = "TABLE_MISSING"
    TABLE_TWICE = "TABLE_TWICE"
    HEADER_MISSING = "HEADER_MISSING"
    HEADER_UNREADABLE = "HEADER_UNREADABLE"
    HEADER_DIFFERS = "HEADER_DIFFERS"
    PARTY_UNLIKE_REGISTRY = "PARTY_UNLIKE_REGISTRY"
    PERIOD_UNLIKE_TABLES = "PERIOD_UNLIKE_TABLES"
    FILE_NAME = "FILE_NAME"


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """A row of the catalogue: what was met, what is expected, what to do."""

    meaning: str
    expected: str
    remedy: str


_CELL: Final = "a whole number above 0, or NO where nothing occurred"
_CATALOGUE_TEXT: Final = f"""
NEGATIVE | a negative number | {_CELL} | Enter what was taken on the side of subtractions.
FRACTION | a number that is not whole | {_CELL} | Enter whole units.
ZERO | a nought | {_CELL} | Write NO.
TEXT | a text that is neither a number nor NO | {_CELL} | Enter the number, or NO.
TEXT_NUMBER | a number entered as text | {_CELL} | Enter it as a number; it was read as one.
WORD_FORM | NO or NA in another form | the word in capital letters, nothing else | Write it so; it was read as that.
WRONG_KIND | a date or a truth value | {_CELL} | Enter the number, or NO.
TOO_LARGE | a number with more digits than a spreadsheet keeps | {_CELL} | Enter the number that the registry holds.
CELL_ERROR | an error value of the spreadsheet | {_CELL} | Enter the number itself.
FORMULA | a formula | the number itself | Paste the value; the one last stored was read.
EMPTY_OPEN | an empty cell that is not shaded | {_CELL} | Write NO where nothing occurred.
NOT_APPLICABLE_OPEN | NA in a cell that is not shaded | {_CELL} | Write NO where nothing occurred.
SHADED_FILLED | something in a shaded cell | an empty cell: the unit type cannot occur there | Empty it; look where the quantity belongs.
OUTSIDE | a number outside the tables | nothing outside the tables | Delete it, or move it into its table.
ROW_UNKNOWN | a row that the layout does not have | the rows of the layout | Use the labels of the layout.
ROW_MISSING | a row of the layout is not there | every row of the layout, also where nothing occurred | Add the row, with NO in its open cells.
ROW_TWICE | a row stands there twice | each row once | Add the two rows up; only the first was read.
COLUMNS_MISSING | columns of unit types are not there | all unit types of the table, by name | Add the columns with their headings.
TABLE_MISSING | a table is not there | all tables, also where nothing occurred | Add the table, with NO in its open cells.
TABLE_TWICE | a table stands there twice | each table once | Delete one of them; only the first was read.
HEADER_MISSING | a line of the header is not there | Party, submission year, reported year and commitment period | Add the line.
HEADER_UNREADABLE | a line of the header says nothing that fits | a Party, a year, or 1 or 2 for the period | Enter it.
HEADER_DIFFERS | a header that says something else than the rest of the file | the same header on every sheet | Look whose sheet this is, and correct the header.
PARTY_UNLIKE_REGISTRY | a Party whose registry has other letters | the Party of the registry that is named | Correct the Party or the letters of the registry.
PERIOD_UNLIKE_TABLES | tables of another commitment period than the cells state | the tables of the period stated | Correct the period, or use its layout.
FILE_NAME | a file name that says something else than the cells | a name such as RREG1_GB_2015_1_1: registry, reported year, period, version | Rename the file; the cells count.
"""


def _read(text: str) -> Mapping[Fault, FaultEntry]:
    rows = (line.split(" | ") for line in text.strip().splitlines())
    return {
        Fault(code): FaultEntry(meaning, expected, remedy)
        for code, meaning, expected, remedy in rows
    }


CATALOGUE: Final[Mapping[Fault, FaultEntry]] = _read(_CATALOGUE_TEXT)


@dataclass(frozen=True, slots=True)
class Finding:
    """A departure from the format, where it was found.

    Attributes:
        sheet: Title of the sheet or path of the element; empty for the file as a whole.
        address: Such as C12; empty for a sheet as a whole.
        what: The cell in words: table, row and unit; the line of a header; empty for the file.
        found: What stood there.
    """

    fault: Fault
    sheet: str
    address: str
    what: str
    found: str

    @property
    def place(self) -> str:
        """Where it is, for people."""
        if not self.sheet:
            return "the file"
        return f"{self.sheet}, cell {self.address}" if self.address else self.sheet
