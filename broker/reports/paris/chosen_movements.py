# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Movements of some decisions, and of what they are about nothing but its own past.

What a unit was before a decision follows from what named it, from its issuance on. The timeline says what did, so
that the rest of the record is not read.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
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

_TOGETHER: Final = 250
"""Decisions whose movements are made together: a tenth of a second of one core of 2023 where each moved five ranges."""
_INSTANT: Final = timedelta(milliseconds=1)
"""As times are stored."""


def movements_of(
    ledger: Connection,
    timeline: sqlite3.Connection,
    chosen: Collection[Concern],
    leave_out: frozenset[str] = frozenset(),
) -> Iterator[Movement]:
    """What decisions did to units, in the order of the log.

    Args:
        ledger: The database; the caller holds a snapshot.
        timeline: Its tables; it has come as far as these decisions.
        chosen: The decisions.
        leave_out: As `Replay`.
    """
    if not chosen:
        return
    wanted = {(each.place, each.transaction_id) for each in chosen}
    named = By(
        transactions=tuple(each.transaction_id for each in chosen if each.transaction_id),
        places=tuple(each.place for each in chosen if not each.transaction_id),
    )
    last = max(each.place for each in chosen)
    runs = runs_of(named_by(ledger, named))
    replay = replay_of(ledger, timeline, runs, last, leave_out)
    for movement in replay.movements(up_to=last):
        if (movement.log_index, movement.transaction_id) in wanted:
            yield movement


def named_by(ledger: Connection, by: By) -> Iterator[Units]:
    """The units that decisions named."""
    only = Only({}, by)
    for row in completed(ledger, RULEBOOK, -1, only):
        made = from_text(row[WRITTEN])
        for posted in (made.issues, made.moves, made.restates):
            yield from (each.units for each in posted)
    for _, _, registry, first, last, *_ in restated(ledger, RULEBOOK, -1, only):
        yield Units(registry, SerialRange(first, last))


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
    if party is None:
        pages = _decided(ledger, timeline, span)
    else:
        pages = _concerning(timeline, party, span)
    for page in pages:
        yield from movements_of(ledger, timeline, page)


def _concerning(
    timeline: sqlite3.Connection, party: str, span: tuple[datetime, datetime] | None
) -> Iterator[list[Concern]]:
    since, before = map(to_ms, span) if span else (0, FOR_EVER)
    after = Concern(since, -1, 0, "")
    while found := timeline_pages.concerns(timeline, party, after, before, FOR_EVER, _TOGETHER):
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
        until = min(last, place + _TOGETHER)
        done = completed(ledger, RULEBOOK, place, until=until)
        stated = restated(ledger, RULEBOOK, place, until=until)
        found = {Concern(row[DECIDED_AT], row[LOG_INDEX], row[ORDINAL], row[0]) for row in done}
        found |= {Concern(row[1], row[0], 0, "") for row in stated}
        yield sorted(found, key=lambda each: each.place)
        place = until
