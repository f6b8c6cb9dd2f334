# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tells what is wrong around a file, want of room or a lock of others, from what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from itmo.runtime.db.in_use import is_locked, locked
from itmo.runtime.db.room import lacks_room, refuse_without_room


def undamaged(error: BaseException) -> bool:
    """Says whether a failure says nothing of what is stored, and may pass."""
    return lacks_room(error) or is_locked(error)


def refuse_undamaged(database: Path | str, error: BaseException) -> None:
    """Passes every error by but one that says nothing of what is stored.

    Raises:
        OSError: The disk has no room; it names the database.
        Locked: Another program keeps it locked.
    """
    refuse_without_room(database, error)
    if is_locked(error):
        raise locked(database) from error
