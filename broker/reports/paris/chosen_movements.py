# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Movements of some decisions, and of what they are about nothing but its own past.

What a unit was before a decision follows from what named it, from its issuance on. The timeline says what did, so
that the rest of the record is not read.
"""

from __future__ import annotations

import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from broker.clearing.transactions.postings import from_text
from broker.regime.paris.stated_keys import RULEBOOK
from broker.regime.postings import Units
from broker.reports.completed import (
    DECIDED_AT,
    LOG_INDEX,
    ORDINAL,
    WRITTEN,
    By,
    Only,
    completed,
    nth_completion,
    restated,
)
from broker.reports.paris import timeline_pages
from broker.reports.paris.movements import Movement, Replay
from broker.reports.paris.timeline_pages import Concern
from broker.reports.paris.timeline_tables import FOR_EVER
from broker.store.log_head import log_size
from itmo.clock import to_ms
from itmo.runtime.db.connection import Connection
from itmo.serials import SerialRange, merge

DECISIONS: Final = 250
"""Decisions that are looked up together, and transactions, but for those of the last decision."""
RANGES: Final = 2_000
"""Ranges that these may name, but for the first of them."""
_WITHOUT_END: Final = sys.maxsize
_INSTANT: Final = timedelta(milliseconds=1)
"""As times are stored."""


class ChosenMovements:
    """Movements of some decisions, which are found by playing again what their units went through."""

    def __init__(
        self,
        ledger: Connection,
        timeline: sqlite3.Connection,
        found: Sequence[Concern],
        leave_out: frozenset[str] = frozenset(),
    ) -> None:
        """Nothing is played yet.

        Args:
            ledger: The database.
            timeline: Its tables; it has come as far as these decisions.
            found: The decisions, in their order; of those that name very many ranges only the first are taken.
            leave_out: As `Replay`.
        """
        self.taken, runs = _taken(ledger, found)
        self.ended = not self.taken
        self._wanted = {(each.place, each.transaction_id) for each in self.taken}
        self._last = max((each.place for each in self.taken), default=-1)
        replay = replay_of(ledger, timeline, runs, self._last, leave_out)
        self._played = replay.movements(up_to=self._last)

    def some(self, most: int = _WITHOUT_END) -> Iterator[Movement]:
        """Plays so many movements, and tells of those that are wanted, in the order of the log.

        Between two calls nothing of the database is held.
        """
        for movement in islice(self._played, most):
            most -= 1
            if (movement.log_index, movement.transaction_id) in self._wanted:
                yield movement
        self.ended = most > 0


def _taken(
    ledger: Connection, found: Sequence[Concern]
) -> tuple[Sequence[Concern], Mapping[str, tuple[SerialRange, ...]]]:
    """Of decisions the first ones, and the units that they name in whole runs."""
    named: defaultdict[tuple[int, str], list[Units]] = defaultdict(list)
    for place, name, units in named_by(ledger, found):
        named[place, name].append(units)
    taken, together = 0, list[Units]()
    for each in found:
        units_of = named[each.place, each.transaction_id]
        if taken and len(together) + len(units_of) > RANGES:
            break
        taken += 1
        together += units_of
    return found[:taken], runs_of(together)


def named_by(ledger: Connection, found: Iterable[Concern]) -> Iterator[tuple[int, str, Units]]:
    """The units that decisions named, with the place and the transaction."""
    listed = sorted((each.place, each.transaction_id) for each in found)
    by = By(
        transactions=tuple(each for each in listed if each[1]),
        places=tuple(place for place, name in listed if not name),
    )
    for row in completed(ledger, RULEBOOK, -1, Only({}, by)):
        made = from_text(row[WRITTEN])
        for posted in (made.issues, made.moves, made.restates):
            yield from ((row[LOG_INDEX], row[0], each.units) for each in posted)
    for place, _, registry, first, last, *_ in restated(ledger, RULEBOOK, -1, Only({}, by)):
        yield place, "", Units(registry, SerialRange(first, last))


def runs_of(units: Iterable[Units]) -> Mapping[str, tuple[SerialRange, ...]]:
    """Units in whole runs, by registry."""
    found: defaultdict[str, list[SerialRange]] = defaultdict(list)
    for each in units:
        found[each.registry].append(each.range)
    return {registry: merge(listed) for registry, listed in found.items()}


def replay_of(
    ledger: Connection,
    timeline: sqlite3.Connection,
    runs: Mapping[str, tuple[SerialRange, ...]],
    until: int,
    leave_out: frozenset[str] = frozenset(),
) -> Replay:
    """The record up to a place in the log, as far as it did something to units of some runs."""
    by = timeline_pages.touching(timeline, runs, until)
    return Replay(ledger, Only(runs, by), leave_out=leave_out)


def movements_within(
    ledger: Connection,
    timeline: sqlite3.Connection,
    party: str | None = None,
    span: tuple[datetime, datetime] | None = None,
) -> Iterator[Movement]:
    """Movements of a span of time, or of all times; those with which a Party is concerned, or all.

    Args:
        ledger: The database; the caller holds a snapshot.
        timeline: Its tables, at the end of the record.
        party: Only what it held before or after, or what comes from it; None: all.
        span: The first moment that counts, and the first that does not any more; None: all.
    """
    pages = (
        _decided(ledger, timeline, span) if party is None else _concerning(timeline, party, span)
    )
    for page in pages:
        left: Sequence[Concern] = page
        while left:
            moves = ChosenMovements(ledger, timeline, left)
            yield from moves.some()
            left = left[len(moves.taken) :]


def _concerning(
    timeline: sqlite3.Connection, party: str, span: tuple[datetime, datetime] | None
) -> Iterator[list[Concern]]:
    since, before = map(to_ms, span) if span else (0, FOR_EVER)
    after = Concern(since, -1, 0, "")
    while found := timeline_pages.concerns(timeline, party, after, before, FOR_EVER, DECISIONS):
        yield found
        after = found[-1]


def _decided(
    ledger: Connection, timeline: sqlite3.Connection, span: tuple[datetime, datetime] | None
) -> Iterator[list[Concern]]:
    """All that changed units, by the place at which it was decided."""
    place, last = -1, log_size(ledger) - 1
    if span is not None:
        place, last = (timeline_pages.place_of(timeline, each - _INSTANT) for each in span)
    while place < last:
        full = nth_completion(ledger, place, DECISIONS)
        until = min(last, place + DECISIONS, last if full is None else full)
        done = completed(ledger, RULEBOOK, place, until=until)
        stated = restated(ledger, RULEBOOK, place, until=until)
        found = {Concern(row[DECIDED_AT], row[LOG_INDEX], row[ORDINAL], row[0]) for row in done}
        found |= {Concern(row[1], row[0], 0, "") for row in stated}
        yield sorted(found, key=lambda each: (each.place, each.ordinal, each.transaction_id))
        place = until
