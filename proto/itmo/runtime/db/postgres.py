# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL as the database of a program, behind the calls of `itmo.runtime.db.connection`.

Statements are those that SQLite runs: built with Core they are compiled for PostgreSQL, written as
text their parameters are written its way. Values come back as SQLite has them: whole numbers for
numbers and for yes and no. Each statement is prepared when it is first run (`postgres_trips`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from types import TracebackType
from typing import Any, Final

import psycopg
from psycopg import errors, pq
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.numeric import Int8BinaryDumper, NumericBinaryLoader
from psycopg.types.string import StrBinaryDumper

from itmo.runtime.db.connection import Question
from itmo.runtime.db.head import HeadFile
from itmo.runtime.db.outages import (
    CommitUnknown,
    ConnectionLost,
    NoRoom,
    NotAsLoaded,
    Refused,
    TooLong,
    TryAgain,
    Violated,
)
from itmo.runtime.db.postgres_rows import WHOLE, counted, over_rows, packed_whole
from itmo.runtime.db.postgres_trips import Cursor, Trips
from itmo.runtime.db.postgres_types import Statements
from itmo.runtime.db.statement import Statement

_NAMED: Final = Statements(paramstyle="named")  # type: ignore[no-untyped-call]  # of Core
_POSITIONAL: Final = Statements(paramstyle="qmark")  # type: ignore[no-untyped-call]  # of Core
_TOKEN: Final = re.compile(
    r"[xX]'([0-9A-Fa-f]*)'|'(?:[^']|'')*'|\"[^\"]*\"|::|:([A-Za-z_]\w*)|\?|%"
)
_AGAIN: Final = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
_GONE: Final = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.ReadOnlySqlTransaction,
)
"""The server ends the connection, or is no primary any more."""
_NO_ROOM: Final = "53"
"""The class of errors for which an operator makes room: disk, memory, connections."""
_MOST_TEXTS: Final = 2_000
"""Statements of the program, and some of which a part is put together when it is asked."""
_PORTION: Final = 200
"""Rows that are handed over together where there are very many: messages may be of a megabyte."""
READ_AS_ONE: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class _Whole(NumericBinaryLoader):
    """Sums of whole numbers come as decimals."""

    def load(self, data: Buffer) -> Any:  # noqa: ANN401 - a number
        found = super().load(data)
        return int(found) if found == found.to_integral_value() else found


class _Flag(Loader):
    """Yes and no are 1 and 0."""

    format = pq.Format.BINARY

    def load(self, data: Buffer) -> int:
        return bytes(data)[0]


class PostgresConnection:
    """A connection that is made again after it was lost, when it is next used outside a transaction.

    Args:
        connect: Makes a connection, or raises ConnectionLost.

    Attributes:
        head: The head of the database, where it is served; see `itmo.runtime.db.sqlite.note_head`.
        opens: Opens a transaction that writes.
        again: Runs after the connection was made again.
        trips: How statements go to the server, on the connection as it was made last.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self.dial = connect
        self._raw = self._made()
        self._warned = False
        self._over: Callable[[], int | None] | None = None
        self._answered: dict[tuple[str, object], Cursor] = {}
        self._portioned = 0
        self._opened = 0
        self._commands: dict[str, Callable[[], None]] = {
            "BEGIN IMMEDIATE": self._begin_writing,
            "BEGIN": self._begin_reading,
            "COMMIT": self.commit,
            "ROLLBACK": self._rollback,
        }
        self.head: HeadFile | None = None
        self.opens: Callable[[], None] = self._begin
        self.again: Callable[[], None] = _nothing

    @property
    def raw(self) -> psycopg.Connection[Any]:
        """The driver's connection."""
        return self._raw

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; a lost one is not."""
        return not self._raw.closed and (
            self._raw.pgconn.transaction_status != pq.TransactionStatus.IDLE
        )

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor:  # noqa: ANN401 - a row or a mapping
        """Runs a statement."""
        command = self._commands.get(sql)
        if command is not None:
            self._answered.clear()
            command()
            return self.trips.nothing()
        self._check_over()
        if self._answered:
            answered = self._answered.get(_key(sql, parameters))
            if answered is not None:
                return answered.again()
        with self.told():
            return self._ready().ask(translated(sql), parameters)

    def ahead(self, asked: Iterable[Question]) -> None:
        """Asks several questions in one trip, so that each is answered already when it is asked.

        Answers are kept until something is written, or the transaction ends.
        """
        new = [each for each in asked if _key(*each) not in self._answered]
        if not new:
            return
        try:
            with self.piped():
                self._ask(new)
        except BaseException:
            self._answered.clear()
            raise

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Cursor:
        """Runs a statement for each row of parameters: as one over all rows, or in one trip."""
        self._answered.clear()
        rows = list(parameters)
        with self.told():
            if isinstance(sql, Statement) and sql.by_rows:
                together = _over_rows(sql)
                return self._ready().ask_packed(
                    together.text, together.packed(rows), together.types
                )
            return self._ready().ask_each(translated(sql), rows)

    def in_portions(self, sql: str, parameters: Any = (), /) -> Iterator[Any]:  # noqa: ANN401 - a row or a mapping
        """Hands out the rows of a statement, some hundred at a time; within a transaction, if need be of its own."""
        own = not self.in_transaction
        if own:
            self._begin_reading()
        self._portioned += 1
        name, within = f"portions{self._portioned}", self._opened
        try:
            with self.told():
                self.trips.ask(f"DECLARE {name} NO SCROLL CURSOR FOR {translated(sql)}", parameters)
            found: list[Any] = [None] * _PORTION
            while len(found) == _PORTION:
                self._check_over()
                with self.told():
                    found = self.trips.ask(f"FETCH {_PORTION} FROM {name}").fetchall()
                yield from found
        finally:
            if within == self._opened and self.in_transaction:
                if own:
                    self._rollback()
                elif self._raw.pgconn.transaction_status == pq.TransactionStatus.INTRANS:
                    with self.told():  # else something was refused, and nothing more is done in it
                        self.trips.ask(f"CLOSE {name}")

    def _ask(self, asked: Iterable[Question]) -> None:
        """Asks within a trip."""
        for sql, parameters in asked:
            found = self.trips.ask(translated(sql), parameters)
            self._answered[_key(sql, parameters)] = found

    def exactly(self, sql: str, rows: Sequence[Any]) -> Cursor:
        """As `executemany`, of a statement that has one row to write to for each.

        Raises:
            NotAsLoaded: it has not; within a trip at its end.
        """
        self._answered.clear()
        with self.told():
            if isinstance(sql, Statement) and sql.by_rows:
                together = _over_rows(sql)
                return self._ready().ask_packed(
                    counted(together.text, "%s"),
                    [*together.packed(rows), packed_whole(len(rows))],
                    (*together.types, WHOLE),
                    counted=True,
                )
            return self._ready().ask_each(counted(translated(sql), "1"), rows)

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Sends what is written within, and its commit, in one trip: where one fails, nothing is committed.

        Raises:
            CommitUnknown: as of `commit`. If nothing of it was sent, it can be found out, too.
        """
        self._answered.clear()
        self._warned = False
        try:
            with self.trips.trip():
                yield
                done = self.trips.ask("COMMIT")
        except psycopg.Error as error:
            raise self._uncommitted(error) from error
        self._check_committed(done)

    @contextmanager
    def piped(self) -> Iterator[None]:
        """Sends what is asked within in one trip; nothing of it may be looked at before the end."""
        with self.told(), self.trips.trip():
            yield

    def set_progress_handler(self, handler: Callable[[], int | None] | None, _: int, /) -> None:
        """Has a function asked before each statement whether to give up."""
        self._over = handler

    def close(self) -> None:
        """Closes it; what was not committed is undone."""
        if self.head is not None:
            self.head.close()
            self.head = None
        self._raw.close()

    def reconnect(self) -> None:
        """Makes the connection again, where it was lost.

        Raises:
            ConnectionLost: The database cannot be reached.
        """
        if self._raw.closed:
            self._raw = self._made()
            self.again()

    def __enter__(self) -> PostgresConnection:
        self.reconnect()
        with self.told():
            self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> bool | None:
        if kind is None:
            self.commit()
        elif self.in_transaction:
            self._rollback()
        return None

    def _made(self) -> psycopg.Connection[Any]:
        raw = self.dial()
        raw.add_notice_handler(self._notice)
        _adapt(raw)
        self.trips = Trips(raw)
        return raw

    def _ready(self) -> Trips:
        """What goes to the server, on a connection that is made again where it was lost."""
        if self._raw.closed:
            self.reconnect()
        return self.trips

    def _begin(self) -> None:
        self._opened += 1
        self.trips.ask("BEGIN")

    def _begin_writing(self) -> None:
        self.reconnect()
        self._opened += 1
        with self.told():
            try:
                self.opens()
            except psycopg.Error:
                with suppress(psycopg.Error):  # it is lost
                    self.trips.ask("ROLLBACK")
                raise

    def _begin_reading(self) -> None:
        self.reconnect()
        self._opened += 1
        with self.told():
            self.trips.ask(READ_AS_ONE)

    def commit(self) -> None:
        """Commits.

        Raises:
            CommitUnknown: The connection was lost meanwhile, or the standby does not have it.
        """
        self._warned = False
        try:
            done = self.trips.ask("COMMIT")
        except psycopg.Error as error:
            raise self._uncommitted(error) from error
        self._check_committed(done)

    def _uncommitted(self, error: psycopg.Error) -> Exception:
        if isinstance(error, errors.ReadOnlySqlTransaction):  # of what was to be committed
            self._raw.close()
            return ConnectionLost(f"the database takes no writes: {error}")
        if self._lost(error):
            self._raw.close()
            return CommitUnknown(f"the connection was lost in a commit: {error}")
        return _as_named(error)

    def _check_committed(self, done: Cursor) -> None:
        if done.told != b"COMMIT":
            raise Refused(f"the server did not commit: {done.told.decode()}")
        if self._warned:  # it gave up waiting for the standby
            raise CommitUnknown("the commit may not be on the standby")

    def _rollback(self) -> None:
        if self._raw.closed:
            return
        with self.told():
            self.trips.ask("ROLLBACK")

    def _notice(self, diagnostic: errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            self._warned = True

    def _check_over(self) -> None:
        if self._over is not None and self._over():
            raise Refused("interrupted")

    def _lost(self, error: psycopg.Error) -> bool:
        return self._raw.closed or self._raw.broken or isinstance(error, _GONE)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Names errors as every engine does."""
        try:
            yield
        except psycopg.Error as error:
            if self._lost(error):
                self._raw.close()
                raise ConnectionLost(f"the database cannot be reached: {error}") from error
            raise _as_named(error) from error


def _key(sql: str, parameters: Any) -> tuple[str, object]:  # noqa: ANN401 - as it is asked
    return sql, tuple(parameters.items()) if isinstance(parameters, dict) else parameters


def _nothing() -> None:
    """Nothing is to be done for a connection that was made again."""


def _as_named(error: psycopg.Error) -> Exception:
    """An error under the name that it has with every engine."""
    said = str(error).strip().partition("\n")[0]
    if isinstance(error, _AGAIN):
        return TryAgain(said)
    if (error.sqlstate or "").startswith(_NO_ROOM):
        return NoRoom(said)
    if isinstance(error, errors.QueryCanceled):
        return TooLong(said)
    if isinstance(error, errors.DivisionByZero):
        return NotAsLoaded("a row was not as it was loaded")
    if isinstance(error, psycopg.IntegrityError):
        return Violated(said)
    if isinstance(error, psycopg.DataError):
        return ValueError(said)
    return Refused(said)


def _adapt(raw: psycopg.Connection[Any]) -> None:
    raw.adapters.register_dumper(bool, Int8BinaryDumper)
    raw.adapters.register_dumper(int, Int8BinaryDumper)
    raw.adapters.register_dumper(str, StrBinaryDumper)
    raw.adapters.register_loader("bool", _Flag)
    raw.adapters.register_loader("numeric", _Whole)
    raw.prepare_threshold = (
        None  # behind a rollback the driver has all statements given up, ours too
    )


_texts: Final[dict[str, str]] = {}
_over_rows: Final = cache(over_rows)


def translated(sql: str) -> str:
    """A statement as PostgreSQL takes it; the texts of a program are few, and kept."""
    found = _texts.get(sql)
    if found is None:
        text = sql
        if isinstance(sql, Statement):
            text = sql.text_for(_POSITIONAL if sql.places else _NAMED)
        if len(_texts) >= _MOST_TEXTS:
            _texts.clear()
        found = _texts[sql] = _with_parameters(text)
    return found


def _with_parameters(text: str) -> str:
    taken = any(each[2] or each[0] == "?" for each in _TOKEN.finditer(text))

    def written(found: re.Match[str]) -> str:
        part = found[0]
        if found[1] is not None:
            return f"'\\x{found[1]}'::bytea"
        if part == "?":
            return "%s"
        if found[2]:
            return f"%({found[2]})s"
        return part.replace("%", "%%") if taken else part

    return _TOKEN.sub(written, text)
