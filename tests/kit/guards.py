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
_BYTES = re.compile(r"x'([0-9a-f]*)'")
_ZEROS = re.compile(r"zeroblob\((\d+)\)")


def behind_guards(connection: Connection, sql: str, parameters: Any = ()) -> None:  # noqa: ANN401 - a row or a mapping
    """Changes rows although guards forbid it; they stand again afterwards."""
    if in_file(connection):
        guards = connection.execute(_GUARDS, (sql,)).fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sql, parameters)
        for _, made in guards:
            connection.execute(made)
        return
    sql = _BYTES.sub(r"'\\x\1'::bytea", _ZEROS.sub(r"decode(repeat('00', \1), 'hex')", sql))
    connection.execute("SET session_replication_role = replica")
    try:
        connection.execute(sql, parameters)
    finally:
        connection.execute("SET session_replication_role = origin")


def plant(connection: Connection, trigger: str) -> None:
    """A guard more, which a message runs into: in SQLite's form, as those of the schema are written."""
    for sql in [trigger] if in_file(connection) else guard(trigger)[:2]:
        connection.execute(sql)


def pull_out(connection: Connection, name: str, table: str) -> None:
    """Takes a guard away again."""
    connection.execute(f"DROP TRIGGER {name}" + ("" if in_file(connection) else f" ON {table}"))
