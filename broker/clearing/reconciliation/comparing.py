# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""In what the record and the books of a registry differ, unit by unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby, pairwise

from itmo.books import Entry, Part, Total


class DifferenceKind(StrEnum):
    """In what way books differ."""

    MISSING = "MISSING"
    SURPLUS = "SURPLUS"
    ACCOUNT = "ACCOUNT"
    CONTENT = "CONTENT"


@dataclass(frozen=True, slots=True)
class Difference:
    """Units on which record and books differ.

    Attributes:
        registry: The originating registry.
        recorded: What the record has; None: nothing in an account of the registry.
        stated: What its books have; None: nothing.
    """

    registry: str
    first: int
    last: int
    recorded: Entry | None
    stated: Entry | None

    @property
    def kind(self) -> DifferenceKind:
        """In what way."""
        if self.stated is None:
            return DifferenceKind.MISSING
        if self.recorded is None:
            return DifferenceKind.SURPLUS
        if self.recorded.part.account_id != self.stated.part.account_id:
            return DifferenceKind.ACCOUNT
        return DifferenceKind.CONTENT

    @property
    def text(self) -> str:
        """The units, as a person reads them."""
        return f"{self.registry}:{self.first}-{self.last}"


def parts_that_differ(recorded: Mapping[Part, Total], stated: Mapping[Part, Total]) -> list[Part]:
    """Parts of which the totals are not the same, a part that one side lacks among them."""
    named = {*recorded, *stated}
    return sorted(part for part in named if recorded.get(part) != stated.get(part))


def differences(recorded: Iterable[Entry], stated: Iterable[Entry]) -> list[Difference]:
    """Units that are not alike on both sides, as the longest ranges of one kind, in serial order.

    Args:
        recorded: What the record has; no unit twice.
        stated: What the books of the registry have; no unit twice.
    """
    sides = (sorted(recorded), sorted(stated))
    found: list[Difference] = []
    for registry in sorted({entry.registry for side in sides for entry in side}):
        own, other = ([e for e in side if e.registry == registry] for side in sides)
        for each in _cut(registry, own, other):
            before = found[-1] if found else None
            if before is not None and _continues(before, each):
                found[-1] = replace(before, last=each.last)
            else:
                found.append(each)
    return found


def _cut(registry: str, recorded: list[Entry], stated: list[Entry]) -> Iterator[Difference]:
    """Both sides cut wherever one of them begins or ends, where they are not alike."""
    marks = ((each, side) for side, listed in enumerate((recorded, stated)) for each in listed)
    steps: list[tuple[int, int, Entry | None]] = []
    for entry, side in marks:
        steps.append((entry.first, side, entry))
        steps.append((entry.last + 1, side, None))
    # What ends at a serial goes before what begins there.
    steps.sort(key=lambda step: (step[0], step[2] is not None))
    now: list[Entry | None] = [None, None]
    grouped = [(serial, list(each)) for serial, each in groupby(steps, key=lambda step: step[0])]
    for (serial, changed), (following, _) in pairwise(grouped):
        for _, side, begins in changed:
            now[side] = begins
        own, other = now
        if not _alike(own, other):
            yield Difference(registry, serial, following - 1, own, other)


def _alike(own: Entry | None, other: Entry | None) -> bool:
    if own is None or other is None:
        return own is other
    return (own.part, own.content) == (other.part, other.content)


def _continues(before: Difference, each: Difference) -> bool:
    return (
        before.registry == each.registry
        and before.last + 1 == each.first
        and _alike(before.recorded, each.recorded)
        and _alike(before.stated, each.stated)
    )
