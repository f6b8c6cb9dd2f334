# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Brings a database to the schema of this version.

Revisions are SQL files that are frozen once released; a test compares what they make with the
tables of `schema`. `python -m broker.store.migrate` prints the SQL of the tables as they are now.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

from broker.store import (  # their tables belong to the schema
    activity_schema,  # noqa: F401  # as above
    clock_schema,  # noqa: F401  # as above
    event_schema,  # noqa: F401  # as above
    notice_schema,  # noqa: F401  # as above
    sharing_schema,  # noqa: F401  # as above
)
from broker.store.schema import metadata
from broker.store.triggers import TRIGGERS

MIGRATIONS: Final = Path(__file__).parent / "migrations"
INITIAL: Final = MIGRATIONS / "versions" / "0001_initial.sql"


def upgrade(connection: sqlite3.Connection) -> None:
    """Brings the database behind a connection to the newest revision.

    Raises:
        alembic.util.CommandError: the database is of a newer version than this program.
    """
    # isolation_level None belongs to our connections; Alembic commits for itself.
    engine = create_engine(
        "sqlite://", creator=lambda: connection, poolclass=StaticPool, isolation_level="AUTOCOMMIT"
    )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as bound:
        config.attributes["connection"] = bound
        command.upgrade(config, "head")


def run_script(run: Callable[[str], object], path: Path) -> None:
    """Runs each statement of a SQL file; statements are separated by a line of two dashes."""
    for statement in path.read_text(encoding="utf-8").split("\n--\n"):
        if statement.strip():
            run(statement)


def create(connection: sqlite3.Connection) -> None:
    """Makes the schema in an empty database, without the bookkeeping of revisions: for memory."""
    run_script(connection.execute, INITIAL)


def current_sql() -> str:
    """The SQL of every table, index and trigger as `schema` and `triggers` have them."""
    dialect = sqlite.dialect()
    parts = []
    for table in metadata.sorted_tables:
        parts.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        parts.extend(
            str(CreateIndex(index).compile(dialect=dialect)).strip()
            for index in sorted(table.indexes, key=lambda i: str(i.name))
        )
    parts.extend(TRIGGERS)
    return "\n--\n".join(parts) + "\n"


if __name__ == "__main__":
    print(current_sql(), end="")  # noqa: T201  # a developer's command
