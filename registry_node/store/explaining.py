# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the operator is told when the disk or the database fails under a command."""

from __future__ import annotations

import sqlite3

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.in_use import is_locked, locked
from itmo.runtime.tasks import passes
from registry_node.damage import damaged


def explain(error: Exception) -> ProtocolError | None:
    """Returns what to say of an error of the disk or the database; None where it is a fault of ours."""
    if is_locked(error):
        return locked()
    if passes(error):
        return ProtocolError(
            Reason.DISK_REFUSED,
            f"The node's database cannot be written or read now: {error}. Nothing was kept of this"
            " command; make room on the disk of the node and give it again.",
        )
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.ProgrammingError):
        return damaged(f"the database refused: {error}")
    if isinstance(error, OSError):
        return ProtocolError(
            Reason.DISK_REFUSED,
            f"{error.filename or 'A file of the node'}: {error.strerror or error}. Look at the disk"
            " and the file, then give the command again.",
        )
    return None
