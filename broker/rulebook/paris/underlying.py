# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Underlying units of a crediting programme as a range: one prefix, a first and a last number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from broker.rulebook.facts import Underlying

_NUMBERED: Final = re.compile(r"(.*?)([0-9]{1,18})", re.ASCII | re.DOTALL)
_NOT_GIVEN: Final = frozenset({"", "NA"})


@dataclass(frozen=True, slots=True, order=True)
class UnderlyingRange:
    """Numbered underlying units."""

    registry: str
    prefix: str
    first: int
    last: int

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1

    def overlaps(self, other: UnderlyingRange) -> bool:
        """True when a unit is in both."""
        return (
            (self.registry, self.prefix) == (other.registry, other.prefix)
            and self.first <= other.last
            and other.first <= self.last
        )

    def contains(self, other: UnderlyingRange) -> bool:
        """True when every unit of the other range is in this one."""
        return (
            (self.registry, self.prefix) == (other.registry, other.prefix)
            and self.first <= other.first
            and other.last <= self.last
        )


def given(written: Underlying | None) -> bool:
    """True when any part names something; NA and empty text name nothing."""
    return written is not None and not _NOT_GIVEN.issuperset(
        {written.registry, written.first_unit_id, written.last_unit_id}
    )


def underlying_range(written: Underlying | None) -> UnderlyingRange | None:
    """Reads first and last unit id; None where they are not two numbers after one prefix."""
    if written is None:
        return None
    first = _NUMBERED.fullmatch(written.first_unit_id)
    last = _NUMBERED.fullmatch(written.last_unit_id)
    if first is None or last is None or first[1] != last[1]:
        return None
    low, high = int(first[2]), int(last[2])
    return UnderlyingRange(written.registry, first[1], low, high) if low <= high else None
