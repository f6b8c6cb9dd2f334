# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Serial numbers in series: which rows concern the same units, and what is held after each move."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

from aef.model import UnitRow

_APPROACH: Final = re.compile(r"CA([0-9]{4,6})-", re.ASCII)
T = TypeVar("T")


def approach_in_id(prefix: str) -> str:
    """The cooperative approach that a unit id begins with, in six digits; empty where none."""
    found = _APPROACH.match(prefix)
    return f"CA{int(found[1]):06d}" if found else ""


def series_of(row: UnitRow) -> str:
    """What a row's serial numbers count in; empty where its ids make no span.

    Two rows concern the same units only within one series: the non-serial parts of the ids are
    equal, CA0003 and CA000003 being the same (common nomenclatures item 9). A bare number, which the
    nomenclatures allow too, gets those parts from the columns beside it; the registry column says
    where an action was tracked, not where the units come from, and so is none of them.
    """
    span = row.span
    if span is None or span.quantity < 1:
        return ""
    if not span.prefix and not span.suffix:
        parts = (row.cooperative_approach, row.first_transferring_party)
        return f"{'-'.join(parts)}-|-{row.vintage or ''}"
    approach = approach_in_id(span.prefix)
    prefix = approach + span.prefix[span.prefix.index("-") :] if approach else span.prefix
    return f"{prefix}|{span.suffix}"


class OverlapIndex(Generic[T]):
    """Intervals of one series, asked for those that overlap another one.

    Sorted by their beginnings, with a tree of the greatest ends above them: a question takes time
    in proportion to the logarithm of the number of intervals and to the number of answers.
    """

    __slots__ = ("_ends", "_firsts", "_items", "_size", "_tree")

    def __init__(self, intervals: Iterable[tuple[int, int, T]]) -> None:
        ordered = sorted(intervals, key=lambda each: (each[0], each[1]))
        self._firsts = [first for first, _, _ in ordered]
        self._ends = [last for _, last, _ in ordered]
        self._items = [item for _, _, item in ordered]
        self._size = 1
        while self._size < len(ordered):
            self._size *= 2
        self._tree = [-1] * self._size + self._ends + [-1] * (self._size - len(ordered))
        for node in range(self._size - 1, 0, -1):
            self._tree[node] = max(self._tree[2 * node], self._tree[2 * node + 1])

    def overlapping(self, first: int, last: int) -> Iterator[T]:
        """Items whose intervals share a number with first..last, by their beginnings."""
        stop = bisect_right(self._firsts, last)
        stack = [(1, 0, self._size)]
        while stack:
            node, begin, end = stack.pop()
            if begin >= stop or self._tree[node] < first:
                continue
            if end - begin == 1:
                yield self._items[begin]
                continue
            middle = (begin + end) // 2
            stack.append((2 * node + 1, middle, end))
            stack.append((2 * node, begin, middle))


class SpanSet:
    """Serial numbers of many series as disjoint intervals, changed one move after the other."""

    __slots__ = ("_series",)

    def __init__(self) -> None:
        self._series: dict[str, tuple[list[int], list[int]]] = {}

    def add(self, series: str, first: int, last: int) -> None:
        """Adds numbers; those that are in it already stay."""
        starts, ends = self._series.setdefault(series, ([], []))
        low, high = bisect_left(ends, first - 1), bisect_right(starts, last + 1)
        if low < high:
            first, last = min(first, starts[low]), max(last, ends[high - 1])
        starts[low:high], ends[low:high] = [first], [last]

    def missing(self, series: str, first: int, last: int) -> int:
        """How many of the numbers are not in it."""
        starts, ends = self._series.get(series, ([], []))
        low, high = bisect_left(ends, first), bisect_right(starts, last)
        held = sum(
            min(last, ends[place]) - max(first, starts[place]) + 1 for place in range(low, high)
        )
        return last - first + 1 - held

    def remove(self, series: str, first: int, last: int) -> None:
        """Takes numbers out; those that are not in it are no matter."""
        starts, ends = self._series.get(series, ([], []))
        low, high = bisect_left(ends, first), bisect_right(starts, last)
        if low >= high:
            return
        left: list[tuple[int, int]] = []
        if starts[low] < first:
            left.append((starts[low], first - 1))
        if ends[high - 1] > last:
            left.append((last + 1, ends[high - 1]))
        starts[low:high] = [begin for begin, _ in left]
        ends[low:high] = [end for _, end in left]

    def ranges(self) -> list[tuple[str, int, int]]:
        """All intervals, by series and number."""
        return [
            (series, first, last)
            for series, (starts, ends) in sorted(self._series.items())
            for first, last in zip(starts, ends, strict=True)
        ]
