# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One state of the database for several queries, up to a moment, and sums that do not overflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal_column

from itmo.clock import to_ms
from itmo.runtime.db.connection import Connection

_HALF: Final = 32
_LOW: Final = (1 << _HALF) - 1

_LATEST: Final = 2**63 - 1
"""No decision is later: milliseconds since 1970."""


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Lets every query inside see the same commit, while others go on writing.

    Inside a transaction of the caller it does nothing: that one is the snapshot.
    """
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def halves(column: ColumnElement[Any]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Two sums that together are the exact sum of a column: SQLite's own ends at 2^63 - 1."""
    high = func.coalesce(
        func.sum(column.bitwise_rshift(literal_column(str(_HALF)))), literal_column("0")
    )
    low = func.coalesce(
        func.sum(column.bitwise_and(literal_column(str(_LOW)))), literal_column("0")
    )
    return high, low


def whole(high: int, low: int) -> int:
    """The sum of which `halves` gave the two parts."""
    return (high << _HALF) + low


def until(as_of: datetime | None) -> int:
    """The last moment that counts, as the database has it; None: everything counts."""
    return _LATEST if as_of is None else to_ms(as_of)
