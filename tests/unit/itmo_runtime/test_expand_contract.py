# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Upgrades in two steps: what was added hinders no program of the version before, what is taken away is asked for."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from broker.store import migrate as broker
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.migrations import Schema
from itmo.runtime.db.passing import in_memory
from itmo.runtime.db.revisions import END, revisions_in
from itmo.runtime.db.soundness import schema_faults
from registry_node.store import migrate as node
from tests.kit import later_schema as later

BOTH = pytest.mark.parametrize(
    "schema", [broker.SCHEMA, node.SCHEMA], ids=["broker", "registry_node"]
)

_EXPANDS = re.compile(
    r"CREATE TABLE (?P<table>\w+)"
    r"|CREATE (?P<unique>UNIQUE )?INDEX \w+ ON (?P<indexed>\w+)"
    r"|CREATE TRIGGER \w+ (?:BEFORE|AFTER) .*? ON (?P<guarded>\w+)"
    r"|ALTER TABLE \w+ ADD COLUMN (?P<column>[^,]+)",
    re.IGNORECASE | re.DOTALL,
)
_ASKS = re.compile(r"\b(NOT\s+NULL|CHECK|UNIQUE|PRIMARY|REFERENCES|GENERATED)\b", re.IGNORECASE)

_FILLED = re.compile(r"\bNOT\s+NULL\s+DEFAULT\b", re.IGNORECASE)


def narrowing(sql: str) -> Iterator[str]:
    """Yields the statements of an expanding revision that a program of the version before could trip over.

    It may make tables, indices that refuse nothing, and columns that may stay empty; what it demands
    it may demand of its own tables alone.
    """
    own: set[str] = set()
    for statement in sql.split(END):
        text = "\n".join(
            line for line in statement.splitlines() if not line.startswith("-- ")
        ).strip()
        if not text:
            continue
        found = _EXPANDS.match(text)
        if found is None:
            yield text
        elif found["table"]:
            own.add(found["table"])
        elif (
            (found["column"] and _ASKS.search(_FILLED.sub("", text)))
            or (found["unique"] and found["indexed"] not in own)
            or (found["guarded"] and found["guarded"] not in own)
        ):
            yield text


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(opened()) as made:
        yield made


def opened() -> sqlite3.Connection:
    return in_memory()


def version(database: sqlite3.Connection) -> str:
    ((found,),) = database.execute("SELECT version_num FROM alembic_version")
    return str(found)


def faults(schema: Schema, database: sqlite3.Connection) -> list[str]:
    with closing(opened()) as fresh:
        schema.create(fresh, version(database))
        return list(schema_faults(database, fresh))


def told(use: Callable[[], object]) -> str:
    with pytest.raises(ProtocolError) as caught:
        use()
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    return caught.value.message


@BOTH
def test_the_program_before_goes_on_working_after_an_expansion(
    schema: Schema, tmp_path: Path, database: sqlite3.Connection
) -> None:
    schema.upgrade(database)
    after = later.contracted(schema, tmp_path)
    after.upgrade(database)
    assert version(database) == "0002"  # what takes away is not done by the way
    before = database.total_changes
    schema.upgrade(database)
    schema.check_reader(database, older=False)
    assert (version(database), database.total_changes) == ("0002", before)
    assert faults(schema, database) == []
    assert faults(after, database) == []


@BOTH
def test_the_program_before_is_refused_after_a_contraction(
    schema: Schema, tmp_path: Path, database: sqlite3.Connection
) -> None:
    after = later.contracted(schema, tmp_path)
    schema.upgrade(database)
    after.contract(database)
    assert version(database) == "0003"
    for use in (
        lambda: schema.upgrade(database),
        lambda: schema.contract(database),
        lambda: schema.check_reader(database, older=True),
    ):
        said = told(use)
        assert "has schema version 0003, from which was taken what this program uses" in said
        assert "which knows 0001: it needs a program that knows 0002" in said
    after.upgrade(database)
    assert faults(after, database) == []
    # A release that knows 0002 needs no file of 0003.
    (tmp_path / "0003_later.sql").unlink()
    (tmp_path / "0003_later.py").unlink()
    after.upgrade(database)
    assert faults(after, database) == [
        "the schema: index " + later.dropped(schema).split()[-1] + " was dropped"
    ]


@BOTH
def test_an_expansion_behind_a_contraction_asks_for_it(
    schema: Schema, tmp_path: Path, database: sqlite3.Connection
) -> None:
    schema.upgrade(database)
    after = later.contracted(schema, tmp_path)
    third = later.with_revision(
        after, tmp_path, "-- expand\nCREATE TABLE third (name TEXT) STRICT\n"
    )
    said = told(lambda: third.upgrade(database))
    assert (
        "this program needs 0004, before which 0003 takes away what programs older than 0002 use"
        in said
    )
    assert version(database) == "0001"
    third.contract(database)
    assert version(database) == "0004"


@BOTH
def test_a_new_database_has_all_of_it_and_says_what_was_done(
    schema: Schema, tmp_path: Path
) -> None:
    after = later.contracted(schema, tmp_path)
    for make in (after.upgrade, after.create):
        with closing(opened()) as made:
            make(made)
            steps = made.execute(
                "SELECT version, needs FROM schema_step ORDER BY version"
            ).fetchall()
            assert steps == [("0001", "0001"), ("0002", ""), ("0003", "0002")]
            assert version(made) == "0003"


@BOTH
def test_what_is_missing_is_found_in_an_expanded_database(
    schema: Schema, tmp_path: Path, database: sqlite3.Connection
) -> None:
    """The audit of the program before stays an audit: it overlooks additions alone."""
    schema.upgrade(database)
    later.expanded(schema, tmp_path).upgrade(database)
    name = later.dropped(schema).split()[-1]
    database.execute(f"DROP INDEX {name}")
    database.execute(f"CREATE INDEX {name} ON {later.NOTED} (note)")
    trigger = schema.triggers[0].split()[2]
    database.execute(f"DROP TRIGGER {trigger}")
    assert faults(schema, database) == [
        f"the schema: index {name} was changed",
        f"the schema: trigger {trigger} was dropped",
    ]


def test_a_table_that_lost_a_constraint_is_found_in_an_expanded_database(tmp_path: Path) -> None:
    schema = broker.SCHEMA
    with closing(opened()) as database:
        schema.upgrade(database)
        later.expanded(schema, tmp_path).upgrade(database)
        database.execute("PRAGMA writable_schema = ON")
        database.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ' CHECK (', ' CHECK (1 OR ')"
            " WHERE name = 'log_leaf' OR name = 'unit_block'"
        )
        assert "the schema: table unit_block was changed" in faults(schema, database)


@BOTH
def test_every_revision_says_what_it_is_and_expands_alone(schema: Schema) -> None:
    for revision in revisions_in(schema.revisions)[1:]:
        if not revision.contracts:
            assert list(narrowing(revision.file.read_text(encoding="utf-8"))) == []


def test_a_revision_that_says_nothing_is_found(tmp_path: Path) -> None:
    silent = later.with_revision(node.SCHEMA, tmp_path, "ALTER TABLE alarm ADD COLUMN more TEXT\n")
    with pytest.raises(ValueError, match=r"0002_later\.sql begins neither"):
        _ = silent.newest


@pytest.mark.parametrize(
    ("sql", "narrows"),
    [
        ("CREATE TABLE t (name TEXT NOT NULL CHECK (name <> ''))", False),
        ("ALTER TABLE old ADD COLUMN c TEXT", False),
        ("ALTER TABLE old ADD COLUMN c TEXT NOT NULL DEFAULT ''", False),
        ("ALTER TABLE old ADD COLUMN c TEXT NOT NULL", True),
        ("ALTER TABLE old ADD COLUMN c TEXT CHECK (c <> '')", True),
        ("ALTER TABLE old ADD COLUMN c TEXT REFERENCES t (name)", True),
        ("ALTER TABLE old DROP COLUMN c", True),
        ("ALTER TABLE old RENAME COLUMN c TO d", True),
        ("ALTER TABLE old RENAME TO other", True),
        ("CREATE INDEX i ON old (c)", False),
        ("CREATE UNIQUE INDEX i ON old (c)", True),
        ("CREATE TABLE t (a TEXT)\n--\nCREATE UNIQUE INDEX i ON t (a)", False),
        ("CREATE TRIGGER g BEFORE INSERT ON old BEGIN SELECT RAISE(ABORT, 'no'); END", True),
        ("DROP TABLE old", True),
        ("DROP INDEX i", True),
        ("UPDATE old SET c = ''", True),
        ("DELETE FROM old", True),
    ],
)  # fmt: skip
def test_what_expands_and_what_does_not(sql: str, narrows: bool) -> None:
    assert bool(list(narrowing(f"-- expand\n{sql}\n"))) == narrows


def test_a_program_that_forgot_its_revision_is_told_as_before(
    tmp_path: Path, database: sqlite3.Connection
) -> None:
    forgotten = replace(node.SCHEMA, metadata=later.with_columns(node.SCHEMA))
    node.SCHEMA.upgrade(database)
    assert "lacks column added_later" in told(lambda: forgotten.upgrade(database))
