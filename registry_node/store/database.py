# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The database file of a node and its schema.

A trip is a function that does one whole transaction. It runs on the database's own thread, or, in
memory, at once on the caller's, so that simulations are deterministic.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from itmo.clock import SystemClock
from itmo.ids import RandomIds
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.head import Head, keep
from itmo.runtime.db.migrations import has_tables, version_of
from itmo.runtime.db.sqlite import MEMORY, Writer, note_head, open_writer
from itmo.runtime.db.thread import DatabaseThread, InlineDatabase, Runner
from registry_node.damage import damaged
from registry_node.identity import Identity
from registry_node.store.commit_head import commit_end, commit_shortfall, found, mark_commit
from registry_node.store.migrate import SCHEMA
from registry_node.store.rows import NodeStateRow
from registry_node.store.tables import NODE_STATE

T = TypeVar("T")

APPLICATION_ID: Final = 0x49544D4E
"""Marks the file: "ITMN" in ASCII."""

_STATE: Final = NODE_STATE.select()


class NotClaimed(ProtocolError):  # noqa: N818  # the name says what happened
    """A database that was made and is no node's yet, as after a kill in between: nothing is in it."""

    remedy = "Start the node (`registry-node serve`): it goes on with what was cut off."


class Store:
    """The node's database. Make one with `open` or `in_memory`."""

    def __init__(
        self,
        database: Runner[sqlite3.Connection],
        loop: asyncio.AbstractEventLoop | None,
        path: Path | None = None,
    ) -> None:
        self._database = database
        self._path = path
        self._loop = loop
        self._listeners: list[Callable[[], None]] = []

    @classmethod
    async def open(cls, path: Path) -> Store:
        """Opens or creates a database file; no other process can open it until this one lets go.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when another process serves it, or the file is of
                another program or of a later version of this one; LEDGER_AUDIT_FAILED, when it
                lacks what its head says.
        """
        if missing := commit_shortfall(path):
            raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, missing, found=str(path))
        connection = open_for_writing(path)
        try:
            connection.head = keep(path, commit_end(connection))
        except BaseException:
            connection.close()
            raise
        return cls(DatabaseThread(connection, "node-store"), asyncio.get_running_loop(), path)

    @classmethod
    def in_memory(cls) -> Store:
        """Makes a database that ends with the process, without a thread: tests and scenarios."""
        return cls(InlineDatabase(empty_database()), None)

    async def run(self, trip: Callable[[sqlite3.Connection], T]) -> T:
        """Does one transaction; it is durable when this returns, or has not happened when it raises.

        A caller that is cancelled while waiting does not stop the transaction.
        """

        def work(db: sqlite3.Connection) -> T:
            result = _transact_noted(db, trip)
            # From here, so that the commit is told also when its caller went away meanwhile.
            self._tell()
            return result

        return await self._database.run(work)

    async def read(self, trip: Callable[[sqlite3.Connection], T]) -> T:
        """Does a transaction that changes nothing; nobody is told."""
        return await self._database.run(lambda db: _transact(db, trip))

    async def read_apart(self, trip: Callable[[sqlite3.Connection], T]) -> T:
        """Does a long read beside everything else, as of one moment, on a connection of its own.

        A database in memory has one connection; there it is as `read`.
        """
        path = self._path
        if path is None:
            return await self.read(trip)

        def work() -> T:
            with closing(SCHEMA.open_reader(path)) as db:
                db.execute("BEGIN")
                return trip(db)

        return await asyncio.to_thread(work)

    def listen(self, listener: Callable[[], None]) -> None:
        """Has a function called on the event loop after every commit."""
        self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Stops calling a function."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    async def close(self) -> None:
        """Finishes what was asked for and lets go of the file."""
        await self._database.close()

    def _tell(self) -> None:
        if self._loop is None:
            self._committed()
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to be told
            self._loop.call_soon_threadsafe(self._committed)

    def _committed(self) -> None:
        for listener in list(self._listeners):
            listener()


def empty_database(like: sqlite3.Connection | None = None) -> sqlite3.Connection:
    """A database in memory, with the schema and nothing in it.

    Args:
        like: Of the version of this one, where the program knows it.
    """
    connection = open_writer(MEMORY, application_id=APPLICATION_ID)
    SCHEMA.create(connection, "" if like is None else version_of(like))
    return connection


def open_for_writing(path: Path) -> Writer:
    """Opens or creates a database file and brings it up to date; its head is left as it is."""
    connection = open_writer(path, application_id=APPLICATION_ID)
    try:
        SCHEMA.upgrade(connection)
        _transact(connection, lambda db: found(db, RandomIds().uuid7(SystemClock().now())))
    except BaseException:
        connection.close()
        raise
    return connection


def change_schema(path: Path, *, contract: bool) -> tuple[str, str]:
    """Adds to a database that nobody uses what this program needs, or takes away what it does not.

    Returns:
        The schema version that was found, and that it has now.
    """
    with contextlib.closing(open_writer(path, application_id=APPLICATION_ID)) as connection:
        found = version_of(connection)
        (SCHEMA.contract if contract else SCHEMA.upgrade)(connection)
        return found, version_of(connection)


def _transact_noted(db: sqlite3.Connection, trip: Callable[[sqlite3.Connection], T]) -> T:
    """As `_transact`; where the database has a head, what changed stands in it afterwards."""
    if not isinstance(db, Writer) or db.head is None:
        return _transact(db, trip)
    before = db.total_changes
    changed: Head | None = None

    def marked(db: sqlite3.Connection) -> T:
        nonlocal changed
        result = trip(db)
        if db.total_changes != before:
            changed = mark_commit(db)
        return result

    result = _transact(db, marked)
    if changed is not None:
        note_head(db, changed.position, changed.digest, changed.facts)
    return result


def _transact(db: sqlite3.Connection, trip: Callable[[sqlite3.Connection], T]) -> T:
    db.execute("BEGIN IMMEDIATE")
    try:
        result = trip(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result


def claim(db: sqlite3.Connection, identity: Identity) -> NodeStateRow:
    """Makes a fresh database this node's, or check that it is.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when it belongs to another node or network.
    """
    state = _STATE.first(db)
    if state is None:
        state = NodeStateRow(
            id=1,
            node=identity.node,
            network_id=identity.network_id,
            cursor=0,
            recorded_sequence=0,
            recorded_hash=b"",
            clock_offset_ms=0,
        )
        NODE_STATE.insert(db, state)
    found, expected = f"{state.node}@{state.network_id}", f"{identity.node}@{identity.network_id}"
    if found != expected:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The database belongs to {found}, the settings name {expected}; correct node.data_dir.",
            setting="node.data_dir",
            found=found,
            expected=expected,
        )
    return state


def start_clock(db: sqlite3.Connection, identity: Identity, offset_ms: int | None) -> None:
    """Lets the clock of a node that joins begin somewhere; None: with the machine's.

    A node that has spoken keeps what it has then: a clock goes forward only.
    """
    state = claim(db, identity)
    if offset_ms is not None or (state.cursor, state.recorded_sequence) == (0, 0):
        NODE_STATE.replace(db, replace(state, clock_offset_ms=offset_ms or 0))


def is_new(db: sqlite3.Connection) -> bool:
    """Says whether a database was made and never written to, as after a kill in between."""
    if not has_tables(db):
        return True
    return _STATE.first(db) is None and commit_end(db).head.position == 0


def refuse_new(db: sqlite3.Connection) -> None:
    """Refuses to read what was never written.

    Raises:
        NotClaimed: The database is new.
    """
    if is_new(db):
        raise NotClaimed(
            Reason.CONFIGURATION_INVALID,
            "The database of the node holds nothing yet: its making was cut off.",
            setting="node.data_dir",
        )


def node_state(db: sqlite3.Connection) -> NodeStateRow:
    """Returns the one row of node_state.

    Raises:
        NotClaimed: The database is new.
        ProtocolError: LEDGER_AUDIT_FAILED, where it cannot be what was written.
    """
    state = _STATE.first(db)
    if state is None:
        refuse_new(db)
        raise damaged("it says no longer whose it is")
    if min(state.cursor, state.recorded_sequence) < 0:
        raise damaged(
            f"the cursor is {state.cursor}, the place in the chain {state.recorded_sequence}"
        )
    return state
