# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that serve a database on a server: which versions of the schema they know, and when they were last seen.

Each says it when it starts and every few seconds, by the server's clock; what is taken away from the tables
is taken away only when no process is left that uses it. One that was asleep is stopped by `broker.store.fence`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from itmo.clock import from_ms
from itmo.runtime.db.connection import Connection

SEEN_SECONDS: Final = 10
"""How often a process says that it is there: one small commit."""
LATELY_SECONDS: Final = 60
"""Whoever was seen within it is taken to be there: six words of it may have been lost."""
_KEPT_SECONDS: Final = 86_400
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_SAY: Final = (
    "INSERT INTO serving (process, program, knows, since, seen)"  # noqa: S608  # texts of ours
    f" VALUES (?, ?, ?, {_NOW}, {_NOW})"
    f" ON CONFLICT (process) DO UPDATE SET seen = {_NOW}"
)
_FORGET: Final = f"DELETE FROM serving WHERE seen < {_NOW} - ?"  # noqa: S608  # as above
_GONE: Final = "DELETE FROM serving WHERE process = ?"
_LISTED: Final = (
    "SELECT process, program, knows, since, seen FROM serving"  # noqa: S608  # as above
    f" WHERE seen >= {_NOW} - ? ORDER BY since, process"
)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that serves.

    Attributes:
        process: Its name.
        program: The version of its program.
        knows: The newest schema version that it knows.
        since: When it started.
        seen: When it said last that it is there.
    """

    process: str
    program: str
    knows: str
    since: datetime
    seen: datetime


def say(connection: Connection, process: str, program: str, knows: str) -> None:
    """Says that a process is there."""
    connection.execute(_SAY, (process, program, knows))
    connection.execute(_FORGET, (_KEPT_SECONDS * 1000,))


def gone(connection: Connection, process: str) -> None:
    """Takes a process out that ends in order."""
    connection.execute(_GONE, (process,))


def lately(connection: Connection) -> list[Process]:
    """The processes that are there, oldest first."""
    rows = connection.execute(_LISTED, (LATELY_SECONDS * 1000,)).fetchall()
    return [
        Process(process, program, knows, from_ms(since), from_ms(seen))
        for process, program, knows, since, seen in rows
    ]
