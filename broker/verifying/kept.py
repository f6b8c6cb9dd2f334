# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a verification made of the signed messages, kept in a file, so that the next one goes on there.

The file is a broker's database that was made by replay alone, and it counts as far as the database verified has the
very same leaves. It bears the mark of how far it was verified. Where it goes on behind that, a verification was cut
off: the next one plays on, and compares all of it.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from broker.app import bring_up_to_date, memory_database
from broker.regime.regimes import Regimes
from broker.store import genesis, log_head
from broker.store.migrate import SCHEMA, install
from itmo.reasons import Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.in_use import InUse, is_locked
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.room import lacks_room
from itmo.runtime.db.soundness import file_faults, schema_faults

_TIMES: Final = 2
"""Room for what is made, in sizes of the database: once the file, and once its log and the timeline."""
_NAME: Final = "verified"
_MARK: Final = "SELECT place FROM looked_through WHERE name = ?"
_SET: Final = "INSERT OR REPLACE INTO looked_through (name, place) VALUES (?, ?)"
_LEAVES: Final = "SELECT leaf_hash FROM log_leaf ORDER BY log_index"


class Kept:
    """The file of one verification, which has it for itself.

    Attributes:
        connection: What was made, and what is made of it now.
        since: Decisions that were verified before; 0: all is compared.
        played: Decisions that one before had played, and was cut off.
    """

    def __init__(self, path: Path, stored: Connection, regimes: Regimes, *, anew: bool) -> None:
        """Opens it, and makes it anew where it is not of this record, or where that is asked for.

        Raises:
            OSError: There is no room for what is to be made.
            InUse: Another verification has it.
        """
        self.since, self.played = 0, 0
        self._path = path
        self._worthless = False
        if path.exists():
            self._open(stored, regimes, anew=anew)
        if not self.since:
            _refuse_too_little(path, stored)
        if not self.since and not self.played:
            self._take_away()
            path.touch(0o600)  # it holds what the database holds
            self.connection = _opened(path)
            SCHEMA.create(self.connection)
            install(self.connection, regimes)
        # What a power cut leaves is an earlier state of it.
        self.connection.execute("PRAGMA synchronous = NORMAL").fetchall()

    def _open(self, stored: Connection, regimes: Regimes, *, anew: bool) -> None:
        """Finds out what is there, and closes it where that is nothing of use."""
        connection: sqlite3.Connection | None = None
        try:
            connection = self.connection = _opened(self._path)
            connection.execute("BEGIN IMMEDIATE")  # needs the right to write it
            connection.execute("COMMIT")
            if not anew:
                self.since, self.played = _fitting(connection, stored, regimes)
        except sqlite3.DatabaseError as error:
            if is_locked(error):
                raise InUse(
                    Reason.DATABASE_UNREACHABLE,
                    f"another verification is under way, with {self._path}",
                ) from error
            self.since, self.played = 0, 0
        finally:
            if connection is not None and not self.since and not self.played:
                connection.close()

    def seal(self) -> None:
        """Marks it as verified up to where it stands, once all of it is on the disk."""
        self.connection.execute("PRAGMA synchronous = FULL").fetchall()
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self.connection.execute(_SET, (_NAME, log_head.log_size(self.connection)))
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def discard(self) -> None:
        """Has it taken away when it is closed: something was found, so that the next one begins anew."""
        self._worthless = True

    @property
    def is_doubtful(self) -> bool:
        """Whether what is found may be of the file: then it says nothing of the record.

        One that was cut off may have ended with its machine; one that ended well may be no sound file any more.
        """
        try:
            return bool(self.played or (self.since and any(file_faults(self.connection))))
        except sqlite3.DatabaseError:
            return True

    def close(self) -> None:
        """Closes it."""
        self.connection.close()
        if self._worthless:
            self._take_away()

    def _take_away(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


@contextmanager
def nothing_without_room(path: Path) -> Iterator[None]:
    """Takes away what is kept where the disk turns out too small: a broker at work needs it more.

    Raises:
        OSError, sqlite3.Error: as what is done within.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if lacks_room(error):
            for each in path.parent.glob(f"{path.name}*"):  # its log, and the timeline of it
                each.unlink(missing_ok=True)
        raise


def _refuse_too_little(path: Path, stored: Connection) -> None:
    if not isinstance(stored, sqlite3.Connection):
        return
    pages, size = (
        stored.execute(f"PRAGMA page_{each}").fetchone()[0] for each in ("count", "size")
    )
    there = path.stat().st_size if path.exists() else 0
    if shutil.disk_usage(path.parent).free + there < _TIMES * pages * size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def kept_beside(database: Path) -> Path:
    """Where the file of a database's verification lies."""
    return database.with_name(f"{database.name}.verified")


@contextmanager
def kept_where_allowed(database: Path) -> Iterator[Path]:
    """Beside the database; among temporary files, for this once, where its folder cannot be written.

    So an auditor verifies what was handed over on a medium that takes no writes.
    """
    if os.access(database.parent, os.W_OK):
        yield kept_beside(database)
        return
    with TemporaryDirectory(prefix="verified-") as folder:
        yield kept_beside(Path(folder, database.name))


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    for pragma in (
        "locking_mode = EXCLUSIVE", "journal_mode = WAL", "foreign_keys = ON", "cache_size = -65536",
        "secure_delete = OFF",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _fitting(kept: sqlite3.Connection, stored: Connection, regimes: Regimes) -> tuple[int, int]:
    """Decisions that a file holds verified, or only played; 0 where it is not of this record, schema or rulebooks."""
    made = log_head.log_size(kept)
    if made > log_head.log_size(stored):
        return 0, 0
    if genesis.read_network(kept) != genesis.read_network(stored):
        return 0, 0
    bring_up_to_date(kept, regimes)
    with closing(memory_database(regimes)) as fresh:
        if any(schema_faults(kept, fresh)):
            return 0, 0
    leaves = in_portions(stored, _LEAVES)
    if any(leaf != next(leaves, None) for leaf in kept.execute(_LEAVES)):
        return 0, 0
    return (made, 0) if kept.execute(_MARK, (_NAME,)).fetchone() == (made,) else (0, made)
