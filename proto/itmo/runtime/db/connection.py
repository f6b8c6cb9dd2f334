# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the programs ask of a database, whichever engine it is: a few calls that `sqlite3` has as well.

The errors are those of `sqlite3`, which PEP 249 names alike for every driver; another engine raises
classes of its own that descend from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Protocol


class Cursor(Protocol):
    """What a statement has found."""

    @property
    def rowcount(self) -> int:
        """Rows that were written."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401 - a row, or none
        """The next row."""
        ...

    def fetchmany(self, size: int | None = 1, /) -> list[Any]:
        """The next rows."""
        ...

    def fetchall(self) -> list[Any]:
        """The other rows."""
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
