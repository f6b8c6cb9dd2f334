# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Made-up later versions of a schema, with revisions as releases will have them.

0002 expands: every table gets a column more, and there is one table more. 0003 contracts: an index
goes that programs of 0001 expect.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import Schema, version_of
from itmo.runtime.db.revisions import END

ADDED, NOTED = "added_later", "noted_later"
_REVISION = """
from itmo.runtime.db.migrations import run_beside
revision = {version!r}
down_revision = {before!r}
def upgrade():
    run_beside(__file__)
"""
NOTED_TABLE = f"CREATE TABLE {NOTED} (name TEXT NOT NULL, note TEXT, PRIMARY KEY (name))"


def with_revision(schema: Schema, folder: Path, sql: str, server_sql: str = "") -> Schema:
    """A schema with one revision more, in a folder of its own or in that of the schema."""
    number = int(schema.newest)
    before, version = f"{number:04}", f"{number + 1:04}"
    (folder / "postgresql").mkdir(parents=True, exist_ok=True)
    if schema.revisions != folder:
        for file in (*schema.revisions.glob("*.*"), *schema.revisions.glob("postgresql/*.sql")):
            (folder / file.relative_to(schema.revisions)).write_bytes(file.read_bytes())
    name = f"{version}_later"
    (folder / f"{name}.py").write_text(_REVISION.format(version=version, before=before))
    (folder / f"{name}.sql").write_text(sql)
    (folder / "postgresql" / f"{name}.sql").write_text(server_sql or sql)
    return replace(schema, revisions=folder)


def with_columns(schema: Schema) -> MetaData:
    """The tables of a schema with a column more each, and one table more."""
    changed = MetaData()
    for table in schema.metadata.sorted_tables:
        table.to_metadata(changed).append_column(Column(ADDED, Text, nullable=True))
    Table(NOTED, changed, Column("name", Text, primary_key=True), Column("note", Text))
    return changed


def expanded(schema: Schema, folder: Path) -> Schema:
    """The release after: it expands."""
    tables = [table.name for table in schema.metadata.sorted_tables]
    columns = [f"ALTER TABLE {name} ADD COLUMN {ADDED} TEXT" for name in tables]
    sql, server = (
        f"-- expand\n{END.join((*columns, made))}\n"
        for made in (f"{NOTED_TABLE} STRICT", NOTED_TABLE)
    )
    return replace(with_revision(schema, folder, sql, server), metadata=with_columns(schema))


def contracted(schema: Schema, folder: Path, what: str = "") -> Schema:
    """The same release with what it takes away afterwards: something that 0001 uses and 0002 does not."""
    later = expanded(schema, folder)
    return with_revision(later, folder, f"-- contract: needs 0002\n{what or dropped(schema)}\n")


def dropped(schema: Schema) -> str:
    """Takes an index away that programs expect."""
    names = sorted(str(i.name) for table in schema.metadata.sorted_tables for i in table.indexes)
    return f"DROP INDEX {names[0]}"


def extend_databases(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Has every database that is opened for writing extended by the next version, as soon as it is there."""
    upgrade = Schema.upgrade

    def extended(schema: Schema, connection: Connection) -> None:
        if version_of(connection) == "":
            upgrade(schema, connection)
            after = folder / schema.program.replace(" ", "-")
            upgrade(expanded(schema, after), connection)
        upgrade(schema, connection)

    monkeypatch.setattr(Schema, "upgrade", extended)
