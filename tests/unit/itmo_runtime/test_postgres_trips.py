# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Statements that go to a server in one trip: what is found, what fails, and what is prepared afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from itmo.runtime.db import postgres_trips
from itmo.runtime.db.outages import CommitUnknown, ConnectionLost, Refused, Violated
from itmo.runtime.db.postgres import PostgresConnection
from itmo.runtime.db.server import open_server
from tests.kit.postgres import shared_server, traced

ADD = "INSERT INTO piece VALUES (?)"
ALL = "SELECT size FROM piece ORDER BY size"
MANY = "SELECT n FROM generate_series(1, ?) AS n"
MUCH = 4_000_000
"""Bytes, more than lines hold that nobody reads from."""


@pytest.fixture
def connection() -> Iterator[PostgresConnection]:
    made = open_server(shared_server().fresh(), "test", reads=False)
    made.execute("CREATE TABLE piece (size BIGINT PRIMARY KEY)")
    yield made
    made.close()


def test_an_answer_is_not_there_before_its_trip_has_ended(connection: PostgresConnection) -> None:
    with connection.piped():
        found = connection.execute(ALL)
        written = connection.executemany(ADD, [(1,), (2,)])
        with pytest.raises(RuntimeError, match="before its trip has ended"):
            found.fetchall()
        with pytest.raises(RuntimeError, match="before its trip has ended"):
            found.fetchone()
        assert written.rowcount == -1
    assert (found.fetchall(), written.rowcount) == ([], 2)


def test_rows_of_a_long_answer_come_all_and_in_their_order(connection: PostgresConnection) -> None:
    count = 2 * postgres_trips._ROWS_AT_ONCE + 1
    found = connection.execute(MANY, (count,))
    assert found.fetchone() == (1,)
    others = connection.execute(MANY, (3,)).fetchall()
    assert [row[0] for row in found.fetchall()] == list(range(2, count + 1))
    assert others == [(1,), (2,), (3,)]
    assert (found.fetchone(), found.fetchall()) == (None, [])


def test_much_goes_both_ways_in_one_trip(connection: PostgresConnection) -> None:
    with connection.piped():
        found = [connection.execute("SELECT ?", ("x" * MUCH,)) for _ in range(4)]
    assert [len(each.fetchone()[0]) for each in found] == [MUCH] * 4


def test_what_a_trip_that_failed_was_to_prepare_is_prepared_later(
    connection: PostgresConnection,
) -> None:
    """Before the fault it is prepared, behind it it is not; one has to do as well as the other."""
    connection.execute(ADD, (7,))
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(Violated), connection.piped():  # noqa: PT012  # all go together
        connection.execute("SELECT 1 + ?", (1,))
        connection.execute(ADD, (7,))
        connection.execute("SELECT 2 + ?", (1,))
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT 1 + ?", (1,)).fetchone() == (2,)
    assert connection.execute("SELECT 2 + ?", (1,)).fetchone() == (3,)
    connection.execute(ADD, (8,))
    assert connection.execute(ALL).fetchall() == [(7,), (8,)]


def test_a_fault_of_the_program_within_a_trip_leaves_the_connection_usable(
    connection: PostgresConnection,
) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(ZeroDivisionError), connection.committing():  # noqa: PT012  # both go together
        connection.execute(ADD, (1,))
        raise ZeroDivisionError
    assert connection.in_transaction
    connection.execute("ROLLBACK")
    assert connection.execute(ALL).fetchall() == []


def test_what_fails_in_a_trip_commits_nothing_of_it(connection: PostgresConnection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(Violated), connection.committing():  # noqa: PT012  # both go together
        connection.execute(ADD, (1,))
        connection.execute(ADD, (1,))
    connection.execute("ROLLBACK")
    assert connection.execute(ALL).fetchall() == []


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
def test_tables_that_were_altered_are_read_as_they_are(
    connection: PostgresConnection, ending: str
) -> None:
    every = "SELECT * FROM piece"
    connection.execute(ADD, (1,))
    assert connection.execute(every).fetchall() == [(1,)]
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ALTER TABLE piece ADD COLUMN name TEXT")
    assert connection.execute(every).fetchall() == [(1, None)]
    connection.execute(ending)
    assert connection.execute(every).fetchall() == [(1, None) if ending == "COMMIT" else (1,)]


@pytest.mark.parametrize(
    "done",
    ["ALTER TABLE piece ADD COLUMN name TEXT", "DEALLOCATE ALL"],
    ids=["altered", "given up"],
)
def test_what_does_not_fit_any_more_is_prepared_anew(done: str) -> None:
    """A later version of the program alters tables, or what stands between has the statements given up."""
    url, every = shared_server().fresh(), "SELECT * FROM piece"
    with (
        closing(open_server(url, "test", reads=False)) as connection,
        closing(open_server(url, "later", reads=False)) as later,
    ):
        connection.execute("CREATE TABLE piece (size BIGINT PRIMARY KEY)")
        connection.execute(ADD, (1,))
        connection.execute(every)
        before = connection.trips._names.copy()
        (later if "ALTER" in done else connection).execute(done)
        connection.trips._names.update(before)  # whoever gives them up, it was not told
        with pytest.raises(Refused):
            connection.execute(every)
        found = connection.execute(every).fetchall()
        assert [row[0] for row in found] == [1]


def test_past_the_most_statements_are_sent_whole(
    connection: PostgresConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = "SELECT count(*) FROM pg_prepared_statements"
    (before,) = connection.execute(held).fetchone()
    monkeypatch.setattr(postgres_trips, "_MOST_PREPARED", 5)
    for number in range(9):
        assert connection.execute(f"SELECT {number} + ?", (1,)).fetchone() == (number + 1,)
    assert before < connection.execute(held).fetchone()[0] <= before + 5


def test_a_statement_is_prepared_once_whatever_ends_a_transaction(
    connection: PostgresConnection,
) -> None:
    for number, ending in enumerate(("COMMIT", "ROLLBACK", "COMMIT")):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(ADD, (number,))
        connection.execute(ending)
    with traced(connection) as found:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(ADD, (9,))
        connection.execute("ROLLBACK")
    assert "Parse" not in found.said
    assert found.trips == 3


def test_a_server_that_goes_in_the_midst_of_a_trip_is_lost(connection: PostgresConnection) -> None:
    ends = "SELECT pg_terminate_backend(pg_backend_pid())"
    with pytest.raises(ConnectionLost), connection.piped():  # noqa: PT012  # all go together
        for number in range(3):
            connection.execute(f"SELECT {number}")
        connection.execute(ends)
        connection.execute(ALL)
    assert connection.execute(ALL).fetchall() == []
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(CommitUnknown), connection.committing():
        connection.execute(ends)
    assert not connection.in_transaction


def test_questions_that_failed_ahead_are_asked_again(connection: PostgresConnection) -> None:
    with pytest.raises(ValueError, match="0x00"):
        connection.ahead([(ALL, ()), ("SELECT ?", ("\0",)), (MANY, (1,))])
    assert connection.execute(ALL).fetchall() == []
    assert connection.execute(MANY, (1,)).fetchall() == [(1,)]


def test_who_is_interrupted_while_it_waits_does_not_use_the_line_again(
    connection: PostgresConnection,
) -> None:
    """Its answers may still come, and would be taken for those of what is asked next."""

    def interrupted() -> object:
        raise KeyboardInterrupt

    trips = connection.trips
    trips._answer = interrupted  # type: ignore[method-assign,assignment]  # as a signal does it
    with pytest.raises(KeyboardInterrupt):
        connection.execute("SELECT 1")
    assert connection.raw.closed
    assert connection.execute("SELECT 2").fetchone() == (2,)
    assert connection.trips is not trips


def test_a_statement_that_is_none_leaves_the_connection_usable(
    connection: PostgresConnection,
) -> None:
    for _ in range(2):
        with pytest.raises(Refused):
            connection.execute("SELECT nothing FROM nowhere")
    assert connection.execute("SELECT '%s', ?", (1,)).fetchone() == ("%s", 1)
    assert connection.execute("SELECT '100%'").fetchone() == ("100%",)
