# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party's year replayed: what it held, what moved, what it must hold at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import IntEnum
from itertools import groupby
from typing import Final

from aef.checks.authorizing import Authorizations
from aef.checks.casefile import CaseFile, Entry
from aef.checks.filed import Filed
from aef.checks.series import SpanSet
from aef.model import ActionRow, ActionSubtype, ActionType
from itmo.serial_sets import Range, difference


class Move(IntEnum):
    """What an action does to its Party's holdings."""

    IN = 0
    NONE = 1
    OUT = 2


_STAYS_IN = frozenset({ActionSubtype.AUTHORIZATION, ActionSubtype.ISSUANCE})
"""First transfers by which units become internationally transferred without leaving the registry
(2/CMA.3 annex para 2(b))."""
SPENDING = frozenset({ActionType.USE, ActionType.CANCELLATION, ActionType.VOLUNTARY_CANCELLATION})


def move_of(row: ActionRow, party: str, event: ActionSubtype | None) -> Move:
    """What an action does to the holdings of the Party that reports it.

    Args:
        row: The action.
        party: Who reports it.
        event: What a first transfer was; None where neither the row nor the authorization tells.
    """
    if row.type in (ActionType.AUTHORIZATION, ActionType.ACQUISITION):
        return Move.IN
    if row.type is ActionType.FIRST_TRANSFER:
        leaves = row.acquiring_party not in ("", party)
        if event is None and not leaves:
            return Move.NONE
        return Move.IN if event in _STAYS_IN and not leaves else Move.OUT
    return Move.NONE if row.type is None else Move.OUT


@dataclass(slots=True, kw_only=True)
class Roll:
    """A submission replayed from the holdings of the year before.

    Attributes:
        gap: The earlier report without which the opening holdings are not known; else empty.
        unbacked: Actions out of units that were not held, and how many, without authorization.
        from_authorization: Units that came into being by being first transferred, used or cancelled
            by their host under an authorization.
        lost: Units that were held or came in, did not leave and are not in the holdings.
        lost_opening: Those of them that were in the holdings of the year before.
        unexplained: Units in the holdings that neither were there before nor came in.
        unplaced: Rows of which units, date or effect cannot be told.
        elsewhere: First transfers of the Party's outcomes by another Party's use or cancellation:
            units that it did not hold any more.
        events: What each first transfer was, by its row or by the authorization's definition.
    """

    filed: Filed
    gap: str
    opening: tuple[Entry, ...] = ()
    holdings: tuple[Entry, ...] = ()
    unbacked: list[tuple[Entry, int]] = field(default_factory=list)
    from_authorization: dict[Entry, int] = field(default_factory=dict)
    spent_twice: set[Entry] = field(default_factory=set)
    lost: list[Range] = field(default_factory=list)
    lost_opening: list[Range] = field(default_factory=list)
    unexplained: list[Range] = field(default_factory=list)
    unplaced: list[Entry] = field(default_factory=list)
    elsewhere: set[Entry] = field(default_factory=set)
    events: dict[Entry, ActionSubtype | None] = field(default_factory=dict)

    def move(self, entry: Entry, row: ActionRow) -> Move:
        """What an action did to the Party's holdings."""
        return move_of(row, self.filed.party, self.events.get(entry))


def roll(case: CaseFile, filed: Filed, authorizations: Authorizations) -> Roll:
    """Replays a submission, in the order of its dates."""
    before = case.previous(filed)
    gap = "" if before or case.begins(filed) else case.gap_before(filed)
    found = Roll(
        filed=filed,
        gap=gap,
        opening=tuple(case.held_at_end.get(before, ())) if before else (),
        holdings=tuple(case.held_at_end.get(filed, ())),
    )
    held, opening, closing = SpanSet(), SpanSet(), SpanSet()
    for entries, sets in ((found.opening, (held, opening)), (found.holdings, (closing,))):
        for entry in entries:
            if not entry.series:
                found.unplaced.append(entry)
                continue
            for each in sets:
                each.add(entry.series, entry.first, entry.last)
    _replay(case, found, held, authorizations)
    expected = held.ranges()
    at_end = closing.ranges()
    found.lost = difference(expected, at_end)
    came_in = difference(found.lost, opening.ranges())
    found.lost_opening = difference(found.lost, came_in)
    found.lost = came_in
    found.unexplained = difference(at_end, expected)
    return found


def _replay(case: CaseFile, found: Roll, held: SpanSet, authorizations: Authorizations) -> None:
    filed, gone = found.filed, SpanSet()
    moves = []
    for entry, row in case.of_filed[filed]:
        if row.type is ActionType.FIRST_TRANSFER:
            found.events[entry] = row.subtype or authorizations.defined_event(entry)
        move = found.move(entry, row)
        if not entry.series or row.date is None or move is Move.NONE:
            found.unplaced.append(entry)
            continue
        moves.append(_Moving(_moment(row), move, entry, row))
    for each in _in_order(moves, held, filed.party):
        entry, row = each.entry, each.row
        span = (entry.series, entry.first, entry.last)
        if each.move is Move.IN:
            held.add(*span)
            continue
        missing = held.missing(*span)
        quantity = entry.last - entry.first + 1
        if missing == quantity and _spent_elsewhere(row, filed.party):
            found.elsewhere.add(entry)
            continue
        if missing == quantity and gone.missing(*span) == 0 and row.type in SPENDING:
            # The event that first transfers by use or cancellation may be reported under both types.
            found.spent_twice.add(entry)
        elif missing:
            authorized = authorizations.own(entry)
            if row.first_transferring_party == filed.party and authorized is not None:
                found.from_authorization[entry] = missing
            else:
                found.unbacked.append((entry, missing))
        held.remove(*span)
        if row.type is ActionType.FIRST_TRANSFER and row.acquiring_party in ("", filed.party):
            gone.add(*span)


@dataclass(frozen=True, slots=True)
class _Moving:
    """An action that changes what is held."""

    at: datetime
    move: Move
    entry: Entry
    row: ActionRow


_ROUNDS: Final = 8
"""How often the rows of one moment are gone through for one that can have come next. Units that go
back and forth more often on one day, told in no order, are taken as they stand."""


def _in_order(moves: list[_Moving], held: SpanSet, party: str) -> Iterator[_Moving]:
    """The moves as they can have followed each other; `held` is what the moves taken have left.

    A date does not say which of two moves came first. Units that come in are not there before, units
    that go out are; where the rows of a moment allow it, they are put in an order that keeps to that.
    """
    moves.sort(key=lambda each: (each.at, _rank(each, party), each.entry.number))
    for _, together in groupby(moves, key=lambda each: each.at):
        waiting = list(together)
        for _ in range(_ROUNDS if len(waiting) > 1 else 0):
            later = []
            for each in waiting:
                if _possible(each, held, party):
                    yield each
                else:
                    later.append(each)
            if len(later) in (0, len(waiting)):
                waiting = later
                break
            waiting = later
        yield from waiting


def _rank(each: _Moving, party: str) -> int:
    """Authorized, first transferred by the host, acquired, and then all that goes out.

    What a host first transfers by using it may have come back to it on that very day.
    """
    if each.row.type is ActionType.AUTHORIZATION:
        return 0
    if _by_host(each.row, party):
        return 3 if each.row.subtype is ActionSubtype.USE_OR_CANCELLATION else 1
    return 2 if each.move is Move.IN else 4


def _by_host(row: ActionRow, party: str) -> bool:
    return row.type is ActionType.FIRST_TRANSFER and row.first_transferring_party == party


def _possible(each: _Moving, held: SpanSet, party: str) -> bool:
    entry = each.entry
    missing = held.missing(entry.series, entry.first, entry.last)
    quantity = entry.last - entry.first + 1
    if each.move is Move.IN:
        return missing == quantity
    # What a host first transfers may have come into being by that (no authorization row before).
    return missing == 0 or (missing == quantity and _by_host(each.row, party))


def _spent_elsewhere(row: ActionRow, party: str) -> bool:
    """True for the host's first transfer by a use or cancellation of another Party."""
    return (
        row.subtype is ActionSubtype.USE_OR_CANCELLATION
        and _by_host(row, party)
        and row.using_party not in ("", party)
    )


def _moment(row: ActionRow) -> datetime:
    on = row.date or date.min
    return row.time or datetime.combine(on, time.min, tzinfo=UTC)
