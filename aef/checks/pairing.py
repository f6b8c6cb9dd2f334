# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transfers and acquisitions of two Parties, matched by their units or else by what they look like."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from aef.checks.casefile import CaseFile, Entry
from aef.checks.filed import Filed
from aef.checks.series import OverlapIndex
from aef.checks.summaries import GHG
from aef.checks.tracing import rows_of
from aef.model import ActionRow, ActionType, UnitRow
from itmo.serial_sets import Range, difference

ADAPTATION_FUND: Final = "ADAPTATION FUND"
NON_GHG: Final = "non-GHG"
SENDING: Final = (ActionType.FIRST_TRANSFER, ActionType.TRANSFER)

Side = tuple[tuple[Entry, ActionRow], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What one Party sent and another one received, as far as it belongs together.

    Attributes:
        same_units: True when the ids agree; False for a probable counterpart, found by approach,
            vintage, Parties and quantity although the ids do not agree.
        whole: False where the two sides share some of their units only, so that their quantities
            cannot be compared.
    """

    sent: Side
    received: Side
    same_units: bool = True
    whole: bool = True


Uncovered = tuple[Range, Entry, Entry]
"""Units that the other side's record lacks, the row they are in, and a row on the other side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Every transfer between Parties: matched, or with its other side still wanted."""

    pairs: tuple[Pair, ...]
    uncovered: tuple[Uncovered, ...]
    only_sent: Side
    only_received: Side


def sender_of(row: ActionRow) -> str:
    """The Party from which an acquisition came; the host, where the row names none."""
    return row.transferring_party or row.first_transferring_party


def is_sent(filed: Filed, row: ActionRow) -> bool:
    """True for an action by which units go to another Party."""
    return (
        row.type in SENDING
        and row.acquiring_party not in ("", filed.party)
        and row.acquiring_party.upper() != ADAPTATION_FUND
    )


def is_received(filed: Filed, row: ActionRow) -> bool:
    """True for an action by which units come from another Party."""
    sender = sender_of(row)
    return (
        row.type is ActionType.ACQUISITION
        and sender not in ("", filed.party)
        and sender.upper() != ADAPTATION_FUND
    )


def pair_up(case: CaseFile) -> Pairing:
    """Matches by units first; what is left over by approach, vintage, Parties and quantity."""
    sent = [(e, r) for e, r in case.actions if is_sent(e.filed, r)]
    received = [(e, r) for e, r in case.actions if is_received(e.filed, r)]
    pairs = list(_same_spans(sent, received))
    sent, received = _left(sent, received, pairs)
    partial, uncovered = _overlapping(sent, received)
    pairs += partial
    sent, received = _left(sent, received, partial)
    likely = list(_by_likeness(sent, received))
    only_sent, only_received = _left(sent, received, likely)
    return Pairing(
        pairs=(*pairs, *likely),
        uncovered=tuple(uncovered),
        only_sent=tuple(only_sent),
        only_received=tuple(only_received),
    )


_Rows = list[tuple[Entry, ActionRow]]
_Route = tuple[str, str, str]
"""Sender, receiver, series."""


def _left(sent: _Rows, received: _Rows, pairs: Iterable[Pair]) -> tuple[_Rows, _Rows]:
    taken = {entry for pair in pairs for entry, _ in (*pair.sent, *pair.received)}
    return (
        [each for each in sent if each[0] not in taken],
        [each for each in received if each[0] not in taken],
    )


def _route(entry: Entry, row: ActionRow) -> _Route:
    if row.type is ActionType.ACQUISITION:
        return sender_of(row), entry.filed.party, entry.series
    return entry.filed.party, row.acquiring_party, entry.series


def _same_spans(sent: _Rows, received: _Rows) -> Iterator[Pair]:
    """Rows with the very same units; those that go the same way again meet the nearest date."""
    waiting: dict[tuple[_Route, int, int], list[Side]] = defaultdict(list)
    for entry, row in sorted(received, key=lambda each: each[1].date or date.max):
        if entry.series:
            waiting[_route(entry, row), entry.first, entry.last].append(((entry, row),))
    for entry, row in sorted(sent, key=lambda each: each[1].date or date.max):
        candidates = waiting.get((_route(entry, row), entry.first, entry.last))
        if candidates:
            ours = ((entry, row),)
            yield Pair(sent=ours, received=_nearest(candidates, _day(ours)))


def _overlapping(sent: _Rows, received: _Rows) -> tuple[list[Pair], list[Uncovered]]:
    """Rows that share some units: each beside the first one it meets, and what no row answers."""
    routes: dict[_Route, tuple[_Rows, _Rows]] = defaultdict(lambda: ([], []))
    for side, rows in ((0, sent), (1, received)):
        for entry, row in rows:
            if entry.series:
                routes[_route(entry, row)][side].append((entry, row))
    pairs: list[Pair] = []
    uncovered: list[Uncovered] = []
    for ours, theirs in routes.values():
        if ours and theirs:
            met = (_first_met(ours, theirs), _first_met(theirs, ours))
            pairs += _beside_each_other(ours, theirs, met)
            uncovered += _not_answered(ours, theirs, met[0])
            uncovered += _not_answered(theirs, ours, met[1])
    return pairs, uncovered


_Met = dict[Entry, tuple[Entry, ActionRow]]


def _first_met(rows: _Rows, others: _Rows) -> _Met:
    index = OverlapIndex((entry.first, entry.last, (entry, row)) for entry, row in others)
    met: _Met = {}
    for entry, _ in rows:
        if (other := next(index.overlapping(entry.first, entry.last), None)) is not None:
            met[entry] = other
    return met


def _beside_each_other(ours: _Rows, theirs: _Rows, met: tuple[_Met, _Met]) -> Iterator[Pair]:
    answered = set[Entry]()
    for entry, row in ours:
        if (other := met[0].get(entry)) is not None:
            answered.add(other[0])
            yield Pair(sent=((entry, row),), received=(other,), whole=False)
    for entry, row in theirs:
        if entry not in answered and (other := met[1].get(entry)) is not None:
            yield Pair(sent=(other,), received=((entry, row),), whole=False)


def _not_answered(rows: _Rows, others: _Rows, met: _Met) -> Iterator[Uncovered]:
    left = difference(map(_units, met), (_units(entry) for entry, _ in others))
    for units, entry in rows_of(left, (entry for entry, _ in rows if entry in met)):
        if entry is not None:
            yield units, entry, met[entry][0]


def _units(entry: Entry) -> Range:
    return entry.series, entry.first, entry.last


_Likeness = tuple[str, str, str, int | None]


def _by_likeness(
    sent: list[tuple[Entry, ActionRow]], received: list[tuple[Entry, ActionRow]]
) -> Iterator[Pair]:
    """Probable counterparts: equal quantities, row by row or added up by day."""
    groups: dict[_Likeness, tuple[list[Side], list[Side]]] = defaultdict(lambda: ([], []))
    for side, rows in ((0, sent), (1, received)):
        for key, day_rows in _by_day(rows, side).items():
            groups[key][side].extend(day_rows)
    for ours, theirs in groups.values():
        yield from _equal_quantities(ours, theirs)


def _by_day(rows: list[tuple[Entry, ActionRow]], side: int) -> dict[_Likeness, list[Side]]:
    days: dict[tuple[_Likeness, date | None], list[tuple[Entry, ActionRow]]] = defaultdict(list)
    for entry, row in rows:
        sender, receiver = (
            (sender_of(row), entry.filed.party)
            if side
            else (entry.filed.party, row.acquiring_party)
        )
        key = (sender, receiver, row.cooperative_approach, row.vintage)
        days[key, row.date].append((entry, row))
    found: dict[_Likeness, list[Side]] = defaultdict(list)
    for (key, _), listed in days.items():
        found[key].append(tuple(listed))
    return found


def _equal_quantities(ours: list[Side], theirs: list[Side]) -> Iterator[Pair]:
    """First whole days with equal sums, then the single rows of the days that are left."""
    for rows_alone in (False, True):
        if rows_alone:
            ours = [(each,) for day in ours for each in day]
            theirs = [(each,) for day in theirs for each in day]
        waiting: dict[int, list[Side]] = defaultdict(list)
        for group in sorted(theirs, key=_day):
            waiting[_sum(group)].append(group)
        unanswered = []
        for group in ours:
            candidates = waiting.get(_sum(group), []) if _sum(group) else []
            if not candidates:
                unanswered.append(group)
                continue
            yield Pair(sent=group, received=_nearest(candidates, _day(group)), same_units=False)
        ours = unanswered
        theirs = [group for groups in waiting.values() for group in groups]


def _nearest(candidates: list[Side], day: int) -> Side:
    """Takes the group nearest in time out of groups that are sorted by day."""
    place = bisect_left(candidates, day, key=_day)
    if place == len(candidates) or (
        place > 0 and day - _day(candidates[place - 1]) <= _day(candidates[place]) - day
    ):
        place -= 1
    return candidates.pop(place)


def _day(group: Side) -> int:
    return (group[0][1].date or date.max).toordinal()


def _sum(group: Side) -> int:
    return sum(quantity_of(row) for _, row in group)


def metric_of(row: UnitRow) -> str:
    """What a row's quantity counts: GHG (t CO2 eq) or the name of its non-GHG metric."""
    return row.non_ghg_metric or NON_GHG if row.metric == NON_GHG else GHG


def own_metric(row: UnitRow) -> str:
    """The non-GHG metric of a row; beside GHG the field does not apply, and counts for nothing."""
    return "" if row.metric == GHG else row.non_ghg_metric


def quantity_of(row: UnitRow) -> int:
    """What a row says its quantity is in its metric; its serial numbers where it says nothing."""
    said = (row.quantity, row.quantity_non_ghg)
    for quantity in reversed(said) if row.metric == NON_GHG else said:
        if quantity is not None:
            return quantity
    return max(row.span.quantity, 0) if row.span else 0
