# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Migrations make the very schema that the program expects."""

from __future__ import annotations

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from broker.app import memory_database
from broker.store import migrate, schema
from broker.store.triggers import TRIGGERS

Objects = dict[str, tuple[str, str]]


def objects(connection: sqlite3.Connection) -> Objects:
    """Tables, indexes and triggers, with their SQL."""
    return {
        name: (kind, " ".join((sql or "").split()))
        for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master")
        if name != "alembic_version" and not name.startswith("sqlite_autoindex_alembic")
    }


def empty() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def test_migrations_lead_to_the_tables_of_the_program() -> None:
    migrated, made = empty(), empty()
    migrate.upgrade(migrated)
    for statement in migrate.current_sql().split("\n--\n"):
        made.execute(statement)
    assert objects(migrated) == objects(made)
    assert objects(memory_database()) == objects(made)


def test_sqlalchemy_finds_no_difference() -> None:
    connection = empty()
    migrate.upgrade(connection)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    with engine.connect() as bound:
        context = MigrationContext.configure(bound, opts={"compare_type": False})
        assert compare_metadata(context, schema.metadata) == []


def test_an_upgrade_twice_changes_nothing() -> None:
    connection = empty()
    migrate.upgrade(connection)
    before = objects(connection)
    migrate.upgrade(connection)
    assert objects(connection) == before


def test_a_database_of_a_newer_program_is_refused() -> None:
    connection = empty()
    migrate.upgrade(connection)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CommandError):
        migrate.upgrade(connection)


def test_every_table_is_strict() -> None:
    tables = memory_database().execute("PRAGMA table_list").fetchall()
    loose = [row[1] for row in tables if row[2] == "table" and not row[5]]
    assert [name for name in loose if not name.startswith("sqlite_")] == []


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda sql: sql.split()[2])
def test_triggers_have_names_of_their_own(trigger: str) -> None:
    names = [each.split()[2] for each in TRIGGERS]
    assert names.count(trigger.split()[2]) == 1
