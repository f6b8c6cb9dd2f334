# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a database file is whole, and whether tables, indexes and triggers are the program's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from itmo.runtime.db.connection import Connection

_MOST: Final = 20
_SCHEMA: Final = (
    "SELECT type, name, sql FROM sqlite_master"
    " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    " AND tbl_name <> 'alembic_version' ORDER BY type, name"  # what versions are counted with
)


def file_faults(stored: Connection) -> Iterator[str]:
    """Yields what is wrong with the file itself: pages, indexes, dangling references."""
    for row in stored.execute("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield f"the file is damaged: {row[0]}"
    for row in stored.execute("PRAGMA foreign_key_check").fetchmany(_MOST):
        yield f"the file: a row of {row[0]} refers to a row of {row[2]} that is not there"


def schema_faults(stored: Connection, fresh: Connection) -> Iterator[str]:
    """Yields the tables, indexes and triggers that differ from those of a fresh database.

    Constraints are part of a table's text: a CHECK that was taken away shows as a changed table.

    Args:
        stored: The database looked at.
        fresh: One that the program has just made.
    """
    found, expected = _schema(stored), _schema(fresh)
    for kind, name in sorted({*found, *expected}):
        if (kind, name) not in found:
            yield f"the schema: {kind} {name} was dropped"
        elif (kind, name) not in expected:
            yield f"the schema: {kind} {name} is no part of it"
        elif found[kind, name] != expected[kind, name]:
            yield f"the schema: {kind} {name} was changed"


def _schema(connection: Connection) -> dict[tuple[str, str], str]:
    return {(kind, name): " ".join(sql.split()) for kind, name, sql in connection.execute(_SCHEMA)}
