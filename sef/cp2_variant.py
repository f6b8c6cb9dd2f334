# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What differs between the layouts of the second commitment period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sef.layout import ALL, Columns, Line, Place, years
from sef.model import Row, Side

REPLACING: Final = (
    Columns(Side.REQUIREMENT, "Requirement to replace \n or cancel", "TLC"),
    Columns(Side.REPLACEMENT, "Replacement"),
    Columns(Side.CANCELLATION, "Cancellation"),
)
OPEN_ALL: Final = f"TLC/{ALL}/{ALL}"
_NO_TCERS: Final = f"LC/{ALL}/{ALL}"
_NEWEST: Final = 2019


@dataclass(frozen=True, slots=True)
class Variant:
    """What differs between the layouts.

    Attributes:
        annual: First and last year of the rows of transactions, and the year with number 0.
        replaced: The same of the rows of replacement and retirement.
        carry_over: Open cells of carry-over.
        reserve: Open cells of transactions between reserve accounts.
    """

    name: str
    reported: tuple[int, int]
    annual: tuple[int, int, int]
    replaced: tuple[int, int, int]
    carry_over: str
    reserve: str

    @property
    def newest(self) -> bool:
        """Whether it is the one in use for reported years from 2019 on."""
        return self.reported[0] >= _NEWEST

    def caption(self, number: str, letter: str, text: str, *, spaced: bool = False) -> str:
        """Returns a caption; the newest layout sets the letter of the table apart."""
        mark = f"{number} ({letter})" if self.newest else f"{number}{letter}"
        return f"Table {mark}. {' ' if spaced else ''}{text}"

    def place(self, **parts: int) -> Place:
        """Where a table stands; the newest layout says "Unit type" in a row of its own."""
        old = replace(Place(), **parts)
        return replace(old, again=3, units=4, first=5) if self.newest else old

    def total(self, row: Row, label: str, shape: str) -> Line:
        """Returns a row of totals."""
        label = label.replace("Subtotal", "Sub-total") if self.newest else label
        return Line(row, label, shape, numbered=not self.newest)

    def annual_rows(self, shape: str) -> tuple[Line, ...]:
        """Returns the rows of years of transactions."""
        first, last, zero = self.annual
        return years(first, last, zero, shape, counted_to=2020)

    def replacement_rows(self) -> tuple[Line, ...]:
        """Returns the rows of years of replacement; no tCER was due before 2012."""
        first, last, zero = self.replaced
        counted = years(first, last, zero, OPEN_ALL, counted_to=2020)
        return tuple(
            replace(each, open=_NO_TCERS) if _before(each, 2012) else each for each in counted
        )


def _before(line: Line, year: int) -> bool:
    return isinstance(line.row, int) and line.row < year
