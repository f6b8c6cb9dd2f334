# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Sets of serial numbers, for comparing what was booked with what is held. Pure."""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[str, int, int]
"""Originating registry, first and last serial number; not checked, because it may be damaged."""


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same serial numbers in as few ranges as possible, in order."""
    found: list[Range] = []
    for registry, first, last in sorted(ranges):
        if found and found[-1][0] == registry and first <= found[-1][2] + 1:
            found[-1] = (registry, found[-1][1], max(found[-1][2], last))
        else:
            found.append((registry, first, last))
    return found


def overlaps(ranges: Iterable[Range]) -> list[Range]:
    """Serial numbers that occur in two ranges, as ranges."""
    found: list[Range] = []
    seen: Range | None = None
    for registry, first, last in sorted(ranges):
        if seen is not None and seen[0] == registry:
            if first <= seen[2]:
                found.append((registry, first, min(last, seen[2])))
            seen = (registry, seen[1], max(last, seen[2]))
        else:
            seen = (registry, first, last)
    return merged(found)


def difference(ranges: Iterable[Range], without: Iterable[Range]) -> list[Range]:
    """Serial numbers that are in the one and not in the other, as ranges in order."""
    found: list[Range] = []
    taken = merged(without)
    place = 0
    for registry, first, last in merged(ranges):
        while place < len(taken) and (taken[place][0], taken[place][2]) < (registry, first):
            place += 1
        start, at = first, place
        while at < len(taken) and taken[at][0] == registry and taken[at][1] <= last:
            if taken[at][1] > start:
                found.append((registry, start, taken[at][1] - 1))
            start = max(start, taken[at][2] + 1)
            at += 1
        if start <= last:
            found.append((registry, start, last))
    return found


def quantity(ranges: Iterable[Range]) -> int:
    """Number of serial numbers, counted once for each range they are in."""
    return sum(last - first + 1 for _, first, last in ranges)


def text(one: Range) -> str:
    """A range as people write it."""
    return f"{one[0]}:{one[1]}-{one[2]}"
