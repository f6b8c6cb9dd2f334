# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Underlying units of a crediting programme as a range: equal text around a first and a last number.

Where the number stands in an id differs from programme to programme: `ART-GY-102-2021-11-1` ends in
it, in `TH1-BCH-S0333-57-2022-16829005-1-0` text follows. Which of an id's numbers counts the units
is seen by comparing the first id with the last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from broker.rulebook.facts import Underlying

_PARTS: Final = re.compile(r"[0-9]+|[^0-9]+", re.ASCII)
_MAX_DIGITS: Final = 18
"""A longer number is no count of units, and would not fit where ranges are stored."""
_LONG: Final = 5
"""Digits that neither a year nor a flag has."""
_NOT_GIVEN: Final = frozenset({"", "NA"})


@dataclass(frozen=True, slots=True, order=True)
class UnderlyingRange:
    """Numbered underlying units."""

    registry: str
    prefix: str
    suffix: str
    first: int
    last: int

    @property
    def series(self) -> tuple[str, str, str]:
        """What two ids have in common when their units are counted in one row."""
        return self.registry, self.prefix, self.suffix

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1

    def overlaps(self, other: UnderlyingRange) -> bool:
        """True when a unit is in both."""
        return self.series == other.series and self.first <= other.last and other.first <= self.last

    def contains(self, other: UnderlyingRange) -> bool:
        """True when every unit of the other range is in this one."""
        return self.series == other.series and self.first <= other.first and other.last <= self.last


def given(written: Underlying | None) -> bool:
    """True when any part names something; NA and empty text name nothing."""
    return written is not None and not _NOT_GIVEN.issuperset(
        {written.registry, written.first_unit_id, written.last_unit_id}
    )


def unit_id(units: UnderlyingRange, number: int) -> str:
    """The id of one unit of the range, leading zeros left out."""
    return f"{units.prefix}{number}{units.suffix}"


def underlying_range(written: Underlying | None) -> UnderlyingRange | None:
    """Reads first and last unit id; None where they do not differ in exactly one ascending number.

    Two equal ids do not tell which number counts. It is then the last one of at least five digits,
    longer than any year or flag, or the last one where all are short.
    """
    if written is None:
        return None
    first = _PARTS.findall(written.first_unit_id)
    last = _PARTS.findall(written.last_unit_id)
    if len(first) != len(last):
        return None
    places = [place for place, pair in enumerate(zip(first, last, strict=True)) if len({*pair}) > 1]
    if not places:
        places = _counting(first)
    if len(places) != 1:
        return None
    place = places[0]
    low, high = first[place], last[place]
    if not (low.isdecimal() and high.isdecimal()) or max(len(low), len(high)) > _MAX_DIGITS:
        return None
    if int(low) > int(high):
        return None
    prefix, suffix = "".join(first[:place]), "".join(first[place + 1 :])
    return UnderlyingRange(written.registry, prefix, suffix, int(low), int(high))


def _counting(parts: list[str]) -> list[int]:
    numbers = [place for place, part in enumerate(parts) if part.isdecimal()]
    long = [place for place in numbers if len(parts[place]) >= _LONG]
    return (long or numbers)[-1:]
