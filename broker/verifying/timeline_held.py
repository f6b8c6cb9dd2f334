# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline beside the ledger, held against one that is made of the ledger for it.

That one is kept like the ledgers that are made again: the next time it is read on, and only what changed
since is compared, how many rows there are, and all sums as they are now.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from itertools import chain
from pathlib import Path
from typing import Final

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, Table

from broker.reports.paris.timeline import Timeline, leaf_at
from broker.reports.paris.timeline_file import is_current, made, make_anew, opened
from broker.reports.snapshot import snapshot
from broker.verifying.touched import count_differs, touched, watch
from itmo.clock import from_ms
from itmo.runtime.db.comparison import Words, differences, differences_of, named
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.soundness import file_faults, schema_faults
from itmo.runtime.db.undamaged import undamaged

REMEDY: Final = "make it anew: `broker timeline --anew`"
_PLACE: Final = "SELECT log_index, leaf_hash, entry_id FROM place"
_FOUND_RIGHT: Final = "CREATE TABLE IF NOT EXISTS found_right (timeline INTEGER NOT NULL) STRICT"
_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('place', 'found_right')"
    " AND name NOT LIKE 'sqlite%' ORDER BY name"
)
_LIKENESS: Final = "SELECT party, metric, kind, year FROM likeness WHERE id = ?"
_SUMS_NOW: Final = {
    "booked": "SELECT id, (SELECT max(at) FROM booked WHERE likeness = id) FROM likeness",
    "likeness": "SELECT id FROM likeness",
    "summed": "SELECT approach, max(since) FROM summed GROUP BY approach",
}
"""Keys of the rows from which balances and totals of the present are made."""
Progress = Callable[[str, int, int], None]
"""What is done, how much of it, and how much there is."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What of a timeline was compared, and what is wrong with it.

    Attributes:
        decisions: Decisions that are in it.
        before: Of these, those whose rows an earlier verification had compared.
    """

    decisions: int
    before: int
    problems: tuple[str, ...]


def verify_timeline(
    ledger: Connection, served: Path, kept: Path, progress: Progress, *, anew: bool
) -> Compared | None:
    """Compares a timeline with what the ledger makes of one; None where there is none that fits.

    One of another version or of another history is none: the next question makes it anew.

    Args:
        ledger: A connection for reading, outside of a transaction; of a database that was found right.
        served: The file that questions are answered from.
        kept: Where the one is kept that is made for it.
        progress: Told of decisions that are taken in, and of tables that were compared.
        anew: Whether all is compared, whatever was compared before.
    """
    if not served.exists():
        return None
    try:
        with closing(_looked_at(served)) as asked, snapshot(asked):
            if not is_current(asked):
                return None
            # The ledger is looked at later than the timeline, and shows all that is in that one.
            place, leaf, _ = asked.execute(_PLACE).fetchone()
            with snapshot(ledger):
                if place < 0 or leaf_at(ledger, place) != leaf:
                    return None
                return _verified(_Asked(ledger, asked, place), kept, progress, anew=anew)
    except sqlite3.DatabaseError as error:
        if undamaged(error):
            raise
        return Compared(0, 0, (f"the timeline {served} is damaged ({error}); {REMEDY}",))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A timeline, the ledger it is of, and how far it has come."""

    ledger: Connection
    served: sqlite3.Connection
    place: int


def _verified(asked: _Asked, kept: Path, progress: Progress, *, anew: bool) -> Compared:
    with closing(Timeline(kept)) as again:
        fresh = again.open(asked.ledger)
        before = -1 if anew else _compared_before(asked, fresh)
        if before < 0:
            make_anew(fresh)
        fresh.execute(_FOUND_RIGHT)
        fresh.execute("DELETE FROM found_right")
        tables = _tables(fresh)
        if before >= 0:
            watch(fresh, tables)
        while not again.read_on(asked.ledger, asked.place):
            progress("timeline", fresh.execute(_PLACE).fetchone()[0] + 1, asked.place + 1)
        progress("timeline", asked.place + 1, asked.place + 1)
        found = dict.fromkeys(_problems(asked, fresh, _told(tables, progress), whole=before < 0))
        problems = tuple(f"the timeline: {each}; {REMEDY}" for each in found)
        if not problems:
            fresh.execute("INSERT INTO found_right (timeline) VALUES (?)", (made(asked.served),))
        return Compared(asked.place + 1, before + 1, problems)


def _compared_before(asked: _Asked, fresh: sqlite3.Connection) -> int:
    """The place up to which the two were found alike; -1 where they have to be compared whole."""
    place, leaf, _ = fresh.execute(_PLACE).fetchone()
    fresh.execute(_FOUND_RIGHT)
    with_it = fresh.execute("SELECT timeline FROM found_right").fetchone()
    if with_it != (made(asked.served),) or place > asked.place:
        return -1
    return int(place) if leaf_at(asked.ledger, place) == leaf else -1


def _problems(
    asked: _Asked, fresh: sqlite3.Connection, tables: Iterable[Table], *, whole: bool
) -> Iterator[str]:
    served = asked.served
    words = Words("timeline", "the ledger", lambda table, key: _row(served, fresh, table, key))
    with closing(opened(None)) as empty:
        yield from schema_faults(served, empty)
    if whole:
        yield from file_faults(served)
    ours, theirs = (each.execute(_PLACE).fetchone()[2] for each in (served, fresh))
    if ours != theirs:
        yield f"place: entries up to {ours} are in the timeline, up to {theirs} by the ledger"
    for table in tables:
        columns = [column.name for column in table.c]
        keys = [column.name for column in table.primary_key]
        if whole:
            yield from differences(served, fresh, table.name, columns, keys, words=words)
            continue
        wanted = chain(touched(fresh, table), _now(fresh, table), _now(served, table))
        yield from differences_of(served, fresh, table.name, columns, keys, wanted, words=words)
        yield from count_differs(served, fresh, table, words=words)


def _told(tables: Sequence[Table], progress: Progress) -> Iterator[Table]:
    """One table after another; told of is each that was compared."""
    for done, table in enumerate(tables):
        progress("tables of the timeline", done, len(tables))
        yield table
    progress("tables of the timeline", len(tables), len(tables))


def _now(timeline: sqlite3.Connection, table: Table) -> Iterable[tuple[object, ...]]:
    return timeline.execute(_SUMS_NOW[table.name]) if table.name in _SUMS_NOW else ()


def _row(
    served: sqlite3.Connection, fresh: sqlite3.Connection, table: str, key: tuple[object, ...]
) -> str:
    """A row as people know it."""
    if table == "booked":
        alike, at = key
        found = [each.execute(_LIKENESS, (alike,)).fetchone() for each in (fresh, served)]
        of = ", ".join(str(each) for each in found[0] or found[1] or (alike,))
        when = from_ms(int(str(at))).astimezone(UTC).isoformat(timespec="milliseconds")
        return f"running sum of {of} at {when}"
    if table == "summed":
        return f"units of {key[0]} from decision {key[1]} on"
    return named(table, key)


def _looked_at(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _tables(timeline: sqlite3.Connection) -> list[Table]:
    """The tables of a timeline with their keys; what it stands at is compared apart."""
    return [_table(timeline, name) for (name,) in timeline.execute(_TABLES).fetchall()]


def _table(timeline: sqlite3.Connection, table: str) -> Table:
    listed = timeline.execute(f"PRAGMA table_info({table})").fetchall()
    # In the order of the key, by which both are read without being sorted.
    keys = sorted((place, name) for _, name, _, _, _, place in listed if place)
    columns = (Column[object](name) for _, name, *_ in listed)
    return Table(table, MetaData(), *columns, PrimaryKeyConstraint(*(name for _, name in keys)))
