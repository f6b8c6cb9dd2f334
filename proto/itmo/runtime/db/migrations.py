# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Schema versions of a database: what stands in it, what the program needs, and the way between.

A revision is a SQL file and a few lines for Alembic beside it. Both are frozen once released; a
test compares what all of them make with the program's tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import MetaData, create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection, Cursor
from itmo.runtime.db.postgres_schema import FUNCTIONS, Disjoint, guards, tables
from itmo.runtime.db.sqlite import open_reader

VERSION_TABLE: Final = "alembic_version"
_SCRIPTS: Final = Path(__file__).parent / "alembic_scripts"
_END: Final = "\n--\n"
"""Ends a statement of a revision; a trigger holds semicolons of its own."""
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table'"
_COLUMNS: Final = (
    "SELECT t.name, c.name FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c"
    " WHERE t.type = 'table'"
)
_COUNT: Final = f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
_FILE: Final = "SELECT file FROM pragma_database_list WHERE name = 'main'"
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
        disjoint: Ranges that PostgreSQL keeps apart by constraints, in the place of triggers.
        besides: SQL of what only a database on a server needs.
    """

    revisions: Path
    metadata: MetaData
    triggers: tuple[str, ...]
    program: str
    disjoint: tuple[Disjoint, ...] = ()
    besides: tuple[str, ...] = ()

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that this program knows, oldest first."""
        return tuple(file.name.partition("_")[0] for file in self._files())

    def upgrade(self, connection: Connection) -> None:
        """Brings the database behind a connection to the newest version, in one transaction.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when it is of a version that this program does
                not know, or lacks columns that its version has.
        """
        found = version_of(connection)
        self._refuse_unknown(connection, found)
        if found != self.newest:
            self._run_alembic(connection)
        self._refuse_other_columns(connection)

    def create(self, connection: Connection) -> None:
        """Makes the newest schema in an empty database that ends with the process."""
        for file in self._files():
            run_script(connection.execute, file if in_file(connection) else _for_server(file))
        connection.execute(_COUNT)
        connection.execute(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (self.newest,))  # noqa: S608  # a name of ours

    @property
    def newest(self) -> str:
        """The version that this program reads and writes."""
        return self.versions[-1]

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
        if found not in {"", self.newest} and not older:
            raise _refused(
                connection,
                f"has schema version {found}, this program reads {self.newest};"
                f' `{self.program}` brings it up to date (see "Upgrade" in operating.md).',
                found,
                self.newest,
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
        return _END.join((*parts, *self.triggers)) + "\n"

    def sql_for_server(self) -> str:
        """The same for PostgreSQL."""
        made = guards(self.triggers, self.disjoint)
        return _END.join((*FUNCTIONS, *tables(self.metadata), *made, *self.besides)) + "\n"

    def _files(self) -> list[Path]:
        return sorted(self.revisions.glob("*.sql"))

    def _run_alembic(self, connection: Connection) -> None:
        # Alembic takes its time to import, and a database that is up to date does not need it.
        from alembic import command
        from alembic.config import Config

        driver = "sqlite" if in_file(connection) else "postgresql+psycopg"
        raw: Any = connection if in_file(connection) else getattr(connection, "raw")  # noqa: B009
        engine = create_engine(f"{driver}://", creator=lambda: raw, poolclass=StaticPool)
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.set_main_option("version_locations", str(self.revisions))
        config.set_main_option("path_separator", "newline")
        with engine.begin() as bound:
            # Our connections begin no transaction of their own; engine and Alembic end this one.
            bound.exec_driver_sql("BEGIN IMMEDIATE" if in_file(connection) else "BEGIN")
            config.attributes["connection"] = bound
            command.upgrade(config, "head")

    def _refuse_unknown(self, connection: Connection, found: str) -> None:
        if not found and _asked(connection, _TABLES).fetchone() is not None:
            raise _refused(
                connection,
                "has tables but no schema version: it was made before versions were counted, or by"
                " another program. Put back a back-up that has one, or begin with a new database.",
                "none",
                self.newest,
            )
        if found and found not in self.versions:
            raise _refused(
                connection,
                f"has schema version {found}, this program knows {self.newest}; start the later version"
                " of the program that wrote it.",
                found,
                self.newest,
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


def run_script(run: Callable[[str], object], path: Path) -> None:
    """Runs each statement of a SQL file."""
    for statement in path.read_text(encoding="utf-8").split(_END):
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
    return VERSION_TABLE in {name for (name,) in _asked(connection, _TABLES)}


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
