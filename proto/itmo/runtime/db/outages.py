# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a database on a server raises besides what a file does: it can be lost, and asked again.

All are errors of `sqlite3`, so that whoever asks either engine looks for one name.
"""

from __future__ import annotations

import sqlite3


class ConnectionLost(sqlite3.OperationalError):
    """The database cannot be reached; what was begun is undone."""


class NoRoom(ConnectionLost):
    """The server has no disk, memory or connections left; what was begun is undone."""


class TooLong(sqlite3.OperationalError):
    """The server gave a statement up, since it took too long."""


class CommitUnknown(sqlite3.OperationalError):
    """Nobody knows yet whether what was begun is durable."""


class TryAgain(sqlite3.OperationalError):
    """Two transactions were in each other's way; this one is undone, and may be tried again."""


class Violated(sqlite3.IntegrityError):
    """A constraint or a guard refused what was written."""


class NotAsLoaded(Violated):
    """There were fewer rows, or more, than there had to be to write to."""


class Refused(sqlite3.OperationalError):
    """The server refused a statement."""
