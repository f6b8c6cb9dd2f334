# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Serial ranges: the only place that calculates with first and last serial numbers.

Ranges are inclusive at both ends and never empty, so the quantity is always `last - first + 1`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from itmo import limits
from itmo.frozen import quickly_made
from itmo.reasons import ProtocolError, Reason, plain, shown

MAX_SERIAL: Final = limits.MAX_UNITS
"""Largest serial number."""

# No sign, no leading zero, no separators: one range has one text form per delimiter.
_RANGE: Final = re.compile(r"([1-9][0-9]{0,18})(?:-|\.\.)([1-9][0-9]{0,18})", re.ASCII)
_MAX_TEXT: Final = 40  # two numbers of 19 digits and the longer delimiter


@quickly_made
@dataclass(frozen=True, slots=True, order=True)
class SerialRange:
    """An inclusive range of serial numbers of one originating registry.

    Ordered by first, then last serial number.

    Attributes:
        first: First serial number, at least 1.
        last: Last serial number, at least `first`, at most MAX_SERIAL.

    Raises:
        ProtocolError: SERIAL_RANGE_INVALID, when the numbers are anything else.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        if type(self.first) is not int or type(self.last) is not int:
            raise _refused(self.first, self.last)
        if not 1 <= self.first <= self.last <= MAX_SERIAL:
            raise _refused(self.first, self.last)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def quantity(self) -> int:
        """Number of units in the range."""
        return self.last - self.first + 1

    def contains(self, other: "int | SerialRange") -> bool:
        """Says whether a serial number, or every number of another range, lies in this range."""
        if isinstance(other, SerialRange):
            return self.first <= other.first and other.last <= self.last
        return self.first <= other <= self.last

    def overlaps(self, other: "SerialRange") -> bool:
        """Says whether the ranges share a serial number."""
        return self.first <= other.last and other.first <= self.last

    def intersection(self, other: "SerialRange") -> "SerialRange | None":
        """Returns the numbers in both ranges, or None when there are none."""
        if not self.overlaps(other):
            return None
        return SerialRange(max(self.first, other.first), min(self.last, other.last))

    def subtract(self, other: "SerialRange") -> "tuple[SerialRange, ...]":
        """Returns the numbers of this range that are not in `other`: up to two ranges, in order."""
        if not self.overlaps(other):
            return (self,)
        parts: list[SerialRange] = []
        if self.first < other.first:
            parts.append(SerialRange(self.first, other.first - 1))
        if other.last < self.last:
            parts.append(SerialRange(other.last + 1, self.last))
        return tuple(parts)


def merge(ranges: Iterable[SerialRange]) -> tuple[SerialRange, ...]:
    """Returns the fewest ranges that hold the same numbers, in ascending order.

    Overlapping ranges are merged too; where an overlap is a fault, ask `first_overlap` before.
    """
    merged: list[SerialRange] = []
    for current in sorted(ranges):
        if merged and current.first <= merged[-1].last + 1:
            merged[-1] = SerialRange(merged[-1].first, max(merged[-1].last, current.last))
        else:
            merged.append(current)
    return tuple(merged)


def first_overlap(ranges: Iterable[SerialRange]) -> tuple[SerialRange, SerialRange] | None:
    """Returns two ranges that share a number, or None; the pair with the lowest start of overlap.

    Takes O(n log n). The pair is in ascending order.
    """
    previous: SerialRange | None = None
    for current in sorted(ranges):
        # Until the first overlap the ranges seen are disjoint, so the one before reaches furthest.
        if previous is not None and current.first <= previous.last:
            return previous, current
        previous = current
    return None


def parse_serial_range(text: str, where: str = "serial range") -> SerialRange:
    """Reads `1-1916` or `1..1916`.

    Raises:
        ProtocolError: SERIAL_RANGE_INVALID, naming `where`; also for signs, leading zeros, spaces,
            thousands separators and digits outside ASCII.
    """
    match = _RANGE.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if match is None:
        raise ProtocolError(
            Reason.SERIAL_RANGE_INVALID,
            f"{where}: found {shown(text, _MAX_TEXT)}, expected two serial numbers such as 1-1916.",
            where=where,
            found=plain(text, _MAX_TEXT),
        )
    first, last = int(match[1]), int(match[2])
    if not first <= last <= MAX_SERIAL:
        raise _refused(first, last, where)
    return SerialRange(first, last)


def _refused(first: object, last: object, where: str = "serial range") -> ProtocolError:
    shown_first, shown_last = shown(first), shown(last)
    return ProtocolError(
        Reason.SERIAL_RANGE_INVALID,
        f"{where}: found first serial {shown_first} and last serial {shown_last}, "
        f"expected whole numbers with 1 <= first <= last <= {MAX_SERIAL}.",
        where=where,
        first=shown_first,
        last=shown_last,
    )
