# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the tables of a workbook by their captions, and the layout that they are in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sef.grids import Grid
from sef.layout import Layout
from sef.layouts import LAYOUTS
from sef.model import Header, Table, Unit
from sef.vocabulary import UNITS, table_of

_FEWEST_UNITS: Final = 2
MAX_CAPTIONS: Final = 100
"""Captions of a sheet that are looked at; the largest layout has five on one."""
_RIGHTMOST: Final = 16_384


@dataclass(frozen=True, slots=True)
class Region:
    """What belongs to a caption.

    Attributes:
        row: Row of the caption.
        column: Its column.
        last_row: Last row that belongs to it.
        last_column: Last column.
    """

    grid: Grid
    table: Table
    row: int
    column: int
    last_row: int
    last_column: int

    def units(self, row: int) -> tuple[tuple[int, Unit], ...]:
        """Returns the columns that a row names units for; none where it does not."""
        return units_in(self.grid, row, self.column, self.last_column)


def units_in(grid: Grid, row: int, left: int, right: int) -> tuple[tuple[int, Unit], ...]:
    """Returns the columns that a row names units for, from left to right."""
    found = tuple(
        (column, unit)
        for column, raw in grid.row(row)
        if left <= column <= right
        if isinstance(raw, str)
        if (unit := UNITS.get(raw.strip().casefold())) is not None
    )
    return found if len(found) >= _FEWEST_UNITS else ()


def find_regions(grids: Iterable[Grid]) -> list[Region]:
    """Returns the tables of a workbook, in its order."""
    return [region for grid in grids for region in _regions(grid)]


def _regions(grid: Grid) -> Iterable[Region]:
    captions = [
        (row, column, table)
        for (row, column), text in sorted(grid.texts.items())
        if (table := table_of(text)) is not None
    ][:MAX_CAPTIONS]
    for row, column, table in captions:
        beside = [other for at, other, _ in captions if at == row and other > column]
        # The number of a row stands left of the next caption.
        last_column = min(beside, default=_RIGHTMOST + 1) - 1
        below = [at for at, other, _ in captions if at > row and column <= other <= last_column]
        wider = [at for at, other, _ in captions if at > row and other <= column]
        last_row = min((*below, *wider), default=grid.last_row + 1) - 1
        yield Region(grid, table, row, column, last_row, last_column)


def find_layout(grids: Iterable[Grid], header: Header) -> Layout:
    """Returns the layout whose captions and labels a workbook has; the header decides between equals."""
    texts = {text for grid in grids for text in grid.texts.values()}

    def fit(layout: Layout) -> tuple[int, bool, bool]:
        own = _texts_of(layout)
        first, last = layout.years
        return (
            len(own & texts) - len(own - texts),
            layout.period == header.period,
            first <= header.reported_year <= last,
        )

    return max(LAYOUTS.values(), key=fit)


def _texts_of(layout: Layout) -> set[str]:
    found = {
        each.strip()
        for _, form in layout.forms()
        for each in (form.caption, *(line.label for line in form.lines))
    }
    return found - {""}


def first_of_each(regions: Sequence[Region]) -> tuple[dict[Table, Region], list[Region]]:
    """Returns the first region of each table, and those that stand there once more."""
    found: dict[Table, Region] = {}
    for region in regions:
        found.setdefault(region.table, region)
    return found, [region for region in regions if found[region.table] is not region]
