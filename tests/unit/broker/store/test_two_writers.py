# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two connections that no program of ours holds write at once what shares a number: the database lets one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from broker.app import memory_database
from itmo.core.v1 import proposal_pb2
from itmo.runtime.db.connection import Connection
from tests.kit import clearing
from tests.kit.clearing import issuance, trading_world, transfer
from tests.unit.broker.store.test_schema import COPY, entry, issued, reserved

postgres = pytest.importorskip("tests.kit.postgres", reason="psycopg is not installed")
errors = pytest.importorskip("psycopg.errors")
WRITTEN: dict[str, Callable[[int, int], str]] = {
    "live units": lambda first, last: COPY.format(first, last, last - first + 1, "NULL"),
    "units issued": issued,
    "serials reserved": reserved,
    "entries": lambda first, last: entry(first, last, number=first),
}
"""What is written for a range, where there is a row of its kind to copy."""
REFUSED = {
    "live units": "unit ranges overlap",
    "units issued": "serial numbers are issued once",
    "serials reserved": "two issuances wait for one serial number",
    "entries": "a unit is booked once for each cause",
}
"""What the guard of each kind says."""
Range: TypeAlias = tuple[int, int]
LOWER, UPPER = (1, 100), (100, 150)
BOTH_ORDERS = [(LOWER, UPPER), (UPPER, LOWER)]
TESTS = count(400_000, 1_000)
"""What is committed stays: each test has numbers of its own."""
BLOCKED = "SELECT pg_blocking_pids(%s) <> '{}'"


async def filled() -> Connection:
    """A database with a row of each kind."""
    world = await trading_world()
    done = transfer(world, 1, 100)
    await world.senders["tha"].propose(done)
    await world.senders["che"].accept(done.transaction_id)
    waiting = issuance(world, "THA01", 200_001, 200_100)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    waiting.blocks[0].attributes.paris.authorization.version = 1
    await world.senders["tha"].propose(waiting)
    await world.house.stop()
    return world.connection


@pytest.fixture(scope="module")
def server_url() -> str:
    """Of a database with rows, whose own decider has gone."""
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clearing, "memory_database", postgres.on_server)
        connection: Any = asyncio.run(filled())
    url: str = postgres.url_of(connection)
    connection.close()
    return url


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("two") / "broker.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clearing, "memory_database", memory_database)
        made: Any = asyncio.run(filled())
    with closing(sqlite3.connect(path)) as copy, copy:
        made.backup(copy)
    made.close()
    return path


class Writer:
    """A connection of psycopg's own, in a transaction under READ COMMITTED, on a thread."""

    def __init__(self, url: str) -> None:
        import psycopg

        self.raw = psycopg.connect(url)
        self.raw.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        self._thread = ThreadPoolExecutor(1)

    def write(self, sql: str) -> Future[Any]:
        return self._thread.submit(self.raw.execute, sql.encode())

    def close(self) -> None:
        self._thread.shutdown()
        self.raw.close()


@pytest.fixture
def writers(server_url: str) -> Iterator[tuple[Writer, Writer, Writer]]:
    three = Writer(server_url), Writer(server_url), Writer(server_url)
    yield three
    for each in three:
        each.close()


def both(kind: str, ranges: tuple[Range, Range]) -> tuple[str, str]:
    """Two statements whose ranges have one number in common."""
    start = next(TESTS)
    first, second = (WRITTEN[kind](start + low, start + high) for low, high in ranges)
    return first, second


def until_it_waits(watcher: Writer, pid: int) -> None:
    for _ in range(10_000):
        if watcher.raw.execute(BLOCKED, (pid,)).fetchone() == (True,):
            return
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("ranges", BOTH_ORDERS, ids=["lower first", "upper first"])
@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("kept", [True, False], ids=["committed", "rolled back"])
def test_of_two_that_overlap_a_server_lets_one(
    writers: tuple[Writer, Writer, Writer], kind: str, ranges: tuple[Range, Range], *, kept: bool
) -> None:
    first, second, watcher = writers
    first_sql, second_sql = both(kind, ranges)
    first.write(first_sql).result()
    waiting = second.write(second_sql)
    until_it_waits(watcher, second.raw.info.backend_pid)
    if kept:
        first.raw.commit()
        with pytest.raises(errors.IntegrityConstraintViolation, match=REFUSED[kind]):
            waiting.result()
    else:
        first.raw.rollback()
        assert waiting.result().rowcount == 1
    second.raw.rollback()


def test_who_could_not_see_what_others_wrote_writes_no_range(
    writers: tuple[Writer, Writer, Writer],
) -> None:
    """Of a snapshot that is older than the lock, a guard would find nothing in the way."""
    import psycopg

    first, second, _ = writers
    first_sql, second_sql = both("live units", BOTH_ORDERS[0])
    second.raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    second.write("SELECT 1").result()
    first.write(first_sql).result()
    first.raw.commit()
    with pytest.raises(errors.IntegrityConstraintViolation, match="READ COMMITTED only"):
        second.write(second_sql).result()
    second.raw.rollback()


@pytest.mark.parametrize("ranges", BOTH_ORDERS, ids=["lower first", "upper first"])
@pytest.mark.parametrize("kind", WRITTEN)
def test_of_two_that_overlap_a_file_lets_one(
    file: Path, kind: str, ranges: tuple[Range, Range]
) -> None:
    first_sql, second_sql = both(kind, ranges)
    first, second = (sqlite3.connect(file, isolation_level=None, timeout=0) for _ in range(2))
    try:
        for each in (first, second):
            each.execute("BEGIN")
        first.execute(first_sql)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            second.execute(second_sql)
        second.execute("ROLLBACK")
        first.execute("COMMIT")
        with pytest.raises(sqlite3.IntegrityError):
            second.execute(second_sql)
    finally:
        first.close()
        second.close()


ROWS = "SELECT account_id FROM account ORDER BY account_id LIMIT 2"
TAKEN = "SELECT 1 FROM account WHERE account_id = '{}' FOR UPDATE"


def test_two_that_decide_never_hold_what_the_other_waits_for(
    writers: tuple[Writer, Writer, Writer], server_url: str
) -> None:
    """Rows in opposite orders are a deadlock of two who begin anyhow, and none of two who decide."""
    from broker.store.fence import open_decider

    first, second, watcher = writers
    one, other = [TAKEN.format(*row) for row in watcher.raw.execute(ROWS.encode())]
    second.write("SET deadlock_timeout = '10ms'").result()
    first.write(
        "SET deadlock_timeout = '10s'"
    ).result()  # so that it is not this one that gives way
    first.write(one).result()
    second.write(other).result()
    last = first.write(other)
    with pytest.raises(errors.DeadlockDetected):
        second.write(one).result()
    second.raw.rollback()
    last.result()
    first.raw.rollback()

    before, behind = (open_decider(server_url, alone=False) for _ in range(2))
    for each in (before, behind):
        each.take()
        each.raw.execute("SET deadlock_timeout = '10ms'")
    before.execute("BEGIN IMMEDIATE")
    before.raw.execute(one.encode())
    with ThreadPoolExecutor(1) as thread:
        begun = thread.submit(behind.execute, "BEGIN IMMEDIATE")
        until_it_waits(watcher, behind.raw.info.backend_pid)
        before.raw.execute(other.encode())
        before.execute("COMMIT")
        begun.result()
    for row in (other, one):
        behind.raw.execute(row.encode())
    behind.execute("COMMIT")
    # It counted on from the turn that it waited for, or it would not know its own again.
    assert behind.committed()
    assert not before.committed()
    for each in (before, behind):
        each.close()
