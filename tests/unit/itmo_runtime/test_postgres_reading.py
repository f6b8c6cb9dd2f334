# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transaction that only reads ends without costing the connection what it has prepared, and undoes no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from itmo.runtime.db.outages import ConnectionLost, Refused
from itmo.runtime.db.postgres import PostgresConnection
from itmo.runtime.db.server import open_server
from tests.kit.postgres import shared_server

KEPT = "SELECT size FROM piece"
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement = ?"


@pytest.fixture
def connection() -> Iterator[PostgresConnection]:
    made = open_server(shared_server().fresh(), "test", reads=False)
    made.execute("CREATE TABLE piece (size BIGINT)")
    yield made
    made.close()


def test_what_was_prepared_outlives_a_transaction_that_only_read(
    connection: PostgresConnection,
) -> None:
    for _ in range(2):
        connection.execute("BEGIN")
        assert connection.execute(KEPT).fetchall() == []
        connection.execute("ROLLBACK")
        assert not connection.in_transaction
        assert connection.execute(PREPARED, (KEPT,)).fetchone() == (1,)


def broken(connection: PostgresConnection) -> None:
    with pytest.raises(Refused):
        connection.execute("SELECT nothing FROM piece")
    connection.execute("ROLLBACK")


ENDINGS: dict[str, Callable[[PostgresConnection], object]] = {
    "undone": lambda connection: connection.execute("ROLLBACK"),
    "committed": lambda connection: connection.execute("COMMIT"),
    "committed by a method": lambda connection: connection.commit(),
    "failed": broken,
    "lost": lambda connection: connection.raw.close(),
    "ended behind its back": lambda connection: connection.raw.execute("COMMIT"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("within", ["a transaction", "a with statement"])
def test_what_is_written_behind_one_that_read_is_undone(
    connection: PostgresConnection, ending: str, within: str
) -> None:
    """Whichever way the one that read has ended."""
    connection.execute("BEGIN")
    connection.execute(KEPT)
    ENDINGS[ending](connection)
    if within == "a transaction":
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO piece VALUES (1)")
        connection.execute("ROLLBACK")
    else:
        with pytest.raises(ZeroDivisionError), connection:  # noqa: PT012  # it is what undoes
            connection.execute("INSERT INTO piece VALUES (1)")
            raise ZeroDivisionError
    assert connection.execute(KEPT).fetchall() == []


def test_a_transaction_that_reads_cannot_write(connection: PostgresConnection) -> None:
    connection.execute("BEGIN")
    with pytest.raises(ConnectionLost):
        connection.execute("INSERT INTO piece VALUES (1)")
    assert connection.execute(KEPT).fetchall() == []
