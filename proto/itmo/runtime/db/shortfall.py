# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a database lacks of what its head says, and the way out after a loss: it is taken as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.head import (
    End,
    Head,
    HeadFile,
    check_end,
    damaged_database,
    head_path,
    read_head,
)
from itmo.runtime.db.sqlite import open_reader

Held = TypeVar("Held", bound=Connection)
EndOf = Callable[[sqlite3.Connection], End]
"""Says where a database ends, as it is found."""


def shortfall(database: Path, end_of: EndOf, nothing: End) -> str:
    """Says what a database lacks of what was acknowledged; empty where nothing. Changes nothing.

    It is asked before the database is opened for writing, because that would end what a damaged
    write-ahead log still holds.

    Args:
        database: The file.
        end_of: Where it ends.
        nothing: Where one ends that is not there.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED for a damaged head, CONFIGURATION_INVALID where the
            database cannot be read.
    """
    # Before the database is looked at: a program that serves may go on in between.
    known = read_head(head_path(database))
    if not database.exists():
        return check_end(database, known, nothing)
    try:
        with closing(open_reader(database)) as connection:
            return check_end(database, known, end_of(connection))
    except sqlite3.Error as error:
        return damaged_database(database, error)


def refuse_absent(database: Path, nothing: End, way_out: str) -> None:
    """Refuses to accept the loss of a whole database.

    Raises:
        ProtocolError: CONFIGURATION_INVALID: there is none.
    """
    if database.exists():
        return
    lost = _missing(database, nothing)
    raise ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"There is no database {database}. {way_out}" + (f" {lost}" if lost else ""),
        setting="database",
        found=str(database),
    )


def accept_shortfall(
    connection: Held,
    database: Path,
    end_of: Callable[[Held], End],
    record: Callable[[str, End], Head],
) -> str:
    """Gives a database that is open for writing a head which fits it, where something is missing.

    Args:
        connection: Writes to it.
        database: The file.
        end_of: Where it ends.
        record: Writes down why, and returns what the head says from then on.

    Returns:
        What was missing; empty where nothing was, and nothing was changed.
    """
    end = end_of(connection)
    missing = _missing(database, end)
    if missing:
        HeadFile.make(database, record(f"the loss was accepted: {missing}", end)).close()
    return missing


def _missing(database: Path, end: End) -> str:
    """What a database lacks by its head; a head that cannot be read is a sentence too."""
    try:
        return check_end(database, read_head(head_path(database)), end)
    except ProtocolError as error:
        return error.message
