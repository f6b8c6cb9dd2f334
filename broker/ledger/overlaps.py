# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows that cover numbers of a series, found by what they overlap without looking at all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator
from operator import itemgetter
from typing import Generic, TypeVar

Row = TypeVar("Row")
Place = tuple[Hashable, int, int]
"""The series, the first and the last number that a row covers."""


class Overlaps(Generic[Row]):
    """Rows by series and numbers. Rows may overlap each other, and come in any order.

    A search costs what it finds, as long as rows that overlap each other are few: it walks from the
    last row that begins in the range back to where no earlier row reaches the range.
    """

    __slots__ = ("_place", "_reach", "_rows", "_series")

    def __init__(self, place: Callable[[Row], Place | None], rows: Iterable[Row] = ()) -> None:
        self._place = place
        self._rows: list[Row] = []
        self._series: dict[Hashable, list[tuple[int, int, Row]]] = {}
        self._reach: dict[Hashable, list[int]] = {}
        """By series: how far the rows up to each one reach. Made when it is asked for."""
        self.extend(rows)

    def append(self, row: Row) -> None:
        """Adds a row; one that has no place is kept and never found."""
        self._rows.append(row)
        place = self._place(row)
        if place is not None:
            series, first, last = place
            self._series.setdefault(series, []).append((first, last, row))
            self._reach.pop(series, None)

    def extend(self, rows: Iterable[Row]) -> None:
        """Adds rows."""
        for row in rows:
            self.append(row)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def overlapping(self, series: Hashable, first: int, last: int) -> list[Row]:
        """Rows of the series that share a number with the range, in order of their first numbers."""
        rows = self._series.get(series)
        if rows is None:
            return []
        reach = self._reach.get(series)
        if reach is None:
            rows.sort(key=itemgetter(0, 1))
            furthest = 0
            reach = [furthest := max(furthest, end) for _, end, _ in rows]
            self._reach[series] = reach
        found = []
        at = bisect_right(rows, last, key=itemgetter(0)) - 1
        while at >= 0 and reach[at] >= first:
            if rows[at][1] >= first:
                found.append(rows[at][2])
            at -= 1
        found.reverse()
        return found
