# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Running sums of each Party's entries in the timeline, from which balances and summaries are made.

Entries that no figure tells apart are alike. Of those that are, the timeline holds what they came to at
every time at which one was booked, so that a figure as of any moment takes one row of each likeness.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import func, literal_column, select

from broker.adjustments.entries import OUTSTANDING, Booked
from broker.regime.paris.adjustments.summary import Counted, Role
from broker.reports.paris.tracing import TracedEntry, traced
from broker.reports.snapshot import snapshot, until
from broker.rulebook.paris.bookings import EntryKind
from broker.store import schema as s
from itmo.clock import to_ms
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

_TOGETHER: Final = 1_000
"""Entries that are read at a time: some hundred KB."""
_ALIKE: Final = "party, metric, kind, added, year, transaction_year, role, outside_scope, cer"
_FIND: Final = f"SELECT id FROM likeness WHERE ({_ALIKE}) = (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # constants
_NAME: Final = f"INSERT INTO likeness ({_ALIKE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # constants
_LAST: Final = "SELECT amount FROM booked WHERE likeness = ? AND at <= ? ORDER BY at DESC LIMIT 1"
_LATER: Final = "SELECT at, amount FROM booked WHERE likeness = ? AND at > ?"
_NEWEST: Final = Statement(
    select(func.coalesce(func.max(s.adjustment_entry.c.entry_id), literal_column("0")))
)
_PUT: Final = "INSERT OR REPLACE INTO booked (likeness, at, amount) VALUES (?, ?, ?)"
SUMS: Final = (
    f"SELECT {_ALIKE}, (SELECT amount FROM booked WHERE likeness = likeness.id AND at <= :until"  # noqa: S608  # constants
    " ORDER BY at DESC LIMIT 1) FROM likeness WHERE party = :party"
)


def take_entries(timeline: sqlite3.Connection, ledger: Connection, place: int) -> None:
    """Adds the entries that were not taken in yet, up to a place in the log."""
    (taken,) = timeline.execute("SELECT entry_id FROM place").fetchone()
    for entry in _behind(ledger, taken, place):
        _add(timeline, entry)
        taken = entry.entry_id
    timeline.execute("UPDATE place SET entry_id = ?", (taken,))


def sums(
    timeline: sqlite3.Connection, ledger: Connection, party: str, as_of: datetime | None
) -> list[Counted]:
    """What was booked for a Party up to a moment (None: to the end): one for each likeness.

    Where another process of this broker has taken in more than the ledger shows to whoever asks, they
    are the entries themselves.
    """
    with snapshot(timeline):
        (taken,) = timeline.execute("SELECT entry_id FROM place").fetchone()
        if taken <= ledger.execute(_NEWEST).fetchone()[0]:
            found = timeline.execute(SUMS, {"party": party, "until": until(as_of)})
            return [_counted(*row) for row in found if row[-1] is not None]
    return [each.counted for each in traced(ledger, party, as_of)]


def _behind(ledger: Connection, taken: int, place: int) -> Iterator[TracedEntry]:
    while True:
        some = traced(ledger, after=taken, limit=_TOGETHER)
        for entry in some:
            if entry.log_index > place:
                return
            yield entry
        if len(some) < _TOGETHER:
            return
        taken = some[-1].entry_id


def _add(timeline: sqlite3.Connection, entry: TracedEntry) -> None:
    counted, at = entry.counted, to_ms(entry.booked_at)
    booked = counted.entry
    alike = (
        booked.party, booked.metric, booked.kind, booked.debit == OUTSTANDING, booked.year,
        booked.transaction_year, counted.role, counted.outside_scope, counted.cer,
    )  # fmt: skip
    found = timeline.execute(_FIND, alike).fetchone()
    likeness = found[0] if found else timeline.execute(_NAME, alike).lastrowid
    before = timeline.execute(_LAST, (likeness, at)).fetchone()
    amount = int(before[0]) if before else 0
    # Times go back where one was accepted: what is later than this one has it in it, too.
    later = timeline.execute(_LATER, (likeness, at)).fetchall()
    timeline.executemany(
        _PUT,
        ((likeness, when, str(int(old) + booked.amount)) for when, old in ((at, amount), *later)),
    )


def _counted(
    party: str,
    metric: str,
    kind: str,
    added: int,
    year: int,
    transaction_year: int,
    role: str,
    outside_scope: int,
    cer: int,
    amount: str,
) -> Counted:
    return Counted(
        entry=Booked(
            kind=EntryKind(kind),
            debit=OUTSTANDING if added else party,
            credit=party if added else OUTSTANDING,
            amount=int(amount),
            metric=metric,
            year=year,
            transaction_year=transaction_year,
        ),
        role=Role(role),
        outside_scope=bool(outside_scope),
        cer=bool(cer),
    )
