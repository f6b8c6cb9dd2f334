# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which rows a replay wrote: temporary triggers note their keys, so that only those are compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from sqlalchemy import Table

from itmo.runtime.db.comparison import SIGNED, Words
from itmo.runtime.db.connection import Connection


def watch(fresh: sqlite3.Connection, tables: Iterable[Table]) -> None:
    """Has the keys of rows noted that are added, changed or dropped from now on."""
    fresh.execute("PRAGMA temp_store = FILE").fetchall()
    for table in tables:
        keys = [column.name for column in table.primary_key]
        listed = ", ".join(f'"{name}"' for name in keys)
        noted = f"touched_{table.name}"
        # Names are of our own schema.
        fresh.execute(f"CREATE TEMP TABLE {noted} ({listed}, PRIMARY KEY ({listed})) WITHOUT ROWID")
        for verb, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
            notes = ""
            for row in rows:
                values = ", ".join(f'{row}."{name}"' for name in keys)
                same = " AND ".join(f'"{name}" = {row}."{name}"' for name in keys)
                # No OR IGNORE: an upsert that fires the trigger would override it.
                notes += (
                    f" INSERT INTO {noted} SELECT {values}"  # noqa: S608  # as above
                    f" WHERE NOT EXISTS (SELECT 1 FROM {noted} WHERE {same});"
                )
            fresh.execute(
                f"CREATE TEMP TRIGGER {noted}_{verb.lower()} AFTER {verb} ON main.{table.name}"
                f" BEGIN{notes} END"
            )


def touched(fresh: sqlite3.Connection, table: Table) -> Iterator[tuple[object, ...]]:
    """The keys of rows that were noted."""
    yield from fresh.execute(f"SELECT * FROM temp.touched_{table.name}")  # noqa: S608  # as above


def count_differs(
    stored: Connection,
    fresh: Connection,
    table: Table,
    *,
    words: Words = SIGNED,
) -> Iterator[str]:
    """A sentence where a table has not as many rows: what was added elsewhere was not noted."""
    ours, made = (
        connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]  # noqa: S608  # as above
        for connection in (stored, fresh)
    )
    if ours != made:
        yield f"{table.name}: there are {ours} rows in the {words.place}, {made} by {words.said_by}"
