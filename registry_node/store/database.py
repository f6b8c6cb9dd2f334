# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The database file and the one thread that touches it.

A trip is a function that does one whole transaction. It runs on the store's own thread, or, when
the store is made `inline`, at once on the caller's, so that simulations are deterministic.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from itmo.reasons import ProtocolError, Reason
from registry_node.identity import Identity
from registry_node.store import schema
from registry_node.store.rows import NodeStateRow
from registry_node.store.tables import NODE_STATE

T = TypeVar("T")

_STATE: Final = NODE_STATE.select()
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    # FULL: an answered command survives a power cut; NORMAL loses the last ones.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA busy_timeout = 5000",
)


def _first_schema() -> list[str]:
    dialect = sqlite.dialect()
    made = []
    for table in schema.metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        made.extend(
            str(CreateIndex(index).compile(dialect=dialect))
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        )
    return [*made, *schema.HOLDING_TRIGGERS]


MIGRATIONS: Final[tuple[Callable[[], list[str]], ...]] = (_first_schema,)
"""Steps from one version of the schema to the next; `user_version` counts those done."""


class Store:
    """The node's database. Make one with `open` or `in_memory`."""

    def __init__(self, path: str, *, inline: bool, lock: int | None = None) -> None:
        self._lock = lock
        self._worker = None if inline else ThreadPoolExecutor(1, thread_name_prefix="node-store")
        self._listeners: list[Callable[[], None]] = []
        # Only the worker uses it after construction.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            for pragma in _PRAGMAS:
                self._db.execute(pragma)
            self._migrate()
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open or create a database file; no other process can open it until this one lets go.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when another process serves it, or the file is of
                a later version of this program.
        """
        lock = _take_lock(path.with_name(f"{path.name}.lock"))
        return cls(str(path), inline=False, lock=lock)

    @classmethod
    def in_memory(cls, *, inline: bool = True) -> Store:
        """Make a database that ends with the process, for tests and scenarios."""
        return cls(":memory:", inline=inline)

    async def run(self, trip: Callable[[sqlite3.Connection], T]) -> T:
        """Do one transaction; it is durable when this returns, or has not happened when it raises.

        A caller that is cancelled while waiting does not stop the transaction.
        """
        if self._worker is None:
            result = self._transact(trip)
            self._committed()
            return result
        loop = asyncio.get_running_loop()
        future = self._worker.submit(self._transact, trip)
        # Not after the wait: a caller that went away must not keep the commit from being told.
        future.add_done_callback(lambda _: _tell(loop, self._committed))
        return await asyncio.wrap_future(future)

    async def read(self, trip: Callable[[sqlite3.Connection], T]) -> T:
        """Do a transaction that changes nothing; nobody is told."""
        if self._worker is None:
            return self._transact(trip)
        return await asyncio.wrap_future(self._worker.submit(self._transact, trip))

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called on the event loop after every commit."""
        self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Stop calling a function."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def close(self) -> None:
        """Finish the transaction under way and let go of the file."""
        if self._worker is not None:
            self._worker.shutdown(wait=True)
        self._db.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _committed(self) -> None:
        for listener in list(self._listeners):
            listener()

    def _transact(self, trip: Callable[[sqlite3.Connection], T]) -> T:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = trip(self._db)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return result

    def _migrate(self) -> None:
        (done,) = self._db.execute("PRAGMA user_version").fetchone()
        if done > len(MIGRATIONS):
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"The database has schema version {done}, this program knows {len(MIGRATIONS)};"
                " start the later version of the program that wrote it.",
                setting="node.data_dir",
                found=done,
                expected=len(MIGRATIONS),
            )
        for version, step in enumerate(MIGRATIONS[done:], done + 1):

            def migrate(
                db: sqlite3.Connection, step: Callable[[], list[str]] = step, to: int = version
            ) -> None:
                for statement in step():
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {to}")

            self._transact(migrate)


def claim(db: sqlite3.Connection, identity: Identity) -> NodeStateRow:
    """Make a fresh database this node's, or check that it is.

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


def node_state(db: sqlite3.Connection) -> NodeStateRow:
    """Return the one row of node_state."""
    state = _STATE.first(db)
    if state is None:
        raise LookupError("the database was never claimed by a node")
    return state


def _tell(loop: asyncio.AbstractEventLoop, listener: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to be told
        loop.call_soon_threadsafe(listener)


def _take_lock(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"Another process serves this node: it holds {path}. Stop it first.",
            setting="node.data_dir",
            found=str(path),
            expected="a data directory of its own",
        ) from None
    return descriptor
