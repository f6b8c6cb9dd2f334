# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writing frozen rows: statements built with SQLAlchemy Core, compiled once, run by the driver.

Core's own execution layer would cost the broker a third of its throughput (measured, see the
decision records).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Executable, Table, bindparam, insert, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert as upsert

_POSITIONAL: Final = sqlite.dialect(paramstyle="qmark")
NEW: Final = "new_"
"""Before a column in the name of a parameter: what is written, where the column itself is compared."""
OLD: Final = "old_"
"""Before a column in the name of a parameter: what is compared."""

Parameters: TypeAlias = tuple[Any, ...]
"""What the driver takes for a row: the edge where types end."""


class Write:
    """A statement that is run once for each row; fields of rows are named as columns.

    Attributes:
        sql: Its text.
        columns: The names of its parameters, in order.
    """

    __slots__ = ("_values", "columns", "sql")

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=_POSITIONAL)  # type: ignore[attr-defined]  # not on the base
        self.sql = str(compiled)
        self.columns = tuple(compiled.positiontup or ())
        names = [name.removeprefix(NEW).removeprefix(OLD) for name in self.columns]
        get = attrgetter(*names)
        self._values = get if len(names) > 1 else lambda row: (get(row),)

    def values(self, row: object) -> Parameters:
        """The parameters for a row."""
        found: Parameters = self._values(row)
        return found

    def one(self, connection: sqlite3.Connection, row: object) -> sqlite3.Cursor:
        """Writes a row."""
        return connection.execute(self.sql, self.values(row))

    def many(self, connection: sqlite3.Connection, rows: Iterable[object]) -> int:
        """Writes rows in one step; returns how many there are afterwards that were written."""
        return self.run(connection, map(self.values, rows))

    def run(self, connection: sqlite3.Connection, rows: Iterable[Parameters]) -> int:
        """As `many`, with parameters that were put together elsewhere."""
        listed = list(rows)
        return connection.executemany(self.sql, listed).rowcount if listed else 0


def add(table: Table) -> Write:
    """Inserts a whole row."""
    return Write(insert(table))


def put(table: Table) -> Write:
    """Inserts a whole row, or replaces every column but the key."""
    statement = upsert(table)
    keys = [column.name for column in table.primary_key]
    changed = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    return Write(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def replace(table: Table) -> Write:
    """Writes a whole row over the one with the same key."""
    keys = [column.name for column in table.primary_key]
    return change(table, keys, [c.name for c in table.c if c.name not in keys])


def change(
    table: Table,
    compared: Iterable[str],
    changed: Iterable[str],
    found: Mapping[str, ColumnElement[Any]] | None = None,
) -> Write:
    """Changes some columns where others are as they are said to be.

    Args:
        table: Of the row.
        compared: Columns that tell which row it is.
        changed: Columns that are written.
        found: What the database finds out itself for others.
    """
    where = [table.c[name] == bindparam(f"{OLD}{name}") for name in compared]
    values: dict[str, ColumnElement[Any]] = {name: bindparam(f"{NEW}{name}") for name in changed}
    return Write(update(table).where(*where).values({**values, **(found or {})}))
