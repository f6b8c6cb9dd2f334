# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry's report says of its books, and whether that can be.

Source: 7/CMA.4 synthesis report, paras 14-18.

Reports are no part of the ledger: nothing here moves a unit. Holdings follow from the holdings of
the report before and the actions since (REC_HOLDINGS_ROLL); a unit is in one place over all
registries (ID_ONE_ACCOUNT); used and cancelled units stay where they are (ACC_FINAL_NO_EXIT).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

ONE_ACCOUNT: Final = "ID_ONE_ACCOUNT"
HELD: Final = "ID_KNOWN_AND_HELD"
FINAL_EXIT: Final = "ACC_FINAL_NO_EXIT"
ROLL: Final = "REC_HOLDINGS_ROLL"
ACTION_ONCE: Final = "AEF_ACTION_ONCE"
FREQUENCY: Final = "REG_SHARING_FREQUENCY"
SNAPSHOT: Final = "REC_REGISTRY_SNAPSHOT"

REMARKS: Final = frozenset({ONE_ACCOUNT, HELD, FINAL_EXIT, ROLL, ACTION_ONCE, FREQUENCY, SNAPSHOT})
"""Every id that a finding about a report can have."""
STANDING: Final = frozenset({ONE_ACCOUNT, SNAPSHOT})
"""Findings about what is, which end when it is no longer so. The others are about what happened."""


class ReportedActionType(StrEnum):
    """What a registry says was done with units."""

    ISSUANCE = "ISSUANCE"
    ACQUISITION = "ACQUISITION"
    TRANSFER = "TRANSFER"
    USE = "USE"
    CANCELLATION = "CANCELLATION"


ENTERING: Final = frozenset({ReportedActionType.ISSUANCE, ReportedActionType.ACQUISITION})
"""Actions by which units come into a registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedUnits:
    """A range of units as a registry reports it.

    Attributes:
        reporter: The registry that reports it.
        registry: The originating registry.
        rulebook: Under which they were issued, as the report says.
        marks: Words of the rulebook for what is so of them, in order, with spaces between.
        listed_under: By what name reports of the rulebook look for them; empty: by none.
        attributes: What is true of every unit, as it was signed.
    """

    reporter: str
    registry: str
    first: int
    last: int
    rulebook: str
    account_type: int
    marks: str = ""
    listed_under: str = ""
    attributes: bytes = b""

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1

    def moved_by(self, units: ReportedUnits) -> ReportedUnits:
        """These units after an action that names others: they keep what is so of them."""
        marks = " ".join(sorted({*self.marks.split(), *units.marks.split()}))
        return replace(self, account_type=units.account_type, marks=marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A reported action, and the units as they are after it."""

    action_id: str
    type: ReportedActionType
    units: ReportedUnits
    counterparty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What cannot be as it was reported.

    Attributes:
        code: The id of a check.
        other: The registry on the other side, where there is one. It is for the clearing-house
            alone: a false report must not find out where units are.
    """

    code: str
    registry: str
    first: int
    last: int
    found: str
    other: str = ""

    @property
    def key(self) -> tuple[str, str, int, int, str]:
        """What makes it the same finding in a later report."""
        return self.code, self.registry, self.first, self.last, self.other


@dataclass(frozen=True, slots=True)
class Claim:
    """Units that somebody else holds, and who says so."""

    registry: str
    first: int
    last: int
    holder: str
    said_by: str


def roll(
    held: Iterable[ReportedUnits], steps: Iterable[Step], final: Callable[[ReportedUnits], bool]
) -> tuple[tuple[ReportedUnits, ...], tuple[Found, ...]]:
    """Carries holdings on by actions; what cannot be is found, and carried out as far as it can.

    Args:
        held: Holdings before.
        steps: Actions, in order.
        final: Whether units are in an account that none leaves.
    """
    books = _Books(held)
    found: list[Found] = []
    for step in steps:
        found.extend(_taken(books, step, final))
    return books.rows(), tuple(found)


def _taken(books: _Books, step: Step, final: Callable[[ReportedUnits], bool]) -> Iterator[Found]:
    units = step.units
    pieces = books.take(units.registry, units.first, units.last)
    if step.type in ENTERING:
        for piece in pieces:
            yield _about(
                ROLL, piece, f"{_units(piece)} came in by {step.action_id}, but were there"
            )
        books.put(units)
        return
    for piece in pieces:
        if final(piece):
            yield _about(
                FINAL_EXIT,
                piece,
                f"{_units(piece)} were used or cancelled before, and {step.action_id} says they"
                " moved again",
            )
    for first, last in _missing(units, pieces):
        yield Found(
            code=HELD,
            registry=units.registry,
            first=first,
            last=last,
            found=f"{units.registry}:{first}-{last} were not held when {step.action_id} moved them",
        )
    if step.type is ReportedActionType.TRANSFER:
        return
    for piece in pieces:
        books.put(piece.moved_by(units))


def compare(
    expected: Sequence[ReportedUnits], stated: Sequence[ReportedUnits]
) -> tuple[Found, ...]:
    """What a complete report says otherwise than the report before and the actions since."""
    if tuple(expected) == tuple(stated):
        return ()
    found = []
    for units, before in _differing(stated, expected):
        said = "are held, and no action brought them there"
        if before is not None:
            said = (
                f"are in an account of type {units.account_type}, were in one of type {before}, and"
                " no action moved them"
            )
        found.append(_about(ROLL, units, f"{_units(units)} {said}"))
    for units, now in _differing(expected, stated):
        if now is None:
            said = "are no longer held, and no action took them away"
            found.append(_about(ROLL, units, f"{_units(units)} {said}"))
    return tuple(found)


def compare_with_ledger(
    booked: Sequence[ReportedUnits], stated: Sequence[ReportedUnits]
) -> tuple[Found, ...]:
    """What a registry that takes part in full states otherwise than the ledger has it."""
    found = []
    for units, kind in _differing(stated, booked):
        said = f"are stated; the ledger has them in no account of {units.reporter}"
        if kind is not None:
            said = (
                f"are stated in an account of type {units.account_type}; the ledger has them in one"
                f" of type {kind}"
            )
        found.append(_about(SNAPSHOT, units, f"{_units(units)} {said}"))
    for units, kind in _differing(booked, stated):
        if kind is None:
            said = f"are in an account of type {units.account_type} by the ledger"
            found.append(_about(SNAPSHOT, units, f"{_units(units)} {said}; they are not stated"))
    return tuple(found)


def joined(rows: Iterable[ReportedUnits]) -> tuple[ReportedUnits, ...]:
    """Ranges in order, like neighbours joined."""
    return _Books(rows).rows()


def _differing(
    rows: Sequence[ReportedUnits], others: Sequence[ReportedUnits]
) -> Iterator[tuple[ReportedUnits, int | None]]:
    """Parts of rows that the others have in an account of another type, or (None) not at all."""
    books = _Books(others)
    for row in rows:
        pieces = books.overlapping(row.registry, row.first, row.last)
        for first, last in _missing(row, pieces):
            yield replace(row, first=first, last=last), None
        for piece in pieces:
            if piece.account_type != row.account_type:
                yield replace(row, first=piece.first, last=piece.last), piece.account_type


def double_claims(rows: Iterable[ReportedUnits], claims: Iterable[Claim]) -> tuple[Found, ...]:
    """Units of a report that are also held elsewhere: a serial is in one account at any instant."""
    found = []
    ordered = sorted(claims, key=lambda c: (c.registry, c.first, c.last, c.holder))
    waiting, active = 0, list[Claim]()
    for row in sorted(rows, key=_place):
        while waiting < len(ordered) and (ordered[waiting].registry, ordered[waiting].first) <= (
            row.registry,
            row.last,
        ):
            active.append(ordered[waiting])
            waiting += 1
        active = [c for c in active if c.registry == row.registry and c.last >= row.first]
        for claim in active:
            first, last = max(row.first, claim.first), min(row.last, claim.last)
            if first > last:
                continue
            found.append(
                Found(
                    code=ONE_ACCOUNT,
                    registry=row.registry,
                    first=first,
                    last=last,
                    found=f"{row.registry}:{first}-{last} are also held elsewhere, says"
                    f" {claim.said_by}",
                    other=claim.holder,
                )
            )
    return tuple(found)


def overlap(rows: Iterable[ReportedUnits]) -> ReportedUnits | None:
    """A row that shares a serial with one before it; None where no unit is reported twice."""
    before: ReportedUnits | None = None
    for row in sorted(rows, key=_place):
        if before is not None and before.registry == row.registry and row.first <= before.last:
            return row
        before = row
    return None


class _Books:
    """Ranges by originating registry, in serial order and without overlap."""

    def __init__(self, rows: Iterable[ReportedUnits]) -> None:
        self._rows: dict[str, list[ReportedUnits]] = {}
        for row in sorted(rows, key=_place):
            self._rows.setdefault(row.registry, []).append(row)

    def rows(self) -> tuple[ReportedUnits, ...]:
        """All ranges in order, like neighbours joined."""
        joined: list[ReportedUnits] = []
        for registry in sorted(self._rows):
            for row in self._rows[registry]:
                if joined and _continues(joined[-1], row):
                    joined[-1] = replace(joined[-1], last=row.last)
                else:
                    joined.append(row)
        return tuple(joined)

    def overlapping(self, registry: str, first: int, last: int) -> list[ReportedUnits]:
        """The parts of stored ranges that lie in a range."""
        return [
            replace(row, first=max(row.first, first), last=min(row.last, last))
            for row in self._between(registry, first, last)
        ]

    def take(self, registry: str, first: int, last: int) -> list[ReportedUnits]:
        """Takes a range out and returns what there was of it."""
        crossed = self._between(registry, first, last)
        if not crossed:
            return []
        rows = self._rows[registry]
        start = bisect_left(rows, crossed[0].first, key=lambda row: row.first)
        rest = [
            replace(row, first=low, last=high)
            for row in crossed
            for low, high in ((row.first, first - 1), (last + 1, row.last))
            if low <= high
        ]
        rows[start : start + len(crossed)] = rest
        return [
            replace(row, first=max(row.first, first), last=min(row.last, last)) for row in crossed
        ]

    def put(self, row: ReportedUnits) -> None:
        """Puts a range in where there is room for it."""
        rows = self._rows.setdefault(row.registry, [])
        rows.insert(bisect_left(rows, row.first, key=lambda each: each.first), row)

    def _between(self, registry: str, first: int, last: int) -> list[ReportedUnits]:
        rows = self._rows.get(registry, [])
        start = max(bisect_left(rows, first, key=lambda row: row.first) - 1, 0)
        end = bisect_left(rows, last + 1, key=lambda row: row.first)
        return [row for row in rows[start:end] if row.last >= first]


def _missing(wanted: ReportedUnits, pieces: Sequence[ReportedUnits]) -> Iterator[tuple[int, int]]:
    """The gaps that pieces, in serial order, leave in a range."""
    expected = wanted.first
    for piece in pieces:
        if piece.first > expected:
            yield expected, piece.first - 1
        expected = piece.last + 1
    if expected <= wanted.last:
        yield expected, wanted.last


def _continues(before: ReportedUnits, row: ReportedUnits) -> bool:
    return (
        before.registry == row.registry
        and row.first == before.last + 1
        and replace(row, first=before.first, last=before.last) == before
    )


def _about(code: str, units: ReportedUnits, found: str) -> Found:
    return Found(
        code=code, registry=units.registry, first=units.first, last=units.last, found=found
    )


def _units(row: ReportedUnits) -> str:
    return f"{row.registry}:{row.first}-{row.last}"


def _place(row: ReportedUnits) -> tuple[str, int]:
    return row.registry, row.first
