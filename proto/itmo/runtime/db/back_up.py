# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Back-ups of a database in use: written beside, looked at, and only then there under their name."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Generic, TypeVar

from itmo.clock import from_text, to_text
from itmo.files import read_plain_file, write_whole
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.in_use import is_locked, locked
from itmo.runtime.db.soundness import file_faults

T = TypeVar("T")

_CHUNK: Final = 1 << 20
_BESIDE: Final = ("", "-journal", "-wal", "-shm")
"""Files that SQLite makes for a database."""
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems say that know no second name for a file, such as those of memory sticks."""


@dataclass(frozen=True, slots=True)
class BackUp(Generic[T]):
    """A back-up that is complete, sound and on the disk.

    Attributes:
        size: Bytes.
        sha256: Of the file, in hexadecimal.
        holds: What the caller found in it.
    """

    file: Path
    size: int
    sha256: str
    holds: T


def back_up(
    source: sqlite3.Connection, target: Path, look: Callable[[sqlite3.Connection], T]
) -> BackUp[T]:
    """Writes a complete, consistent copy of a database to a new file, while it is in use.

    Until it is complete and sound it lies beside the file, as `.NAME.*.part`, its owner's alone; a
    process that is killed leaves that and nothing else.

    Args:
        source: A connection to the database, with no transaction open.
        target: Where the copy goes; never overwritten.
        look: What the caller wants to know of the copy.

    Raises:
        ProtocolError: ALREADY_EXISTS; LEDGER_AUDIT_FAILED, when the copy is not sound.
        OSError: The disk did not take it; it names `target`.
    """
    if os.path.lexists(target):
        raise _exists(target)
    unfinished = target  # until there is one
    try:
        descriptor, name = tempfile.mkstemp(".part", f".{target.name}.", target.parent)
        os.close(descriptor)
        unfinished = Path(name)
        holds = _copied(source, unfinished, look)
        made = BackUp(target, unfinished.stat().st_size, _digest(unfinished), holds)
        _name(unfinished, target)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None
    except sqlite3.Error as error:
        if is_locked(error):
            raise locked() from error
        # Of the copy: of the source pages were read, and its faults are found in the copy.
        raise OSError(errno.EIO, f"the copy failed: {error}", str(target)) from None
    finally:
        if unfinished is not target:
            for suffix in _BESIDE:
                Path(f"{unfinished}{suffix}").unlink(missing_ok=True)
    return made


def note_back_up(database: Path, made: BackUp[T], now: datetime) -> None:
    """Leaves word beside a database that a back-up was made, for `status`.

    A directory that cannot be written to makes no back-up fail.
    """
    with contextlib.suppress(OSError):
        word = {"time": to_text(now), "file": str(made.file.absolute()), "sha256": made.sha256}
        write_whole(_word(database), json.dumps(word) + "\n")


def last_back_up(database: Path) -> datetime | None:
    """Returns when the last back-up of a database was made by its own command, as far as is known."""
    try:
        return from_text(json.loads(read_plain_file(_word(database)))["time"])
    except (ProtocolError, ValueError, KeyError, TypeError):
        return None


def _word(database: Path) -> Path:
    return database.with_name(f"{database.name}.backed-up")


def _copied(
    source: sqlite3.Connection, unfinished: Path, look: Callable[[sqlite3.Connection], T]
) -> T:
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
        source.backup(copy)
        # One file that can be carried away; a program goes back to WAL when it opens it.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("PRAGMA query_only = ON")
        for fault in file_faults(copy):
            raise ProtocolError(
                Reason.LEDGER_AUDIT_FAILED,
                f"The copy is not sound and was removed: {fault}.",
                found=fault,
            )
        holds = look(copy)
    _sync(unfinished)
    return holds


def _name(unfinished: Path, target: Path) -> None:
    """Gives a finished file its name, unless something has it by now."""
    try:
        os.link(unfinished, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise _exists(target) from None
        unfinished.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _exists(target: Path) -> ProtocolError:
    return ProtocolError(
        Reason.ALREADY_EXISTS,
        f"{target} exists; choose another name, a back-up overwrites nothing.",
        where="FILE",
        found=str(target),
    )
