# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where the broker's database is, on which engine, and how it is opened there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from broker.store.genesis import read_network
from broker.store.log_head import log_shortfall
from broker.store.migrate import SCHEMA, install
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.head import check_end, head_path, read_head
from itmo.runtime.db.migrations import has_tables, in_file, version_of
from itmo.runtime.db.sqlite import Writer, open_reader, open_writer
from itmo.runtime.db.thread import Database, DatabaseThread

if TYPE_CHECKING:
    from broker.regime.regime import Regime
    from broker.store.fence import Decider
    from broker.store.sqlite_groups import SqliteGroupStore
    from itmo.runtime.db.postgres import PostgresConnection

DATABASE_ID: Final = 0x69746D6F
"""Marks a database file as a broker's: the letters itmo."""
_FRESH: Final = "itmo_fresh"
"""A schema of the server in which the tables are made anew, to be compared, and undone."""
_STORY: Final = "itmo_story"
"""How schemas begin that are there for a while; one is left behind where its program was killed."""
READ_MS: Final = 10_000
"""What a server may work for one answer of those that wait for each other, and for whom a caller waits a minute
at most. Processor time of the broker's own is bounded apart; a statement costs it none while the server works. Commands
of the operator take their time, and the connection that decides has locks of its own to give back (see `server`)."""
Writing: TypeAlias = "Writer | Decider"


@dataclass(frozen=True, slots=True)
class Books:
    """Where a database is.

    Attributes:
        file: The file; beside it lie its head and word of back-ups, wherever the database is.
        url: Of a PostgreSQL server and a database there; empty for the file.
    """

    file: Path
    url: str = ""

    @property
    def shown(self) -> str:
        """What people are told, without a password."""
        if not self.url:
            return str(self.file)
        require_driver()
        from itmo.runtime.db.server import without_password

        return without_password(self.url)

    def made(self) -> bool:
        """Whether there is one with tables.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, where a server cannot be asked.
        """
        if not self.url:
            return self.file.exists()
        connection = self._on_server("reader")
        try:
            return has_tables(connection)
        finally:
            connection.close()

    def open_reader(self, *, older: bool = False) -> Connection:
        """Opens a database for reading; it must have the tables of this program.

        Args:
            older: Whether those of an older version will do.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, with what to do.
        """
        if not self.url:
            return SCHEMA.open_reader(self.file, older=older)
        connection = self._on_server("reader")
        try:
            SCHEMA.check_reader(connection, older=older)
        except BaseException:
            connection.close()
            raise
        return connection

    def open_writer(self, *, alone: bool = True) -> Writing:
        """Opens a database for writing, whatever is in it.

        Args:
            alone: Whether no other process may decide meanwhile; a file is always for one alone.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, with what to do; it may be in use.
        """
        if not self.url:
            return open_writer(self.file, application_id=DATABASE_ID)
        require_driver()
        from broker.store.fence import open_decider

        return open_decider(self.url, alone=alone)

    def reading(self, name: str) -> Database:
        """A thread that answers from what is committed, while the broker serves."""
        if not self.url:
            return DatabaseThread(open_reader(self.file), name)
        from broker.store.server_groups import ServerThread

        return ServerThread(self._on_server(name, READ_MS), name, READ_MS)

    def writing(self, connection: Writing) -> Database:
        """A thread on which the one connection decides."""
        if isinstance(connection, sqlite3.Connection):
            return DatabaseThread(connection, "writer")
        from broker.store.server_groups import ServerThread

        return ServerThread(connection, "writer")

    def shortfall(self) -> str:
        """What the database lacks of what was acknowledged; empty where nothing. Changes nothing."""
        from broker.store.log_head import NOTHING, log_end

        if not self.url:
            return log_shortfall(self.file)
        known = read_head(head_path(self.file))
        connection = self._on_server("reader")
        try:
            return check_end(
                self.file, known, log_end(connection) if has_tables(connection) else NOTHING
            )
        finally:
            connection.close()

    def danger(self, connection: Connection) -> str:
        """Why what is committed can be lost by the settings of the server; empty where it cannot."""
        if in_file(connection):
            return ""
        from itmo.runtime.db.server import danger_of, standing_of

        found = danger_of(standing_of(cast("PostgresConnection", connection)))
        return found and f"The database {self.shown} {found}"

    def _on_server(self, name: str, most_ms: int = 0) -> PostgresConnection:
        require_driver()
        from itmo.runtime.db.server import open_server

        return open_server(self.url, name, reads=True, most_ms=most_ms)


def groups_of(connection: Connection) -> type[SqliteGroupStore]:
    """What decides groups on the engine of a connection."""
    if in_file(connection):
        from broker.store.sqlite_groups import SqliteGroupStore

        return SqliteGroupStore
    from broker.store.server_groups import ServerGroupStore

    return ServerGroupStore


def require_driver() -> None:
    """Looks whether the driver of PostgreSQL is here.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, with what to install.
    """
    try:
        import psycopg  # noqa: F401 - it is only looked for
    except ImportError as error:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            "The database is on PostgreSQL, whose driver is not installed; install the package with"
            " it: pip install 'itmo-clearing-house[postgresql]'.",
            setting="database.url",
        ) from error


def taken(connection: Connection) -> None:
    """Takes a database for deciding, once its tables are there; a file is its writer's anyway.

    Raises:
        InUse: Another broker has it.
    """
    take = getattr(connection, "take", None)
    if take is not None:
        take()


def made_anew(stored: Connection, regimes: Iterable[Regime]) -> Connection:
    """An empty database of the same engine and version, with tables and guards, that ends when it is closed."""
    if in_file(stored):
        made: Connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False
        )
        made.execute("PRAGMA foreign_keys = ON")
    else:
        from itmo.runtime.db.postgres import PostgresConnection

        made = PostgresConnection(stored.dial)  # type: ignore[attr-defined]  # it is one
        made.execute("BEGIN READ WRITE")
        made.execute(f"CREATE SCHEMA {_FRESH}")
        made.execute(f"SET LOCAL search_path = {_FRESH}")
    SCHEMA.create(made, version_of(stored))
    install(made, regimes)
    return made


@contextmanager
def for_a_while(url: str, regimes: Iterable[Regime]) -> Iterator[Connection]:
    """An empty database open for deciding, in a schema of its own on a server; it goes away afterwards.

    What else is in the database of the URL is not touched, and several may be used at once.

    Raises:
        ProtocolError: DATABASE_UNREACHABLE or CONFIGURATION_INVALID; the error says how to mend it.
    """
    require_driver()
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from broker.store.fence import open_decider
    from itmo.runtime.db.server import open_server

    name = f"{_STORY}_{token_hex(8)}"
    owner = open_server(url, "owner of a schema", reads=False)
    try:
        owner.execute(f"CREATE SCHEMA {name}")
        options = f"{conninfo_to_dict(url).get('options') or ''} -c search_path={name}"
        try:
            with closing(open_decider(make_conninfo(url, options=options), alone=False)) as made:
                SCHEMA.upgrade(made)
                install(made, regimes)
                made.take()
                yield made
        finally:
            owner.execute(f"DROP SCHEMA {name} CASCADE")
    finally:
        owner.close()


def prepare(url: str, regimes: Iterable[Regime]) -> None:
    """Makes the tables in a database on a server, before a broker is set up on it.

    Raises:
        ProtocolError: DATABASE_UNREACHABLE, when it cannot be reached; CONFIGURATION_INVALID, when it cannot
            be used, which the error says how to mend, or belongs to a network.
    """
    connection = Books(Path(), url).open_writer()
    try:
        SCHEMA.upgrade(connection)
        install(connection, regimes)
        known = read_network(connection)
    finally:
        connection.close()
    if known is not None:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The database {Books(Path(), url).shown} belongs to the network {known.network_id}"
            " already; make another one with createdb, or go on with the directory of that broker: where"
            " several brokers share a database, each has a copy of it.",
            setting="database.url",
            found=Books(Path(), url).shown,
        )
