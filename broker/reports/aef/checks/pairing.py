# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transfers and acquisitions of two Parties, matched by their units or else by what they look like."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from broker.reports.aef.checks.casefile import CaseFile, Entry
from broker.reports.aef.checks.filed import Filed
from broker.reports.aef.model import ActionRow, ActionType, UnitRow

ADAPTATION_FUND: Final = "ADAPTATION FUND"
SENDING: Final = (ActionType.FIRST_TRANSFER, ActionType.TRANSFER)

Side = tuple[tuple[Entry, ActionRow], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What one Party sent and another one received, as far as it belongs together.

    Attributes:
        same_units: True when the ids agree; False for a probable counterpart, found by approach,
            vintage, Parties and quantity although the ids do not agree.
    """

    sent: Side
    received: Side
    same_units: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Every transfer between Parties: matched, or with its other side still wanted."""

    pairs: tuple[Pair, ...]
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
    pairs, taken = [], set[Entry]()
    for group_sent, group_received in _by_units(case, sent):
        pairs.append(Pair(sent=group_sent, received=group_received))
        taken.update(entry for entry, _ in (*group_sent, *group_received))
    left_sent = [each for each in sent if each[0] not in taken]
    left_received = [each for each in received if each[0] not in taken]
    for pair in _by_likeness(left_sent, left_received):
        pairs.append(pair)
        taken.update(entry for entry, _ in (*pair.sent, *pair.received))
    return Pairing(
        pairs=tuple(pairs),
        only_sent=tuple(each for each in left_sent if each[0] not in taken),
        only_received=tuple(each for each in left_received if each[0] not in taken),
    )


def _by_units(case: CaseFile, sent: list[tuple[Entry, ActionRow]]) -> Iterator[tuple[Side, Side]]:
    """Groups whose rows share units: one row may answer several on the other side.

    The same units can go the same way again, so each transfer takes acquisitions that are still free,
    the nearest date first.
    """
    taken: set[Entry] = set()
    for entry, row in sorted(sent, key=lambda each: (each[1].date or date.max, each[0].first)):
        if not entry.series:
            continue
        answers = [
            (other, acquired)
            for other, acquired in case.acting_on(entry, ActionType.ACQUISITION)
            if other.filed.party == row.acquiring_party
            and sender_of(acquired) == entry.filed.party
            and other not in taken
        ]
        exact = [each for each in answers if _span(each[0]) == _span(entry)]
        if exact:
            best = min(exact, key=lambda each: _days(row, each[1]))
            answers = [best]
            taken.add(best[0])
        if answers:
            yield ((entry, row),), tuple(answers)


def _span(entry: Entry) -> tuple[int, int]:
    return entry.first, entry.last


def _days(one: ActionRow, other: ActionRow) -> int:
    if one.date is None or other.date is None:
        return date.max.toordinal()
    return abs((one.date - other.date).days)


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


def quantity_of(row: UnitRow) -> int:
    """What a row says its quantity is; its serial numbers where it says nothing."""
    if row.quantity is not None:
        return row.quantity
    if row.quantity_non_ghg is not None:
        return row.quantity_non_ghg
    return max(row.span.quantity, 0) if row.span else 0
