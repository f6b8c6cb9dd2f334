# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Faults that are planted in a database behind its guards, on either engine."""

from __future__ import annotations

import re
from typing import Any

from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import in_file
from itmo.runtime.db.postgres_schema import guard

_GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(?, tbl_name)"
_ALL_GUARDS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
_CONSTRAINTS = """SELECT conrelid::regclass::text, conname::text FROM pg_constraint
    WHERE contype IN ('c', 'x') AND connamespace = 'public'::regnamespace"""
_ROLE = "SET session_replication_role ="
_BYTES = re.compile(r"x'([0-9a-f]*)'")
_ZEROS = re.compile(r"zeroblob\((\d+)\)")


def behind_guards(connection: Connection, sql: str, parameters: Any = ()) -> int:  # noqa: ANN401 - a row or a mapping
    """Changes rows although guards forbid it, and says how many; guards stand again afterwards."""
    if in_file(connection):
        guards = connection.execute(_GUARDS, (sql,)).fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        done = connection.execute(sql, parameters)
        for _, made in guards:
            connection.execute(made)
        return done.rowcount
    connection.execute(f"{_ROLE} replica")
    try:
        return connection.execute(as_taken(connection, sql), parameters).rowcount
    finally:
        connection.execute(f"{_ROLE} origin")


def as_taken(connection: Connection, sql: str) -> str:
    """A statement that was written for SQLite, with its bytes as the engine writes them."""
    if in_file(connection):
        return sql
    return _BYTES.sub(r"'\\x\1'::bytea", _ZEROS.sub(r"decode(repeat('00', \1), 'hex')", sql))


def unguarded(connection: Connection) -> None:
    """Takes away for good what keeps rows right: guards, references, checks and excluded overlaps."""
    if in_file(connection):
        for (name,) in connection.execute(_ALL_GUARDS).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
    else:
        for table, name in connection.execute(_CONSTRAINTS).fetchall():
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    without_references(connection)


def without_references(connection: Connection) -> None:
    """Rows may name others that are not there; on a server guards are not asked either."""
    connection.execute("PRAGMA foreign_keys = OFF" if in_file(connection) else f"{_ROLE} replica")


def plant(connection: Connection, trigger: str) -> None:
    """A guard more, which a message runs into: in SQLite's form, as those of the schema are written."""
    for sql in [trigger] if in_file(connection) else guard(trigger)[:2]:
        connection.execute(sql)


def pull_out(connection: Connection, name: str, table: str) -> None:
    """Takes a guard away again."""
    connection.execute(f"DROP TRIGGER {name}" + ("" if in_file(connection) else f" ON {table}"))
