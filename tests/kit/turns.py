# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What begins and ends transactions on a connection, and takes the turn to write, on either engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from itmo.runtime.db.connection import Connection
from itmo.runtime.db.postgres import PostgresConnection

TAKES_THE_WRITER = ("BEGIN IMMEDIATE", "FOR UPDATE")
"""A file's writer begins so; on a server a row is locked, whatever began the transaction."""


@contextmanager
def heard(connection: Connection) -> Iterator[list[str]]:
    """Listens to a connection; of a file everything is heard."""
    seen: list[str] = []
    if isinstance(connection, sqlite3.Connection):
        connection.set_trace_callback(seen.append)
        try:
            yield seen
        finally:
            connection.set_trace_callback(None)
        return

    class Heard(psycopg.Cursor[Any]):
        def execute(self, query: Any, *arguments: Any, **named: Any) -> Heard:  # noqa: ANN401 - as psycopg has it
            seen.append(str(query))
            return super().execute(query, *arguments, **named)

    assert isinstance(connection, PostgresConnection)
    before = connection.raw.cursor_factory
    connection.raw.cursor_factory = Heard
    try:
        yield seen
    finally:
        connection.raw.cursor_factory = before
