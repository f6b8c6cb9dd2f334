# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the programs ask of a database, whichever engine it is: a few calls that `sqlite3` has as well.

The errors are those of `sqlite3`, which PEP 249 names alike for every driver; another engine raises
classes of its own that descend from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, TypeAlias, cast


class Cursor(Protocol):
    """What a statement has found."""

    @property
    def rowcount(self) -> int:
        """Rows that were written."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401 - a row, or none
        """The next row."""
        ...

    def fetchall(self) -> list[Any]:
        """The other rows. For some of many see `itmo.runtime.db.statement.some`."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection to a database. Without a transaction each statement is one by itself."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor:  # noqa: ANN401 - a row or a mapping
        """Runs a statement; parameters stand as `?` or `:name` in it."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Cursor:
        """Runs a statement for each row of parameters."""
        ...

    def set_progress_handler(self, handler: Callable[[], int | None] | None, n: int, /) -> None:
        """Has a function asked now and then whether a statement shall be given up: if it says yes."""
        ...

    def close(self) -> None:
        """Closes it; what was not committed is undone."""
        ...

    def __enter__(self) -> Connection: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> bool | None: ...


Question: TypeAlias = tuple[str, Any]
"""A statement that reads, and its parameters: a mapping of plain values, or nothing."""


def ahead(connection: Connection, asked: Callable[[], Iterable[Question]]) -> None:
    """Where an answer takes a trip, asks in one what is about to be asked; elsewhere does nothing.

    Nothing may be written between here and there, but at the end of the transaction.
    """
    ask = getattr(connection, "ahead", None)
    if ask is not None:
        ask(asked())


def exactly(connection: Connection, sql: str, rows: Sequence[Any]) -> Cursor:
    """Runs a statement for each row of parameters, each of which has one row to write to.

    A server finds out itself, and raises NotAsLoaded; elsewhere how many there were is looked at after it.
    """
    run = getattr(connection, "exactly", connection.executemany)
    return cast("Cursor", run(sql, rows))
