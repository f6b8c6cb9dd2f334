# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a database file is whole, and whether tables, indexes and triggers are the program's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Final

from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import version_of

_MOST: Final = 20
_ON_SERVER: Final = """
    SELECT 'table', c.relname, string_agg(
        concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), l.collname, a.attnotnull),
        ', ' ORDER BY a.attnum)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
      LEFT JOIN pg_collation l ON l.oid = a.attcollation
      WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
        AND c.relname NOT IN ('alembic_version', 'schema_step') AND NOT a.attisdropped GROUP BY 1, 2
    UNION ALL SELECT 'constraint', concat_ws(' of ', n.conname, c.relname),
        pg_get_constraintdef(n.oid)
      FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
      WHERE n.connamespace = current_schema()::regnamespace AND c.relname NOT IN ('alembic_version', 'schema_step')
    UNION ALL SELECT 'index', indexname, replace(indexdef, current_schema() || '.', '')
      FROM pg_indexes WHERE schemaname = current_schema() AND tablename NOT IN ('alembic_version', 'schema_step')
    UNION ALL SELECT 'trigger', concat_ws(' of ', t.tgname, c.relname),
        replace(pg_get_triggerdef(t.oid), current_schema() || '.', '')
          || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' (off)' END
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
    UNION ALL SELECT 'function', concat(proname, '(', pg_get_function_arguments(oid), ')'),
        coalesce(nullif(prosrc, ''), pg_get_function_sqlbody(oid))
      FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
    ORDER BY 1, 2"""
"""A schema as its server describes it."""
_SCHEMA: Final = (
    "SELECT type, name, sql FROM sqlite_master"
    " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    " AND tbl_name NOT IN ('alembic_version', 'schema_step') ORDER BY type, name"  # what versions are counted with
)


def file_faults(stored: Connection) -> Iterator[str]:
    """Yields what is wrong with the file itself: pages, indexes, dangling references.

    Those of a server are the server's to look after.
    """
    if not isinstance(stored, sqlite3.Connection):
        return
    for row in stored.execute("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield f"the file is damaged: {row[0]}"
    for row in islice(stored.execute("PRAGMA foreign_key_check"), _MOST):
        yield f"the file: a row of {row[0]} refers to a row of {row[2]} that is not there"


def schema_faults(stored: Connection, fresh: Connection) -> Iterator[str]:
    """Yields the tables, indexes and triggers that differ from those of a fresh database.

    Constraints are part of a table's text: a CHECK that was taken away shows as a changed table. A later
    version of the program may have added to a database; what it added, only that version knows.

    Args:
        stored: The database looked at.
        fresh: One that the program has just made.
    """
    found, expected = _schema(stored), _schema(fresh)
    ahead = "" < version_of(fresh) < version_of(stored)
    for kind, name in sorted({*found, *expected}):
        if (kind, name) not in found:
            yield f"the schema: {kind} {name} was dropped"
        elif (kind, name) not in expected:
            if not ahead:
                yield f"the schema: {kind} {name} is no part of it"
        elif found[kind, name] != expected[kind, name] and not (
            ahead and _added_to(kind, found[kind, name], expected[kind, name])
        ):
            yield f"the schema: {kind} {name} was changed"


def _added_to(kind: str, found: str, expected: str) -> bool:
    """Whether a table is the expected one with columns more; guards hold nothing, and are the later program's."""
    if kind in {"trigger", "function"}:
        return True
    if kind != "table" or len(found) <= len(expected):
        return False
    # Columns are put in at one place: behind the last one, in front of the constraints.
    same = next((at for at, one in enumerate(expected) if one != found[at]), len(expected))
    rest = expected[same:]
    added = found[same : len(found) - len(rest)]
    return found.endswith(rest) and "," in added


def _schema(connection: Connection) -> dict[tuple[str, str], str]:
    listed = _SCHEMA if isinstance(connection, sqlite3.Connection) else _ON_SERVER
    return {(kind, name): " ".join(sql.split()) for kind, name, sql in connection.execute(listed)}
