# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A tie as it is held against a submission: two sums of cells, and whether they are equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sef.checks.casefile import CaseFile, Filed
from sef.model import Cell, RowKey, Side, Spot, Table, Unit
from sef.spot_words import words_of


class Scope(StrEnum):
    """Which submissions a tie compares."""

    FILE = "within a file"
    YEARS = "across years"
    PARTIES = "across Parties"


class State(StrEnum):
    """What a comparison came to."""

    EVEN = "EVEN"
    BROKEN = "BROKEN"
    OPEN = "OPEN"
    REMARK = "REMARK"


@dataclass(frozen=True, slots=True)
class Counted:
    """A cell that is a part of a sum.

    Attributes:
        sign: 1 where it is added, -1 where it is taken.
    """

    filed: Filed
    spot: Spot
    sign: int

    @property
    def cell(self) -> Cell:
        """What stands there."""
        return self.filed.submission.cell(self.spot)

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        cell = self.cell
        where = f"{cell.sheet} {cell.address}".strip()
        return f"{self.filed.name}: {where or words_of(self.spot)}"


@dataclass(slots=True)
class Sum:
    """A sum of cells of a submission; what its layout does not have counts as nothing."""

    filed: Filed
    value: int = 0
    parts: list[Counted] = field(default_factory=list)

    def plus(
        self,
        table: Table,
        row: RowKey,
        side: Side,
        unit: Unit,
        sign: int = 1,
        filed: Filed | None = None,
    ) -> Sum:
        """Adds a cell, or takes it where the sign is -1; returns itself."""
        spot = Spot(table, row, side, unit)
        where = filed or self.filed
        cell = where.submission.cells.get(spot)
        if cell is not None:
            self.parts.append(Counted(where, spot, sign))
            self.value += sign * cell.quantity
        return self

    def minus(
        self, table: Table, row: RowKey, side: Side, unit: Unit, filed: Filed | None = None
    ) -> Sum:
        """Takes a cell; returns itself."""
        return self.plus(table, row, side, unit, -1, filed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sums that a tie says are equal.

    Attributes:
        what: What was compared, such as "holdings, CER".
        found: What the submission says.
        expected: What follows from its other cells.
        cells: The cells of both sides.
        missing: What would decide, where the state is open; what to know, where it is a remark.
    """

    check: str
    filed: Filed
    what: str
    found: int
    expected: int
    cells: tuple[Counted, ...]
    state: State
    missing: str = ""


def compared(check: str, what: str, found: Sum, expected: Sum) -> Comparison:
    """Returns the comparison of two sums."""
    state = State.EVEN if found.value == expected.value else State.BROKEN
    cells = (*found.parts, *expected.parts)
    return Comparison(check, found.filed, what, found.value, expected.value, cells, state)


Compare = Callable[[CaseFile, Filed], Iterator[Comparison]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A tie.

    Attributes:
        id: Never used again for another one.
        citation: Where it follows from; paragraphs are those of FCCC/SBSTA/2004/9, annex I.
        meaning: What is compared, for people.
        remedy: What to do where it is broken.
        compare: Holds it against a submission.
    """

    id: str
    title: str
    citation: str
    meaning: str
    remedy: str
    scope: Scope
    compare: Compare
