# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Schema versions of a database: what stands in it, what the program needs, and the way between.

A revision is a SQL file and a few lines for Alembic beside it. Both are frozen once released; a
test compares what all of them make with the program's tables. One that expands is done by whoever
serves; one that contracts is asked for by a person, see `itmo.runtime.db.revisions`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, MetaData, create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection, Cursor
from itmo.runtime.db.passing import in_memory
from itmo.runtime.db.postgres_schema import FUNCTIONS, guard, tables
from itmo.runtime.db.revisions import (
    END,
    STEPS,
    STEPS_TABLE,
    Revision,
    note,
    revisions_in,
    steps_after,
)
from itmo.runtime.db.sqlite import open_reader

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE: Final = "alembic_version"
_SCRIPTS: Final = Path(__file__).parent / "alembic_scripts"
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table'"
_COLUMNS: Final = (
    "SELECT t.name, c.name FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c"
    " WHERE t.type = 'table'"
)
_COUNT: Final = f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
_FILE: Final = "SELECT file FROM pragma_database_list WHERE name = 'main'"
_CHANGING: Final = 0x69746D6F0001
"""The advisory lock of whoever changes a schema."""
_LOCK_MS: Final = 2_000
"""How long a change of schema waits for a table: whoever comes later waits behind it."""
_TRIES: Final = 15
"""Half a minute of that."""
_HELD: Final = ("55P03", "40P01")
"""What a server says to whom waited for too long, or is in a ring of those who wait."""
_POSTGRESQL: Final = {
    _TABLES: "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
    _COLUMNS: "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = current_schema()",
    _FILE: "SELECT current_database()",
}
"""The same questions to the other engine."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of a program.

    Attributes:
        revisions: The folder of its revisions: `0001_initial.py` and `0001_initial.sql`.
        metadata: The tables that all revisions together make.
        triggers: The triggers that they make, as SQL.
        program: The command that serves the database, such as `broker serve`.
        besides: SQL of what only a database on a server needs.
        holds: SQL that holds off whoever writes to a database on a server, until the transaction ends.
        fences: SQL that tells processes on a server the oldest version that they have to know.
    """

    revisions: Path
    metadata: MetaData
    triggers: tuple[str, ...]
    program: str
    besides: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    fences: tuple[str, ...] = ()

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that this program knows, oldest first."""
        return tuple(each.version for each in self._revisions())

    @property
    def newest(self) -> str:
        """The version that this program knows last."""
        return self.versions[-1]

    @property
    def needed(self) -> str:
        """The oldest version with all that this program uses: later ones take away what it does not."""
        known = self._revisions()
        return next((each for each in reversed(known) if not each.contracts), known[0]).version

    def upgrade(self, connection: Connection) -> None:
        """Brings the database behind a connection to a version that this program can use, in one transaction.

        It is left alone where it has one, and a new one gets the newest. Programs of the version before
        can use what comes of it.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when it is of a version that this program cannot
                use, lacks columns that its version has, or has to be contracted first.
        """
        found = version_of(connection)
        self._refuse_unknown(connection, found)
        if found < self.needed:
            waiting = [each for each in self.waiting(connection) if each.version <= self.needed]
            if found and (first := next((each for each in waiting if each.contracts), None)):
                raise self._contract_first(connection, found, first)
            self._run(connection, self.needed if found else self.newest)
        self._refuse_other_columns(connection)

    def contract(self, connection: Connection) -> None:
        """Brings a database to the newest version, whatever that takes away; raises as `upgrade`.

        Whoever asks for it knows that no program is running which needs what is taken away.
        """
        found = version_of(connection)
        self._refuse_unknown(connection, found)
        if found < self.newest:
            self._run(connection, self.newest)
        self._refuse_other_columns(connection)

    def waiting(self, connection: Connection) -> tuple[Revision, ...]:
        """The revisions that this program knows and a database has not had yet."""
        found = version_of(connection)
        return tuple(each for each in self._revisions() if each.version > found)

    def create(self, connection: Connection, version: str = "") -> None:
        """Makes the schema in an empty database that ends with the process.

        Args:
            connection: The database.
            version: Of the schema, where this program knows it; the newest otherwise.
        """
        upto = version if version in self.versions else self.newest
        steps = tuple(each for each in self._revisions() if each.version <= upto)
        if (
            isinstance(connection, sqlite3.Connection)
            and not _asked(connection, _FILE).fetchone()[0]
        ):
            mark = connection.execute("PRAGMA application_id").fetchone()[0]
            _made(steps).backup(connection)
            connection.execute(f"PRAGMA application_id = {mark}")
        else:
            _make(connection, steps)

    def open_reader(self, path: Path, *, older: bool = False) -> sqlite3.Connection:
        """Opens an existing database for reading only.

        Args:
            path: The file.
            older: Whether an older version will do, as for a back-up before an upgrade.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when there is none, or it has not the version that
                this program reads.
        """
        connection = open_reader(path)
        try:
            self.check_reader(connection, older=older)
        except BaseException:
            connection.close()
            raise
        return connection

    def check_reader(self, connection: Connection, *, older: bool) -> None:
        """Looks whether a database can be read; raises as `open_reader`."""
        found = version_of(connection)
        self._refuse_unknown(connection, found)
        if found and found < self.needed and not older:
            raise _refused(
                connection,
                f"has schema version {found}, this program reads {self.needed};"
                f" `{self.program}` brings it up to date (see upgrading.md).",
                found,
                self.needed,
            )

    def sql(self) -> str:
        """The SQL of every table, index and trigger as the program has them: for a new revision."""
        dialect = sqlite.dialect()
        parts = []
        for table in self.metadata.sorted_tables:
            parts.append(str(CreateTable(table).compile(dialect=dialect)).strip())
            parts.extend(
                str(CreateIndex(index).compile(dialect=dialect)).strip()
                for index in sorted(table.indexes, key=lambda i: str(i.name))
            )
        return END.join((*parts, *self.triggers)) + "\n"

    def sql_for_server(self) -> str:
        """The same for PostgreSQL."""
        made = [part for trigger in self.triggers for part in guard(trigger)[:2]]
        return END.join((*FUNCTIONS, *tables(self.metadata), *made, *self.besides)) + "\n"

    def _revisions(self) -> tuple[Revision, ...]:
        return revisions_in(self.revisions)

    def _run(self, connection: Connection, version: str) -> None:
        """Has Alembic bring a database to a version."""
        # Alembic takes its time to import, and a database that is up to date does not need it.
        from alembic.config import Config

        here = in_file(connection)
        driver = "sqlite" if here else "postgresql+psycopg"
        raw: Any = connection if here else getattr(connection, "raw")  # noqa: B009
        engine = create_engine(f"{driver}://", creator=lambda: raw, poolclass=StaticPool)
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.set_main_option("version_locations", str(self.revisions))
        config.set_main_option("path_separator", "newline")
        for tried in range(1, _TRIES + 1):
            try:
                self._once(connection, engine, config, version)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", "") not in _HELD:
                    raise
                if tried == _TRIES:
                    raise _refused(
                        connection,
                        "could not be changed: a table is held by something that takes long, such as a"
                        " report or pg_dump. Nothing was changed; try again when that has ended.",
                        version_of(connection),
                        version,
                    ) from error
            else:
                return

    def _once(self, connection: Connection, engine: Engine, config: Config, version: str) -> None:
        from alembic import command

        here = in_file(connection)
        with engine.begin() as bound:
            # Our connections begin no transaction of their own; engine and Alembic end this one.
            bound.exec_driver_sql("BEGIN IMMEDIATE" if here else "BEGIN")
            if not here:
                self._hold_off(connection, bound.exec_driver_sql)
            waiting = [each for each in self.waiting(connection) if each.version <= version]
            if not waiting:  # another process was faster
                return
            bound.exec_driver_sql(STEPS_TABLE)
            config.attributes["connection"] = bound
            command.upgrade(config, version)
            for each in waiting:
                note(connection, each)
            if not here and any(each.contracts for each in waiting):
                needs = max(each.needs for each in waiting)
                for sql in self.fences:
                    connection.execute(sql, (needs,))

    def _hold_off(self, connection: Connection, run: Callable[[str], object]) -> None:
        """Lets one process at a time change a schema on a server, and nobody write meanwhile."""
        run(f"SELECT pg_advisory_xact_lock({_CHANGING})")
        run(f"SET LOCAL lock_timeout = {_LOCK_MS}")
        if has_tables(connection):
            for sql in self.holds:
                run(sql)

    def _refuse_unknown(self, connection: Connection, found: str) -> None:
        if not found and _asked(connection, _TABLES).fetchone() is not None:
            raise _refused(
                connection,
                "has tables but no schema version: it was made before versions were counted, or by"
                " another program. Put back a back-up that has one, or begin with a new database.",
                "none",
                self.newest,
            )
        if not found or found in self.versions:
            return
        later = steps_after(connection, self.newest) if _has(connection, STEPS) else []
        if not later or later[-1].version != found:
            raise _refused(
                connection,
                f"has schema version {found}, this program knows {self.newest}; start the later version"
                " of the program that wrote it.",
                found,
                self.newest,
            )
        needs = max(each.needs for each in later)
        if needs > self.newest:
            raise _refused(
                connection,
                f"has schema version {found}, from which was taken what this program uses, which knows"
                f" {self.newest}: it needs a program that knows {needs}. Start that one; the way back is"
                ' a back-up from before (see "The way back" in upgrading.md).',
                found,
                self.newest,
            )

    def _contract_first(self, connection: Connection, found: str, first: Revision) -> ProtocolError:
        program = self.program.partition(" ")[0]
        return _refused(
            connection,
            f"has schema version {found}, and this program needs {self.needed}, before which"
            f" {first.version} takes away what programs older than {first.needs} use. Once none of"
            f" them is left, run `{program} migrate --contract` (see upgrading.md).",
            found,
            self.needed,
        )

    def _refuse_other_columns(self, connection: Connection) -> None:
        found = set(_asked(connection, _COLUMNS).fetchall())
        expected = {
            (table.name, column.name)
            for table in self.metadata.sorted_tables
            for column in table.columns
        }
        for table, column in sorted(expected - found):
            raise _refused(
                connection,
                f"lacks column {column} of table {table}, which schema version"
                f" {self.newest} has: it was changed, or made by an unreleased version of the"
                " program. Put back a back-up that has it, or begin with a new database.",
                self.newest,
                f"{table}.{column}",
            )


def _make(connection: Connection, steps: tuple[Revision, ...]) -> None:
    here = in_file(connection)
    connection.execute(_COUNT)
    connection.execute(STEPS_TABLE)
    for each in steps:
        run_script(connection.execute, each.file if here else _for_server(each.file))
        note(connection, each)
    connection.execute(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (steps[-1].version,))  # noqa: S608  # a name of ours


@lru_cache(maxsize=8)
def _made(steps: tuple[Revision, ...]) -> sqlite3.Connection:
    """An empty database in memory, to be copied: that takes a thirtieth of the time of making one."""
    made = in_memory()
    _make(made, steps)
    return made


def run_script(run: Callable[[str], object], path: Path) -> None:
    """Runs each statement of a SQL file."""
    for statement in path.read_text(encoding="utf-8").split(END):
        if statement.strip():
            run(statement)


def run_beside(revision: str) -> None:
    """Runs the SQL beside a revision; called by Alembic's functions of that revision.

    Args:
        revision: The file of the revision.
    """
    from alembic import op

    bind = op.get_bind()
    file = Path(revision).with_suffix(".sql")
    run_script(bind.exec_driver_sql, file if bind.dialect.name == "sqlite" else _for_server(file))


def in_file(connection: Connection) -> bool:
    """Whether a database is a file of this machine, and not on a server."""
    return isinstance(connection, sqlite3.Connection)


def _asked(connection: Connection, question: str) -> Cursor:
    return connection.execute(question if in_file(connection) else _POSTGRESQL[question])


def _for_server(file: Path) -> Path:
    return file.parent / "postgresql" / file.name


def has_tables(connection: Connection) -> bool:
    """Whether a database has the tables of a program."""
    return _has(connection, VERSION_TABLE)


def _has(connection: Connection, table: str) -> bool:
    return table in {name for (name,) in _asked(connection, _TABLES)}


def version_of(connection: Connection) -> str:
    """The schema version of a database; empty where it has none."""
    if not has_tables(connection):
        return ""
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608  # as above
    return "" if row is None else str(row[0])


def _refused(connection: Connection, fault: str, found: str, expected: str) -> ProtocolError:
    ((file,),) = _asked(connection, _FILE).fetchall()
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"The database {file} {fault}",
        setting="database",
        found=found,
        expected=expected,
    )
