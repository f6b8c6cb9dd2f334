# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Trips to a PostgreSQL server: statements that are sent together, and answered together.

They go straight to libpq, in its pipeline mode. The driver's own cursors make about a hundred calls for
each statement, send each by itself, and give the interpreter away for each; here a trip is sent as one,
and waited for once. How values are written and read stays with the driver.
"""

from __future__ import annotations

import re
import select
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import abc, errors, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq.abc import PGresult

_MOST_PREPARED: Final = 1_000
"""Statements of a program are fewer; of those past them a part is put together each time."""
_MOST_TEXTS: Final = 2_000
"""Statements of the program, those over rows, and some of which a part is put together when it is asked."""
_ROWS_AT_ONCE: Final = 1_000
"""Rows that are made of an answer together: of a long one not all are wanted at once."""
_BYTES_AT_ONCE: Final = 16_384
"""Of values that were packed, after which they go: the server works while others are packed."""
_PLACE: Final = re.compile(r"%(?:s|\((\w+)\)s|%)")
_PLANNED: Final = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|VALUES|BEGIN|COMMIT|ROLLBACK)\b", re.IGNORECASE
)
_LOOKS: Final = re.compile(r"(?:DECLARE|FETCH|CLOSE)\b")
_NAME: Final = b"itmo%d"
_OUTDATED: Final = (errors.FeatureNotSupported, errors.InvalidSqlStatementName)
"""What was prepared does not fit tables that another program has altered, or the server has it no more."""
_DONE: Final = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK})


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as the server reads it.

    Attributes:
        sql: Its text, with numbered places.
        names: What stands at the places, where they have names.
        planned: Whether it is prepared.
        alters: Whether what others were prepared for may be different after it.
    """

    sql: bytes
    names: tuple[str, ...]
    planned: bool
    alters: bool


class Cursor:
    """What a statement has found; as with SQLite, one that finds nothing has no rows."""

    __slots__ = ("_answers", "_expected", "_loads", "_rows")

    def __init__(self, loads: abc.Transformer, expected: int = 1) -> None:
        self._loads = loads
        self._expected = expected
        self._answers: list[PGresult] = []
        self._rows: Iterator[Any] | None = None

    def take(self, answer: PGresult) -> None:
        """Takes an answer of the server."""
        self._answers.append(answer)

    def again(self) -> Cursor:
        """Begins with the first row again."""
        self._rows = None
        return self

    @property
    def rowcount(self) -> int:
        """Rows that were written; -1 until it is known."""
        if len(self._answers) < self._expected:
            return -1
        return sum(each.command_tuples or 0 for each in self._answers)

    @property
    def told(self) -> bytes:
        """What the server says it has done."""
        return self._answers[-1].command_status or b""

    def fetchone(self) -> Any:  # noqa: ANN401 - as PEP 249 has it
        """The next row."""
        return next(iter(self), None)

    def fetchall(self) -> list[Any]:
        """The other rows."""
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        if self._rows is None:
            if len(self._answers) < self._expected:
                raise RuntimeError("an answer is looked at before its trip has ended")
            self._rows = self._read()
        return self._rows

    def _read(self) -> Iterator[Any]:
        for answer in self._answers:
            if answer.status != pq.ExecStatus.TUPLES_OK:
                continue
            for first in range(0, answer.ntuples, _ROWS_AT_ONCE):
                self._loads.set_pgresult(answer, format=pq.Format.BINARY)
                last = min(first + _ROWS_AT_ONCE, answer.ntuples)
                yield from self._loads.load_rows(first, last, tuple)


class Counted(Cursor):
    """Of a statement that says itself how many rows it has written."""

    __slots__ = ()

    @property
    def rowcount(self) -> int:
        """How many; -1 until it is known."""
        if not self._answers or not self._answers[0].ntuples:
            return -1
        return int.from_bytes(self._answers[0].get_value(0, 0) or b"", "big", signed=True)


class Trips:
    """What goes between a program and a server on one connection.

    Args:
        raw: The driver's connection, which knows how values are written and read.
    """

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._line = raw.pgconn
        self._values = Transformer(raw)
        self._loads = Transformer(raw)
        self._under_way = False
        self._awaited: deque[Cursor | None] = deque()
        self._names: dict[tuple[bytes, Sequence[int]], bytes] = {}
        self._numbered = 0
        self._unsent = 0
        self._changed = False
        self._room = select.poll()
        self._room.register(self._line.socket, select.POLLIN | select.POLLOUT)
        self._said = select.poll()
        self._said.register(self._line.socket, select.POLLIN)

    def nothing(self) -> Cursor:
        """An answer without rows."""
        return Cursor(self._loads, 0)

    def ask(self, text: str, given: Any = ()) -> Cursor:  # noqa: ANN401 - a row or a mapping
        """Sends a statement, in the trip that is under way, or in one by itself."""
        found = Cursor(self._loads)
        self._write(_text(text, bool(given)), given, found)
        return found

    def ask_each(self, text: str, rows: Sequence[Any]) -> Cursor:
        """Sends a statement once for each row, in one trip."""
        said = _text(text, True)
        found = Cursor(self._loads, len(rows))
        with self.trip():
            for given in rows:
                self._write(said, given, found)
        return found

    def ask_packed(
        self, text: str, values: Sequence[bytes], types: Sequence[int], *, counted: bool = False
    ) -> Cursor:
        """As `ask`, with values that are written already, the server's way.

        Args:
            text: Of the statement.
            values: Its parameters.
            types: The numbers of their types.
            counted: Whether it says itself how many rows it has written.
        """
        found = Counted(self._loads) if counted else Cursor(self._loads)
        formats = [pq.Format.BINARY] * len(values)
        self._send(_text(text, True), values, types, formats, found)
        self._unsent += sum(map(len, values))
        if self._unsent >= _BYTES_AT_ONCE and self._under_way:
            self._unsent = 0
            self._line.flush()  # as far as there is room; the rest goes at the end of the trip
        return found

    @contextmanager
    def trip(self) -> Iterator[None]:
        """Sends what is asked within together; nothing of it may be looked at before the end.

        Raises:
            psycopg.Error: The first one; what was sent behind it, the server has not done.
        """
        if self._under_way:
            yield
            return
        self._line.enter_pipeline_mode()
        self._under_way = True
        try:
            yield
        except BaseException:
            with suppress(psycopg.Error):  # of what was begun; it is undone
                self._end()
            raise
        self._end()

    def _write(self, said: _Text, given: Any, found: Cursor) -> None:  # noqa: ANN401 - a row or a mapping
        """Sends a statement with values as the driver writes them."""
        listed = [given[name] for name in said.names] if said.names else given
        values = self._values.dump_sequence(listed, [PyFormat.AUTO] * len(listed))
        self._send(said, values, self._values.types or (), self._values.formats, found)

    def _send(
        self,
        said: _Text,
        values: Sequence[Any],
        types: Sequence[int],
        formats: Sequence[int] | None,
        found: Cursor,
    ) -> None:
        if not self._under_way:
            with self.trip():
                self._send(said, values, types, formats, found)
            return
        name = self._name(said, types)
        if name is None:
            self._line.send_query_params(said.sql, values, types, formats, pq.Format.BINARY)
        else:
            self._line.send_query_prepared(name, values, formats, pq.Format.BINARY)
        self._awaited.append(found)

    def _name(self, said: _Text, types: Sequence[int]) -> bytes | None:
        """Of a statement that is prepared, now if need be; none where it is not worth it."""
        key = said.sql, types
        name = self._names.get(key)
        if name is not None or not said.planned:
            self._changed = self._changed or said.alters
            return name
        if len(self._names) >= _MOST_PREPARED:
            return None
        self._numbered += 1
        name = self._names[key] = _NAME % self._numbered
        self._line.send_prepare(name, said.sql, types)
        self._awaited.append(None)
        return name

    def _end(self) -> None:
        """Sends what has not gone yet, and takes the answers."""
        known = self._numbered - self._awaited.count(None)
        try:
            self._line.pipeline_sync()
            while self._line.flush():
                self._room.poll()
                self._line.consume_input()
            fault = self._take_answers()
            self._line.exit_pipeline_mode()
        except BaseException:
            if self._line.status != pq.ConnStatus.BAD:
                self._line.finish()  # where it stands is not known
            raise
        finally:
            self._under_way = False
            self._awaited.clear()
        self._hear()
        if self._changed:
            self._forget(0)
            self._changed = self._line.transaction_status != pq.TransactionStatus.IDLE
        if fault is not None:
            error = errors.error_from_result(fault)
            self._forget(0 if isinstance(error, _OUTDATED) else known)
            raise error

    def _take_answers(self) -> PGresult | None:
        """Hands answers to those who wait for them; returns the first that is an error."""
        fault = None
        for found in self._awaited:
            answer = self._answer()
            if answer is None:
                raise self._ended(fault)
            if answer.status in _DONE:
                if found is not None:
                    found.take(answer)
            elif fault is None:
                fault = answer
            if self._answer() is not None:
                raise psycopg.InternalError("one statement was answered twice")
        end = self._answer()
        if end is None or end.status != pq.ExecStatus.PIPELINE_SYNC:
            raise self._ended(fault)
        return fault

    def _ended(self, fault: PGresult | None) -> psycopg.Error:
        """Why there are no more answers: what the server said last, or that it is gone."""
        if fault is not None:
            return errors.error_from_result(fault)
        return psycopg.OperationalError(self._line.get_error_message())

    def _answer(self) -> PGresult | None:
        while self._line.is_busy():
            self._said.poll()
            self._line.consume_input()
        return self._line.get_result()

    def _hear(self) -> None:
        """Hands on notices of other connections, which come beside answers."""
        heard = self._line.notify_handler
        while notice := self._line.notifies():
            if heard is not None:
                heard(notice)

    def _forget(self, known: int) -> None:
        """Statements but the first so many: they may not be prepared, or for tables as they were."""
        kept = {_NAME % number for number in range(1, known + 1)}
        self._names = {key: name for key, name in self._names.items() if name in kept}


@lru_cache(_MOST_TEXTS)
def _text(text: str, places: bool) -> _Text:
    names: list[str] = []
    count = 0

    def numbered(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        if found[1] is None:
            count += 1
            return f"${count}"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    sql = _PLACE.sub(numbered, text) if places else text
    planned = _PLANNED.match(text) is not None
    return _Text(sql.encode(), tuple(names), planned, not planned and _LOOKS.match(text) is None)
