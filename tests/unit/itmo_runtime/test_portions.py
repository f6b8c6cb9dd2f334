# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Very many rows come in portions, in order, beside other statements, and whatever becomes of the transaction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from itmo.runtime.db import postgres
from itmo.runtime.db.outages import Refused
from itmo.runtime.db.passing import in_memory
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.postgres import PostgresConnection
from itmo.runtime.db.server import open_server
from tests.kit.postgres import rows_sent, shared_server

COUNT = 2 * postgres._PORTION + 1
MANY = "SELECT n FROM generate_series(1, ?) AS n"
EVERY = [(n,) for n in range(1, COUNT + 1)]
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement = ?"
OPEN = "SELECT count(*) FROM pg_cursors WHERE name LIKE 'portions%'"
KEPT = "SELECT 2 AS kept"


@pytest.fixture
def connection() -> Iterator[PostgresConnection]:
    made = open_server(shared_server().fresh(), "test", reads=False)
    yield made
    made.close()


def test_they_come_all_in_their_order_and_some_at_a_time(connection: PostgresConnection) -> None:
    with rows_sent() as sent:
        for count in (0, 1, postgres._PORTION, COUNT):
            found = list(in_portions(connection, MANY, (count,)))
            assert found == EVERY[:count]
    assert max(sent) == postgres._PORTION
    assert not connection.in_transaction


def test_two_go_on_side_by_side_with_other_statements(connection: PostgresConnection) -> None:
    one, other = in_portions(connection, MANY, (COUNT,)), in_portions(connection, MANY, (COUNT,))
    pairs = []
    for mine, theirs in zip(one, other, strict=True):
        assert connection.execute(KEPT).fetchone() == (2,)
        pairs.append((mine, theirs))
    assert pairs == [(each, each) for each in EVERY]


def test_other_statements_stay_prepared(connection: PostgresConnection) -> None:
    connection.execute(KEPT)
    list(in_portions(connection, MANY, (COUNT,)))
    connection.execute(KEPT)
    assert connection.execute(PREPARED, (KEPT,)).fetchone() == (1,)


@pytest.mark.parametrize("within", [True, False])
def test_who_takes_no_more_leaves_nothing_open(
    connection: PostgresConnection, *, within: bool
) -> None:
    if within:
        connection.execute("BEGIN")
    found = in_portions(connection, MANY, (COUNT,))
    assert next(found) == (1,)
    assert connection.execute(OPEN).fetchone() == (1,)
    found.close()  # type: ignore[attr-defined]  # it is a generator
    assert connection.execute(OPEN).fetchone() == (0,)
    assert connection.in_transaction == within


def test_those_of_a_transaction_that_has_ended_harm_no_other_one(
    connection: PostgresConnection,
) -> None:
    connection.execute("BEGIN")
    old = in_portions(connection, MANY, (COUNT,))
    next(old)
    connection.execute("ROLLBACK")
    connection.execute("BEGIN")
    new = in_portions(connection, MANY, (COUNT,))
    assert next(new) == (1,)
    old.close()  # type: ignore[attr-defined]  # it is a generator
    assert [(1,), *new] == EVERY
    assert connection.in_transaction


@pytest.mark.parametrize("within", [True, False])
def test_a_statement_that_is_refused_is_told(
    connection: PostgresConnection, *, within: bool
) -> None:
    if within:
        connection.execute("BEGIN")
    with pytest.raises(Refused, match="nothing"):
        next(in_portions(connection, "SELECT nothing"))
    if within:
        connection.execute("ROLLBACK")
    assert connection.execute(KEPT).fetchone() == (2,)
    assert not connection.in_transaction


def test_a_file_hands_over_one_row_after_another() -> None:
    series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"
    assert list(in_portions(in_memory(), series, (COUNT,))) == EVERY
