# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The file of a timeline: where it lies, how it is opened, and how it is made anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, TypeVar

from broker.reports.paris.timeline_tables import TABLES, VERSION
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.passing import Passing
from itmo.runtime.db.room import lacks_room

T = TypeVar("T")
_WAIT_SECONDS: Final = 1.0
"""How long one waits for the turn of another process, which takes half a second."""
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT})


def beside(books: Path) -> Path:
    """Where the timeline of a broker's books lies."""
    return Path(f"{books}.timeline")


def of_ledger(ledger: Connection) -> Path | None:
    """Where the timeline of a ledger lies, where that is a file."""
    if not isinstance(ledger, sqlite3.Connection):
        return None
    file = ledger.execute("PRAGMA database_list").fetchone()[2]
    return beside(Path(file)) if file else None


def in_use(error: sqlite3.OperationalError) -> bool:
    """Whether an error says that another process has its turn."""
    return error.sqlite_errorcode in _BUSY


def when_free(act: Callable[[], T]) -> T:
    """Does something as soon as no other process has its turn."""
    while True:
        try:
            return act()
        except sqlite3.OperationalError as error:
            if not in_use(error):
                raise


def opened(path: Path | None) -> sqlite3.Connection:
    """Opens one, None: for a while; what is there and cannot be read is made anew.

    Raises:
        sqlite3.OperationalError: Another process has its turn, or the disk has no room.
    """
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        busy = isinstance(error, sqlite3.OperationalError) and in_use(error)
        if path is None or busy or lacks_room(error):
            raise
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _open(path)


def _open(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        path.touch(0o600)  # as the ledger is
    connection = sqlite3.connect(
        path or "",
        isolation_level=None,
        timeout=_WAIT_SECONDS,
        factory=Passing,
    )
    try:
        # What a power cut takes is made again from the record. Debian's SQLite writes zeros over what is thrown away:
        # as much as the file is large, where it is made anew.
        for pragma in (
            "journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32768", "secure_delete = OFF"
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if not is_current(connection):
            with _turn(connection):
                if not is_current(connection):  # nobody else was faster
                    _make(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def is_of_this_program(path: Path) -> bool:
    """Whether a timeline is there that this program need not make anew, as it would one of another version.

    Raises:
        sqlite3.Error: It cannot be read.
    """
    if not path.is_file():
        return False
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return is_current(connection)


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether it has the tables of this program."""
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == VERSION)


def made(connection: sqlite3.Connection) -> int:
    """Which timeline it is: another number each time that one is made anew."""
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def make_anew(connection: sqlite3.Connection) -> None:
    """Empties it, within a turn of its own or of the caller's."""
    if connection.in_transaction:
        _make(connection)
    else:
        with _turn(connection):
            _make(connection)


@contextmanager
def _turn(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _make(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    ).fetchall():
        connection.execute(f'DROP TABLE "{name}"')
    for text in TABLES:
        connection.execute(text)
    connection.execute("INSERT INTO place (log_index, leaf_hash, entry_id) VALUES (-1, x'', 0)")
    (number,) = connection.execute("SELECT random() & 2147483647").fetchone()
    connection.execute(f"PRAGMA application_id = {number}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
