# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A database that another process has for itself, whichever engine and whoever's process it is."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from itmo.reasons import ProtocolError, Reason

_PRIMARY_CODE: Final = 0xFF  # extended result codes of SQLite carry the primary one in this byte


class InUse(ProtocolError):  # noqa: N818  # the name says what happened
    """Another process of ours holds the lock of a database, until it ends."""

    remedy = "Stop the other process, or try again when it has ended."


class Locked(ProtocolError):  # noqa: N818  # the name says what happened
    """Another program, such as the shell of SQLite, keeps a file locked; nothing is wrong with it."""

    remedy = "End the program that locks it (`fuser FILE` names it), or try again when it is done."


def is_locked(error: BaseException) -> bool:
    """Says whether another program keeps a file locked, longer than it is waited for."""
    code: int = getattr(error, "sqlite_errorcode", None) or 0
    return code & _PRIMARY_CODE == sqlite3.SQLITE_BUSY


def locked(database: Path | str = "") -> Locked:
    """Returns the refusal of what needs a file that another program keeps locked."""
    which = f"The database {database}" if str(database) else "The database"
    return Locked(
        Reason.DATABASE_UNREACHABLE,
        f"{which} is locked by another program; nothing half done was kept.",
        **({"found": str(database)} if str(database) else {}),
    )
