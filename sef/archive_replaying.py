# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Plays the trail of an archive again: which units lay where, and what of the trail cannot have been."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sef.archive_trail import TrailRow, TrailType, UnitsAre, party_in, registry_in

_CHANGING: Final = frozenset(
    {TrailType.ISSUANCE, TrailType.CONVERSION, TrailType.CARRY_OVER, TrailType.EXPIRY_DATE_CHANGE}
)
"""After these units may be something else than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """Units that are alike, and where they are.

    Attributes:
        place: An account of the archive, or the registry to which they left.
        had_left: Whether they had left their Party as what they are.
        replaced_by: The transaction by which others came in their place; empty: none did.
    """

    registry: str
    first: int
    last: int
    are: UnitsAre
    place: str
    had_left: bool = False
    replaced_by: str = ""

    @property
    def quantity(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Step:
    """What a row did to units that were alike before it.

    Attributes:
        before: None: they came into being, or came in from another registry.
    """

    row: TrailRow
    first: int
    last: int
    before: Lying | None

    @property
    def quantity(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def were(self) -> UnitsAre:
        """What they were before; of what came in, what they are."""
        return self.before.are if self.before else self.row.are


class Replaying:
    """The units of an archive, as they were after the rows that were played.

    Attributes:
        faults: What cannot have been, by row; it was played as far as it goes.
    """

    def __init__(self, registry: str) -> None:
        self._registry = registry
        self._firsts: dict[str, list[int]] = {}
        self._pieces: dict[str, list[Lying]] = {}
        self.faults: list[str] = []

    def lying(self) -> Iterator[Lying]:
        """Yields what lies in accounts of the registry, by serial numbers; neighbours alike are one."""
        for _, pieces in sorted(self._pieces.items()):
            joined: Lying | None = None
            for piece in pieces:
                if not self._own(piece.place):
                    continue
                if joined and piece == replace(joined, first=joined.last + 1, last=piece.last):
                    joined = replace(joined, last=piece.last)
                    continue
                if joined:
                    yield joined
                joined = piece
            if joined:
                yield joined

    def within(self, registry: str, first: int, last: int) -> Iterator[Lying]:
        """Yields what is known of units, cut to them."""
        for piece in self._pieces.get(registry, []):
            if piece.first <= last and piece.last >= first:
                yield replace(piece, first=max(first, piece.first), last=min(last, piece.last))

    def play(self, row: TrailRow) -> list[Step]:
        """Plays the next row, and returns what it did."""
        found = self._taken(row)
        self._look_at(row, found)
        steps: list[Step] = []
        start = row.first
        for piece in found:
            if piece.first > start:
                steps.append(Step(row, start, piece.first - 1, None))
            steps.append(Step(row, piece.first, piece.last, piece))
            start = piece.last + 1
        if start <= row.last:
            steps.append(Step(row, start, row.last, None))
        self._put(row.registry, [self._after(step) for step in steps])
        return steps if self._own(row.giver) or self._own(row.taker) else []

    def _own(self, place: str) -> bool:
        return registry_in(place) == self._registry

    def _after(self, step: Step) -> Lying:
        row, before = step.row, step.before
        replaced = before.replaced_by if before else ""
        if row.were_replaced or (not row.acts and row.type is TrailType.REPLACEMENT):
            replaced = row.transaction
        return Lying(
            registry=row.registry,
            first=step.first,
            last=step.last,
            are=row.are,
            place=row.taker if row.acts or before is None else before.place,
            had_left=self._left(row, before),
            replaced_by=replaced,
        )

    def _left(self, row: TrailRow, before: Lying | None) -> bool:
        if row.type is TrailType.CONVERSION:  # as another type they have not left yet
            return False
        if row.type is TrailType.ISSUANCE:  # units that another Party numbered have left it
            return row.had_left or party_in(row.registry) != party_in(row.taker)
        crosses = row.type is TrailType.TRANSFER and party_in(row.giver) != party_in(row.taker)
        return crosses or (before is not None and before.had_left)

    def _look_at(self, row: TrailRow, found: list[Lying]) -> None:
        if row.type is TrailType.ISSUANCE:
            if found:
                self._fault(row, found[0].first, "exists already")
            return
        if self._own(row.giver):
            covered = row.first
            for piece in found:
                if piece.first > covered:
                    break
                covered = piece.last + 1
            if covered <= row.last:
                self._fault(row, covered, "is not known before it")
        for piece in found:
            own = self._own(piece.place) or self._own(row.giver)
            if row.acts and own and piece.place != row.giver:
                self._fault(row, piece.first, f"lies in {piece.place}, not in {row.giver}")
            if row.type not in _CHANGING and piece.are != row.are:
                self._fault(row, piece.first, "is something else before it")

    def _fault(self, row: TrailRow, serial: int, what: str) -> None:
        self.faults.append(
            f"trail, row {row.row}: unit {row.registry}:{serial} of transaction {row.transaction} {what}"
        )

    # -- units by serial number ----------------------------------------------------------------

    def _taken(self, row: TrailRow) -> list[Lying]:
        """The pieces of a row's units, taken out and cut to them; what sticks out stays."""
        firsts = self._firsts.setdefault(row.registry, [])
        pieces = self._pieces.setdefault(row.registry, [])
        begin = bisect_right(firsts, row.first) - 1
        if begin < 0 or pieces[begin].last < row.first:
            begin += 1
        end = bisect_right(firsts, row.last)
        found = pieces[begin:end]
        stay: list[Lying] = []
        if found and found[0].first < row.first:
            stay.append(replace(found[0], last=row.first - 1))
            found[0] = replace(found[0], first=row.first)
        if found and found[-1].last > row.last:
            stay.append(replace(found[-1], first=row.last + 1))
            found[-1] = replace(found[-1], last=row.last)
        pieces[begin:end] = stay
        firsts[begin:end] = [each.first for each in stay]
        return found

    def _put(self, registry: str, after: list[Lying]) -> None:
        firsts, pieces = self._firsts[registry], self._pieces[registry]
        at = bisect_left(firsts, after[0].first)
        pieces[at:at] = after
        firsts[at:at] = [each.first for each in after]
