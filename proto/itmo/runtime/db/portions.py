# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of a statement that finds very many: a server would send all of them, whatever is taken of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Protocol

from itmo.runtime.db.connection import Connection


class Server(Protocol):
    """A connection to a server."""

    def in_portions(self, sql: str, parameters: Any = ..., /) -> Iterator[Any]:  # noqa: ANN401 - a row or a mapping
        """Hands out the rows of a statement, of which it holds some hundred at a time."""
        ...


def in_portions(connection: Connection | Server, sql: str, parameters: Any = ()) -> Iterator[Any]:  # noqa: ANN401 - a row or a mapping
    """Hands out the rows of a statement, of which it holds some hundred at a time.

    For what reads through a table that grows, and for whoever does not know how many rows are wanted. Others may be
    read in between, on the same connection; on a server all of it in one transaction, if need be one of its own,
    which lasts until the last row was taken or the iterator is closed.
    """
    if isinstance(connection, sqlite3.Connection):
        return iter(connection.execute(sql, parameters))
    server: Any = connection
    found: Iterator[Any] = server.in_portions(sql, parameters)
    return found
