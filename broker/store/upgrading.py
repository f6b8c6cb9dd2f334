# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Changes of the schema that a person asks for: what is added ahead of new programs, what is taken away behind old ones."""

from __future__ import annotations

import asyncio
from contextlib import closing, suppress

from broker import __version__
from broker.store import processes
from broker.store.engines import Books
from broker.store.migrate import SCHEMA
from broker.store.processes import Process
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import in_file, version_of
from itmo.runtime.db.thread import Database


def serving_now(connection: Connection) -> list[Process]:
    """The processes that serve a database on a server; on a file there is one, which holds its lock."""
    return [] if in_file(connection) else processes.lately(connection)


def migrate(books: Books, *, contract: bool) -> tuple[str, str]:
    """Adds to a database what this program needs, or takes away what it needs no more.

    Args:
        books: The database. On a server others may serve meanwhile; on a file nobody may.
        contract: Whether to take away.

    Returns:
        The schema version that was found, and that it has now.

    Raises:
        ProtocolError: OLDER_PROGRAM_RUNS; CONFIGURATION_INVALID: the database is in use, or of a
            version that this program does not know.
    """
    with closing(books.open_writer(alone=False)) as connection:
        found = version_of(connection)
        if contract:
            refuse_older(connection)
            SCHEMA.contract(connection)
        else:
            SCHEMA.upgrade(connection)
        return found, version_of(connection)


def refuse_older(connection: Connection) -> None:
    """Looks whether a process uses what would be taken away.

    Raises:
        ProtocolError: OLDER_PROGRAM_RUNS.
    """
    needs = max((each.needs for each in SCHEMA.waiting(connection)), default="")
    older = [each for each in serving_now(connection) if each.knows < needs]
    if older:
        listed = ", ".join(f"{each.process} of version {each.program}" for each in older)
        raise ProtocolError(
            Reason.OLDER_PROGRAM_RUNS,
            f"What is to be taken away is used by programs that know less than schema version {needs}, and"
            f" {len(older)} served within the last {processes.LATELY_SECONDS} seconds: {listed}. Replace"
            " or stop each; once the last was stopped in order, or was not seen for that long, say it"
            " again.",
            found=older[0].knows,
            expected=needs,
        )


async def say_presence(writer: Database, stop: asyncio.Event) -> None:
    """Says again and again that this process serves, where others may have to know; until told to stop."""
    while not stop.is_set():
        with suppress(ProtocolError):  # the database is away, and comes back
            await writer.run(say_here)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), processes.SEEN_SECONDS)


def say_here(connection: Connection) -> None:
    """Says that this process serves; on a file the lock says it."""
    process = getattr(connection, "process", "")
    if process:
        processes.say(connection, process, __version__, SCHEMA.newest)


def say_gone(connection: Connection) -> None:
    """Says that this process serves no longer."""
    process = getattr(connection, "process", "")
    if process:
        processes.gone(connection, process)
