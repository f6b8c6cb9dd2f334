# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows are written by one statement on a server, and questions are answered in one trip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
)

from itmo.runtime.db.outages import Violated
from itmo.runtime.db.postgres import PostgresConnection
from itmo.runtime.db.postgres_rows import over_rows
from itmo.runtime.db.rows import Write, add, change, drop, put
from itmo.runtime.db.server import open_server
from itmo.runtime.db.statement import Statement
from tests.kit.postgres import shared_server, traced

PIECE = Table(
    "piece",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("size", Integer),
    Column("held", LargeBinary),
)
ROWS = [("a", 1, b"\0x"), ("b", None, None), ("ß", -(2**63), b""), ("", 2**63 - 1, b"y")]
ALL = "SELECT name, size, held FROM piece ORDER BY name"


@dataclass
class Piece:
    name: str
    size: int | None
    held: bytes | None


@pytest.fixture
def connection() -> Iterator[PostgresConnection]:
    made = open_server(shared_server().fresh(), "test", reads=False)
    made.execute('CREATE TABLE piece (name TEXT COLLATE "C" PRIMARY KEY, size BIGINT, held BYTEA)')
    yield made
    made.close()


def test_rows_are_written_by_one_statement(connection: PostgresConnection) -> None:
    put_piece = put(PIECE)
    rows = [Piece(*each) for each in ROWS]
    put_piece.many(connection, rows)  # prepared
    with traced(connection) as found:
        put_piece.many(connection, rows)
    assert found.trips == 1
    assert connection.execute(ALL).fetchall() == sorted(ROWS)
    resized = change(PIECE, ["name"], ["size"])
    assert resized.many(connection, [Piece("a", 7, None), Piece("none", 7, None)]) == 1
    assert drop(PIECE, ["name"]).many(connection, rows[1:]) == 3
    assert connection.execute(ALL).fetchall() == [("a", 7, b"\0x")]
    with pytest.raises(Violated):
        add(PIECE).many(connection, rows)


def test_what_hangs_on_the_rows_before_is_done_row_by_row(connection: PostgresConnection) -> None:
    counted = cast(func.count(), Text) + bindparam("name", type_=Text)
    copied = insert(PIECE).from_select(["name"], select(counted).select_from(PIECE))
    with pytest.raises(ValueError, match="without values"):
        over_rows(Write(copied).sql)
    Write(copied, one_by_one=True).run(connection, [("x",), ("y",)])
    assert [row[0] for row in connection.execute(ALL)] == ["0x", "1y"]


def test_what_is_asked_ahead_is_answered_until_something_is_written(
    connection: PostgresConnection,
) -> None:
    add(PIECE).many(connection, [Piece(*each) for each in ROWS])
    named = Statement(select(PIECE.c.size).where(PIECE.c.name == text(":name")))
    asked = [(named, {"name": "a"}), (ALL, ()), (named, {"name": "none"})]

    def ask() -> None:
        connection.ahead(asked)
        for _ in range(2):
            assert connection.execute(named, {"name": "a"}).fetchone() == (1,)
            assert connection.execute(ALL).fetchall() == sorted(ROWS)
            assert connection.execute(named, {"name": "none"}).fetchall() == []

    connection.execute("BEGIN IMMEDIATE")
    ask()
    connection.execute("COMMIT")
    connection.execute("BEGIN IMMEDIATE")
    with traced(connection) as found:
        ask()
    assert found.trips == 1
    drop(PIECE, ["name"]).many(connection, [Piece("a", None, None)])
    assert connection.execute(named, {"name": "a"}).fetchone() is None
    connection.execute("ROLLBACK")
    assert connection.execute(named, {"name": "a"}).fetchone() == (1,)
