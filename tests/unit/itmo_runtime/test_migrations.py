# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Schema versions of both programs: revisions make the tables, and other versions are told plainly."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Text

from broker.store import migrate as broker
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.migrations import Schema
from itmo.runtime.db.passing import in_memory
from itmo.runtime.db.soundness import schema_faults
from registry_node.store import migrate as node
from tests.kit.later_schema import with_revision

BOTH = pytest.mark.parametrize(
    "schema", [broker.SCHEMA, node.SCHEMA], ids=["broker", "registry_node"]
)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(empty()) as made:
        yield made


def empty() -> sqlite3.Connection:
    return in_memory()


def missing(schema: Schema) -> list[str]:
    """What the revisions of a program do not make of its tables."""
    with closing(empty()) as made, closing(empty()) as expected:
        schema.create(made)
        for statement in schema.sql().split("\n--\n"):
            expected.execute(statement)
        return list(schema_faults(made, expected))


def with_column(schema: Schema) -> Schema:
    """The schema of a developer who adds a column and forgets the revision."""
    changed = MetaData()
    for table in schema.metadata.sorted_tables:
        table.to_metadata(changed)
    changed.sorted_tables[0].append_column(Column("added", Text, nullable=True))
    return replace(schema, metadata=changed)


def next_release(schema: Schema, folder: Path, more: str = "") -> Schema:
    """The schema of a later version, with a second revision."""
    changed = with_column(schema)
    table = changed.metadata.sorted_tables[0].name
    return with_revision(
        changed, folder, f"-- expand\nALTER TABLE {table} ADD COLUMN added TEXT\n{more}"
    )


@BOTH
def test_the_revisions_make_the_tables(schema: Schema) -> None:
    assert missing(schema) == [], f"run: python -m {schema.program.partition(' ')[0]}.store.migrate"


@BOTH
def test_a_column_that_no_revision_makes_is_found(schema: Schema) -> None:
    table = schema.metadata.sorted_tables[0].name
    assert f"the schema: table {table} was changed" in missing(with_column(schema))


@BOTH
def test_the_first_revision_is_generated(schema: Schema) -> None:
    """Until the first release; then it is frozen, and only what the revisions make is compared."""
    committed = (schema.revisions / "0001_initial.sql").read_text(encoding="utf-8")
    assert committed == schema.sql()


@BOTH
def test_an_upgrade_and_a_database_in_memory_are_one_schema(
    schema: Schema, database: sqlite3.Connection
) -> None:
    schema.upgrade(database)
    with closing(empty()) as made:
        schema.create(made)
        assert list(schema_faults(database, made)) == []
        assert counted(database) == counted(made) == schema.versions[-1]


@BOTH
def test_an_upgrade_twice_changes_nothing(schema: Schema, database: sqlite3.Connection) -> None:
    schema.upgrade(database)
    before = database.total_changes
    schema.upgrade(database)
    assert database.total_changes == before


@BOTH
def test_an_older_database_is_brought_up_to_date(schema: Schema, tmp_path: Path) -> None:
    later = next_release(schema, tmp_path)
    with closing(empty()) as old:
        schema.upgrade(old)
        later.upgrade(old)
        assert counted(old) == "0002"
        later.upgrade(old)


@BOTH
def test_an_upgrade_that_fails_leaves_the_older_database(schema: Schema, tmp_path: Path) -> None:
    later = next_release(schema, tmp_path, "--\nDROP TABLE no_such\n")
    with closing(empty()) as old, closing(empty()) as as_before:
        schema.upgrade(old)
        schema.upgrade(as_before)
        with pytest.raises(Exception, match="no_such"):
            later.upgrade(old)
        assert counted(old) == "0001"
        assert list(schema_faults(old, as_before)) == []


@BOTH
def test_an_older_database_is_not_read(schema: Schema, tmp_path: Path) -> None:
    path = stored(schema, tmp_path)
    (tmp_path / "later").mkdir()
    later = next_release(schema, tmp_path / "later")
    assert told(lambda: later.open_reader(path)) == (
        f"The database {path} has schema version 0001, this program reads 0002;"
        f" `{schema.program}` brings it up to date (see upgrading.md)."
    )
    later.open_reader(path, older=True).close()  # a back-up may be made of it


@BOTH
def test_a_newer_database_is_refused(schema: Schema, tmp_path: Path) -> None:
    path = stored(schema, tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        for use in (lambda: schema.upgrade(opened), lambda: schema.open_reader(path)):
            assert told(use) == (
                f"The database {path} has schema version 9999, this program knows 0001; start the"
                " later version of the program that wrote it."
            )


@BOTH
def test_a_database_without_a_version_is_refused(schema: Schema, tmp_path: Path) -> None:
    path = stored(schema, tmp_path, "DROP TABLE alembic_version")
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        for use in (lambda: schema.upgrade(opened), lambda: schema.open_reader(path)):
            assert told(use).startswith(f"The database {path} has tables but no schema version")


@BOTH
def test_a_database_that_lacks_a_column_is_refused(
    schema: Schema, database: sqlite3.Connection
) -> None:
    schema.upgrade(database)
    table = schema.metadata.sorted_tables[0].name
    said = told(lambda: with_column(schema).upgrade(database))
    assert f"lacks column added of table {table}, which schema version 0001 has" in said


@BOTH
def test_every_table_is_strict(schema: Schema, database: sqlite3.Connection) -> None:
    schema.create(database)
    tables = database.execute("PRAGMA table_list").fetchall()
    loose = {row[1] for row in tables if row[2] == "table" and not row[5]}
    assert {name for name in loose if not name.startswith("sqlite_")} == {
        "alembic_version",
        "schema_step",
    }


@BOTH
def test_triggers_have_names_of_their_own(schema: Schema) -> None:
    names = [sql.split()[2] for sql in schema.triggers]
    assert sorted(set(names)) == sorted(names)


def stored(schema: Schema, folder: Path, *changes: str) -> Path:
    path = folder / "stored.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as made:
        schema.upgrade(made)
        for sql in changes:
            made.execute(sql)
    return path


def counted(database: sqlite3.Connection) -> str:
    ((version,),) = database.execute("SELECT version_num FROM alembic_version")
    return str(version)


def told(use: Callable[[], object]) -> str:
    with pytest.raises(ProtocolError) as caught:
        use()
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    return caught.value.message
