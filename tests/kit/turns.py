# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What begins and ends transactions on a connection, and takes the turn to write, on either engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from itmo.runtime.db.connection import Connection
from itmo.runtime.db.postgres import PostgresConnection
from itmo.runtime.db.postgres_trips import Cursor

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

    assert isinstance(connection, PostgresConnection)
    trips = connection.trips
    ask = trips.ask

    def heard_and_asked(text: str, given: Any = ()) -> Cursor:  # noqa: ANN401 - as it has it
        seen.append(text)
        return ask(text, given)

    trips.ask = heard_and_asked  # type: ignore[method-assign]  # until the end
    try:
        yield seen
    finally:
        del trips.ask  # the class's is there again
