# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a verification made of the signed messages, kept in a file, so that the next one goes on there.

The file is a broker's database that was made by replay alone. It counts only while it bears the mark of
a verification that ended well, and as far as the database verified has the very same leaves.
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
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.room import lacks_room
from itmo.runtime.db.soundness import file_faults, schema_faults

_TIMES: Final = 2
"""Room for what is made, in sizes of the database: once the file, and once its log and the timeline."""
_NAME: Final = "verified"
_MARK: Final = "SELECT place FROM looked_through WHERE name = ?"
_SET: Final = "INSERT OR REPLACE INTO looked_through (name, place) VALUES (?, ?)"
_TAKE: Final = "DELETE FROM looked_through WHERE name = ?"
_LEAVES: Final = "SELECT leaf_hash FROM log_leaf ORDER BY log_index"


class Kept:
    """The file of one verification.

    Attributes:
        connection: What was made, and what is made of it now.
        since: Decisions that were verified before; 0: it is empty.
    """

    def __init__(self, path: Path, stored: Connection, regimes: Regimes, *, anew: bool) -> None:
        """Opens it, and makes it anew where it is not of this record, or where that is asked for.

        Raises:
            OSError: It would be made anew, and there is no room for it.
        """
        self.since = 0
        self._path = path
        self._sealed = False
        if not anew and path.exists():
            try:
                self.connection = _open(path)
                self.since = _fitting(self.connection, stored, regimes)
                self._unseal()  # which needs the right to write it
                if not self.since:
                    self.connection.close()
            except sqlite3.DatabaseError:
                self.since = 0
        if not self.since:
            self._take_away()
            _refuse_too_little(path, stored)
            path.touch(0o600)  # it holds what the database holds
            self.connection = _open(path)
            SCHEMA.create(self.connection)
            install(self.connection, regimes)
            self._unseal()

    def _unseal(self) -> None:
        """From here on it is worth nothing until it is sealed; nothing of it need survive a crash."""
        self.connection.execute(_TAKE, (_NAME,))
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self.connection.execute("PRAGMA synchronous = OFF").fetchall()

    def seal(self) -> None:
        """Marks it as verified up to where it stands, once all of it is on the disk."""
        self.connection.execute("PRAGMA synchronous = FULL").fetchall()
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self.connection.execute(_SET, (_NAME, log_head.log_size(self.connection)))
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._sealed = True

    def is_damaged(self) -> bool:
        """Whether what was kept is no sound file any more; then it says nothing of the record."""
        try:
            return bool(self.since) and any(file_faults(self.connection))
        except sqlite3.DatabaseError:
            return True

    def close(self) -> None:
        """Closes it; what was not sealed serves nobody, and is taken away."""
        self.connection.close()
        if not self._sealed:
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
    if shutil.disk_usage(path.parent).free < _TIMES * pages * size:
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


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _fitting(kept: sqlite3.Connection, stored: Connection, regimes: Regimes) -> int:
    """Decisions that a file holds verified; 0 where it is not of this record, schema or rulebooks."""
    mark = kept.execute(_MARK, (_NAME,)).fetchone()
    if mark is None or mark[0] != log_head.log_size(kept) or mark[0] > log_head.log_size(stored):
        return 0
    if genesis.read_network(kept) != genesis.read_network(stored):
        return 0
    bring_up_to_date(kept, regimes)
    with closing(memory_database(regimes)) as fresh:
        if any(schema_faults(kept, fresh)):
            return 0
    leaves = stored.execute(_LEAVES)
    same = all(leaf == leaves.fetchone() for leaf in kept.execute(_LEAVES))
    return int(mark[0]) if same else 0
