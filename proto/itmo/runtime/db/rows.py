# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Frozen rows, written and read: statements built with SQLAlchemy Core, compiled once, run by the driver.

Core's own execution layer would cost the broker a third of its throughput (measured, see the
decision records).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from operator import attrgetter, itemgetter
from types import UnionType
from typing import Any, Final, Generic, TypeAlias, TypeVar, get_args, get_type_hints

from sqlalchemy import ColumnElement, Executable, Table, bindparam, delete, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from itmo.runtime.db.connection import Connection, Cursor, exactly
from itmo.runtime.db.statement import POSITIONAL, Statement

R = TypeVar("R")
NEW: Final = "new_"
"""Before a field in the name of a parameter: what is written, where the column itself is compared."""
OLD: Final = "old_"
"""Before a field in the name of a parameter: what is compared."""
OF: Final = "of_"
"""Before a field in the name of a parameter: by which something else is found."""

Parameters: TypeAlias = tuple[Any, ...]
"""What the driver takes for a row: the edge where types end."""


class Write:
    """A statement that is run once for each row; fields of rows are named as columns.

    Args:
        statement: Built with Core.
        given: How many of its last parameters are no fields of the row.
        one_by_one: Whether what it does for a row hangs on what it did for those before.
        words: Fields that are words of an enum, never null. Their text is handed over: of any other
            class but plain text and numbers the driver asks first what to make of it.

    Attributes:
        sql: Its text.
        columns: The names of its parameters, in order.
    """

    __slots__ = ("_fields", "columns", "sql")

    def __init__(
        self,
        statement: Executable,
        *,
        given: int = 0,
        one_by_one: bool = False,
        words: Iterable[str] = (),
    ) -> None:
        self.sql = Statement(statement, dialect=POSITIONAL, by_rows=not one_by_one)
        self.columns = self.sql.places
        names = [
            name.removeprefix(NEW).removeprefix(OLD).removeprefix(OF)
            for name in self.columns[: len(self.columns) - given]
        ]
        worded = frozenset(words)  # `value` is a property, which costs as much as it wins
        get = attrgetter(*(f"{name}._value_" if name in worded else name for name in names))
        self._fields: Callable[[object], Parameters] = (
            get if len(names) > 1 else lambda row: (get(row),)  # a single field comes alone
        )

    def values(self, row: object, *given: object) -> Parameters:
        """The parameters for a row."""
        return (*self._fields(row), *given)

    def one(self, connection: Connection, row: object) -> Cursor:
        """Writes a row."""
        return connection.execute(self.sql, self._fields(row))

    def many(self, connection: Connection, rows: Iterable[object]) -> int:
        """Writes rows in one step; returns how many there were to write to."""
        listed = [self._fields(row) for row in rows]
        return connection.executemany(self.sql, listed).rowcount if listed else 0

    def run(self, connection: Connection, rows: Iterable[Parameters]) -> int:
        """As `many`, with parameters that were put together elsewhere."""
        listed = list(rows)
        return connection.executemany(self.sql, listed).rowcount if listed else 0

    def sent(self, connection: Connection, rows: Sequence[Parameters]) -> Cursor | None:
        """Writes to one row for each; how many there were, the cursor knows once it is answered."""
        return exactly(connection, self.sql, rows) if rows else None


def add(table: Table, *, given: int = 0, words: Iterable[str] = ()) -> Write:
    """Inserts a whole row."""
    return Write(insert(table), given=given, words=words)


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
    *,
    given: int = 0,
    words: Iterable[str] = (),
) -> Write:
    """Changes some columns where others are as they are said to be.

    Args:
        table: Of the row.
        compared: Columns that tell which row it is, and how it is.
        changed: Columns that are written.
        found: What the database finds out itself for others.
        given: How many of those compared, from the last, are no fields of the row.
        words: As of `Write`.
    """
    where = [table.c[name] == bindparam(f"{OLD}{name}") for name in compared]
    values: dict[str, ColumnElement[Any]] = {name: bindparam(f"{NEW}{name}") for name in changed}
    return Write(
        update(table).where(*where).values({**values, **(found or {})}), given=given, words=words
    )


def drop(table: Table, compared: Iterable[str], *, one_by_one: bool = False) -> Write:
    """Deletes rows that are as they are said to be."""
    where = (table.c[name] == bindparam(name) for name in compared)
    return Write(delete(table).where(*where), one_by_one=one_by_one)


class Read(Generic[R]):
    """Makes rows of a class out of what the driver hands over; fields are named as columns.

    Args:
        row_class: A dataclass; columns that are no field of it are passed over.
        columns: Of what is handed over, in order; the fields in theirs where none are named.
        parsed: What makes a field out of its column, where it is neither a plain value nor a word of
            an enum. Null stays None.
    """

    def __init__(
        self,
        row_class: type[R],
        columns: Iterable[str] = (),
        **parsed: Callable[[Any], object],
    ) -> None:
        known = fields(row_class)  # type: ignore[arg-type]  # a dataclass
        every = [field.name for field in known]
        places = {name: place for place, name in enumerate(columns or every)}
        hints = get_type_hints(row_class)
        self._class = row_class
        self._names = [name for name in every if name in places]
        pick = itemgetter(*(places[name] for name in self._names))
        self._pick: Callable[[Sequence[Any]], Parameters] = (
            pick if len(self._names) > 1 else lambda stored: (pick(stored),)
        )
        self._made = [
            (name, make)
            for name in self._names
            if (make := parsed.get(name) or _word(hints[name])) is not None
        ]
        columns_are_fields = list(places) == every and not any(each.kw_only for each in known)
        self._as_stored = columns_are_fields and not self._made

    def __call__(self, stored: Sequence[Any]) -> R:
        """A row.

        Raises:
            ValueError: a value is none of the words that its field has.
        """
        if self._as_stored:
            return self._class(*stored)
        values: dict[str, Any] = dict(zip(self._names, self._pick(stored), strict=True))
        try:
            for name, make in self._made:
                found = values[name]
                if found is not None:
                    values[name] = make(found)
        except KeyError as error:
            message = f"{error} is no word of a {self._class.__name__}"
            raise ValueError(message) from error
        return self._class(**values)


def _word(hint: object) -> Callable[[Any], object] | None:
    """What turns a stored value of a field into a truth value or a word of an enum."""
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for option in options:
        if option is bool:
            return bool
        if isinstance(option, type) and issubclass(option, Enum):
            # A mapping, as asking the class itself costs three calls.
            return {each.value: each for each in option}.__getitem__
    return None
