# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tells a disk without room from a damaged file and from a wrong setting."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

# The second is said of the -shm file, which reading makes, too; the third of a file that may not grow.
_OF_SQLITE: Final = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE}
)
_OF_SYSTEM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def lacks_room(error: BaseException) -> bool:
    """Says whether there is no room; it says nothing of what is stored, and may pass."""
    if isinstance(error, OSError):
        return error.errno in _OF_SYSTEM
    return getattr(error, "sqlite_errorcode", None) in _OF_SQLITE


def refuse_without_room(database: Path | str, error: BaseException) -> None:
    """Passes every error by but one: that there is no room.

    Raises:
        OSError: There is none; it names the database.
    """
    if lacks_room(error):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(database)) from error
