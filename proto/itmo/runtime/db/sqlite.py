# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""SQLite as the database of one process: one writer, any number of readers, nothing lost.

The writer makes every change and every checkpoint, and holds a lock file so that there is no second
one. Each commit is on the disk before it returns (WAL, synchronous FULL): the NORMAL mode of WAL
would lose acknowledged commits in a power cut (design: reliability, section 4).
"""

import errno
import fcntl
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import structlog
from structlog.typing import FilteringBoundLogger

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.head import HeadFile
from itmo.runtime.db.in_use import InUse
from itmo.runtime.db.passing import Passing
from itmo.runtime.db.undamaged import refuse_undamaged
from itmo.runtime.rights import NotAllowed, is_read_only, may_read, may_write_in
from itmo.runtime.tasks import of_the_machine

_log: Final[FilteringBoundLogger] = structlog.get_logger()

MEMORY: Final = ":memory:"

# Before this version two connections that checkpoint at once could corrupt the WAL. One writer that
# makes all checkpoints cannot run into it, but tools of the operator could.
SAFE_SQLITE: Final = (3, 51, 3)
# A reader waits this long for a lock, such as that of a schema change.
BUSY_MS: Final = 5_000
# The writer, once it is open, keeps its service waiting, and no program of ours takes its turn.
WRITER_BUSY_MS: Final = 500
# 64 MB of log at pages of 4 KiB: never reached while the owner calls `checkpoint` in quiet moments,
# and a bound for the disk when it has none.
AUTOCHECKPOINT_PAGES: Final = 16_384
# Pages kept in memory, once so many were used: 32 MiB for a reader; 256 MiB for the writer, which then
# decides on ten million live ranges in no more time than on a few.
_CACHE_KIB: Final = 32_768
WRITER_CACHE_KIB: Final = 262_144

_FULL: Final = 2
_EITHER: Final[Mapping[str, str | int]] = MappingProxyType(
    {
        "busy_timeout": BUSY_MS,
        "foreign_keys": "ON",
        "trusted_schema": "OFF",
        "cell_size_check": "ON",
        "cache_size": -_CACHE_KIB,
    }
)
_WRITER: Final[Mapping[str, str | int]] = MappingProxyType(
    {
        "journal_mode": "WAL",
        "synchronous": "FULL",
        # A disk of macOS confirms what it has not written unless asked twice; no effect elsewhere.
        "fullfsync": "ON",
        "checkpoint_fullfsync": "ON",
        "secure_delete": "OFF",
        "cache_size": -WRITER_CACHE_KIB,
        "wal_autocheckpoint": AUTOCHECKPOINT_PAGES,
    }
)
_READER: Final[Mapping[str, str | int]] = MappingProxyType(
    {"query_only": "ON", "wal_autocheckpoint": 0}
)


# A damaged schema stands in SQLite's own message, which then is no text.
_UNREADABLE: Final = (sqlite3.Error, UnicodeDecodeError)


class Writer(sqlite3.Connection):
    """The one connection that writes. Closing it gives the lock file free.

    Attributes:
        head: The head of the database, where it is served; see `note_head`.
    """

    head: HeadFile | None = None
    _lock: int | None = None

    def hold(self, lock: int) -> None:
        """Takes over the descriptor of the lock file."""
        self._lock = lock

    def close(self) -> None:
        """Closes the connection, then lets another writer in."""
        super().close()
        if self.head is not None:
            self.head.close()
            self.head = None
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


class PassingWriter(Passing, Writer):
    """The one connection that writes to a database in memory."""


def open_writer(path: Path | str, *, application_id: int) -> Writer:
    """Opens the database for writing, and makes it where there is none.

    Transactions are begun by the caller (`BEGIN IMMEDIATE`). The connection may be handed from
    thread to thread, but is used by one at a time.

    Args:
        path: The file, or ":memory:".
        application_id: What marks the file as one of this program; positive, 31 bits.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when another process writes to it, the file belongs to
            another program, or the disk will not promise durability.
        OSError: There is no room on the disk, or this process may open no more files.
    """
    _warn_of_old_sqlite()
    if str(path) != MEMORY:
        _refuse_others(Path(path))
    lock = None if str(path) == MEMORY else _lock(Path(path))
    connection: Writer | None = None
    try:
        if lock is not None:
            _keep_to_owner(Path(path))
        connection = sqlite3.connect(
            str(path),
            isolation_level=None,
            check_same_thread=False,
            factory=PassingWriter if str(path) == MEMORY else Writer,
        )
        _mark(connection, Path(path), application_id)
        _set(connection, _EITHER)
        _set(connection, _WRITER)
        _check_durable(connection, path)
        _set(connection, {"busy_timeout": WRITER_BUSY_MS})
    except BaseException as error:
        if connection is not None:
            connection.close()
        if lock is not None:
            os.close(lock)
        refuse_undamaged(path, error)
        if isinstance(error, _UNREADABLE):
            raise _refused(path, f"cannot be opened: {error}") from None
        raise
    if lock is not None:
        connection.hold(lock)
    return connection


class Reader(sqlite3.Connection):
    """A connection that only reads."""


def open_reader(path: Path | str) -> sqlite3.Connection:
    """Opens an existing database for reading only; it sees the last commit before each query.

    Raises:
        NotAllowed: This user may not read it, or may not write beside it, which reading needs.
        ProtocolError: CONFIGURATION_INVALID, when there is no such database.
        OSError: There is no room on the disk, where reading needs some beside the database, or it can
            only be read.
    """
    uri = f"{Path(path).resolve().as_uri()}?mode=ro"
    _refuse_others(Path(path))
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, factory=Reader
        )
        _set(connection, _EITHER)
        _set(connection, _READER)
    except _UNREADABLE as error:
        if connection is not None:
            connection.close()
        refuse_undamaged(path, error)
        _refuse_without_right(Path(path))
        raise _refused(path, f"cannot be opened for reading: {error}") from None
    return connection


def note_head(
    connection: Connection,
    position: int,
    digest: bytes,
    facts: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Notes in the head, where the database has one, how far it has come; after each commit.

    Raises:
        OSError: The disk did not take it; nothing may be acknowledged then.
    """
    head: HeadFile | None = getattr(connection, "head", None)
    if head is not None:
        head.advance(position, digest, facts)


def checkpoint(writer: Connection) -> int:
    """Moves what is committed from the log into the database; for quiet moments.

    Another engine does it by itself.

    Returns:
        Pages still in the log, because a reader needs the state before them; 0 is usual.
    """
    if not isinstance(writer, sqlite3.Connection):
        return 0
    _, in_log, moved = writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    # Both are -1 where there is no log, as in memory.
    return max(0, int(in_log) - int(moved))


def _warn_of_old_sqlite() -> None:
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        _log.warning(
            "sqlite_old",
            found=sqlite3.sqlite_version,
            wanted=".".join(map(str, SAFE_SQLITE)),
            advice="let no other program write to or checkpoint the database",
        )


def _refuse_others(path: Path) -> None:
    """Refuses what is there and no plain file: SQLite would wait for a pipe, for good."""
    if path.exists() and not path.is_file():
        raise _refused(path, "is not a plain file")


def _lock(path: Path) -> int:
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if of_the_machine(error):
            raise
        raise _refused(path, f"cannot be locked: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        fault = "is in use by another process; stop that one first"
        raise _refused(path, fault, InUse) from None
    return lock


def _keep_to_owner(path: Path) -> None:
    """Makes a new database its owner's alone, whatever the umask; SQLite gives its log the same mode.

    One that stands and is open to others is warned of: who opened it may have had a reason.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        mode = path.stat().st_mode & 0o777
    except OSError as error:
        if of_the_machine(error):
            raise
        raise _refused(path, f"cannot be opened: {error.strerror}") from None
    if mode & 0o077:
        _log.warning(
            "database_open_to_others",
            database=str(path),
            mode=f"{mode:04o}",
            advice="set the mode of the database and of its -wal and -shm files to 0600",
        )


def _mark(connection: sqlite3.Connection, path: Path, application_id: int) -> None:
    found = _ask(connection, "application_id")
    if found == application_id:
        return
    if found != 0 or _ask(connection, "page_count") != 0:
        raise _refused(path, "belongs to another program")
    _set(connection, {"application_id": application_id})


def _check_durable(connection: sqlite3.Connection, path: Path | str) -> None:
    mode, synchronous = _ask(connection, "journal_mode"), _ask(connection, "synchronous")
    expected = "memory" if str(path) == MEMORY else "wal"
    if mode != expected or synchronous != _FULL:
        raise _refused(
            path, f"is in mode {mode} with synchronous {synchronous}, not WAL with FULL (2)"
        )


def _ask(connection: sqlite3.Connection, pragma: str) -> Any:  # noqa: ANN401 - text or number
    return connection.execute(f"PRAGMA {pragma}").fetchone()[0]


def _set(connection: sqlite3.Connection, pragmas: Mapping[str, str | int]) -> None:
    for name, value in pragmas.items():
        connection.execute(f"PRAGMA {name}={value}").fetchall()


def _refuse_without_right(path: Path) -> None:
    """Tells a missing right, or a disk that takes nothing, apart from a damaged file.

    The engine's own words do not.
    """
    beside = [found for end in ("-wal", "-shm") if (found := Path(f"{path}{end}")).exists()]
    for file in (path, *beside):
        if file.exists() and not may_read(file):
            raise _refused(file, "may not be read by this user", NotAllowed)
    folder = path.absolute().parent
    if folder.exists() and is_read_only(folder):  # as after a failure of the disk
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(folder))
    if folder.exists() and not may_write_in(folder):
        fault = f"cannot be read: this user may not write in {folder}, which reading needs, too"
        raise _refused(path, fault, NotAllowed)


def _refused(
    path: Path | str, fault: str, kind: type[ProtocolError] = ProtocolError
) -> ProtocolError:
    return kind(
        Reason.CONFIGURATION_INVALID,
        f"The database {path} {fault}.",
        setting="database",
        found=str(path),
        expected="a database of this program that nobody else writes to",
    )
