# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the command path asks of a store, on every engine there is, under each regime."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.app import Parts, bring_up_to_date, broker_keys, memory_database
from broker.clearing.decision.desk import Charter
from broker.clearing.decision.statements import Findings
from broker.clearing.decision.world import World
from broker.clearing.path.group import Judged, judge_group
from broker.clearing.path.port import Notes, Refused
from broker.clearing.path.received import Received
from broker.ledger.units import LedgerInvariantBroken
from broker.regime.regimes import Regimes
from broker.store import genesis
from broker.store.genesis import Network
from broker.store.server_groups import ServerGroupStore
from broker.store.sqlite_groups import SqliteGroupStore
from itmo import limits
from itmo.clock import FakeClock
from itmo.ids import SeededIds
from itmo.keys import MemorySigner
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.thread import DatabaseThread, InlineDatabase
from tests.kit.clearing import BROKER, NETWORK
from tests.kit.many import many
from tests.kit.plays import PLAYS
from tests.kit.postgres import on_server

START = datetime(2023, 8, 1, tzinfo=UTC)
NOTE = Refused(1, "tha", "KEY_UNKNOWN", "no key", bytes(32))


def on_disk(path: Path, regimes: Regimes) -> Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    bring_up_to_date(connection, regimes)
    return connection


ENGINES: dict[str, Callable[[Path, Regimes], Connection]] = {
    "sqlite in memory": lambda _, regimes: memory_database(regimes),
    "sqlite on disk": lambda path, regimes: on_disk(path / "broker.db", regimes),
    "postgresql": lambda _, regimes: on_server(regimes),
}


@pytest.fixture(params=many(PLAYS, {"paris"}))
def regimes(request: pytest.FixtureRequest) -> Regimes:
    return PLAYS[request.param].regimes


@pytest.fixture(params=ENGINES)
def connection(request: pytest.FixtureRequest, tmp_path: Path, regimes: Regimes) -> Connection:
    made = ENGINES[request.param](tmp_path, regimes)
    parts = Parts(
        network=Network(NETWORK, BROKER, test_network=True),
        clock=FakeClock(START),
        ids=SeededIds(1),
        signer=MemorySigner.from_seed(b"b" * 32),
        operator_signer=MemorySigner.from_seed(b"o" * 32),
        regimes=regimes,
    )
    genesis.found(made, parts.network, broker_keys(parts, START))
    return made


@pytest.fixture(params=["inline", "thread"])
async def store(
    request: pytest.FixtureRequest, connection: Connection, regimes: Regimes
) -> AsyncIterator[SqliteGroupStore]:
    runner = InlineDatabase(connection) if request.param == "inline" else DatabaseThread(connection)
    kind = SqliteGroupStore if isinstance(connection, sqlite3.Connection) else ServerGroupStore
    yield kind(runner, BROKER, runner, regimes)
    await runner.close()


Judge = Callable[[World, Sequence[Received], datetime], Judged]


@pytest.fixture
def judge(regimes: Regimes) -> Judge:
    charter = Charter(NETWORK, BROKER, limits.DEFAULT_TRANSACTION_LIFETIME, Findings(), regimes)
    return lambda world, group, now: judge_group(charter, world, SeededIds(2), group, now)


async def test_an_empty_group_decides_nothing_and_keeps_notes(
    store: SqliteGroupStore, connection: Connection, judge: Judge
) -> None:
    outcome = await store.decide((), judge, START, Notes(refused=(NOTE,), signatures=()))
    assert outcome.answered == ()
    assert outcome.judged.effects.empty
    assert outcome.judged.world.log_size == 0
    rows = connection.execute("SELECT caller, reason FROM refused_message").fetchall()
    assert rows == [("tha", "KEY_UNKNOWN")]


@pytest.mark.parametrize(
    "error",
    many(
        [LedgerInvariantBroken("bug"), ValueError("bug"), KeyError("k")],
        {"LedgerInvariantBroken", "KeyError"},
        lambda error: type(error).__name__,
    ),
)
async def test_a_judge_that_fails_leaves_nothing(
    store: SqliteGroupStore, connection: Connection, judge: Judge, error: Exception
) -> None:
    def failing(world: World, group: Sequence[Received], now: datetime) -> Judged:
        raise error

    with pytest.raises(type(error)):
        await store.decide((), failing, START, Notes(refused=(NOTE,), signatures=()))
    assert not connection.in_transaction
    assert connection.execute("SELECT count(*) FROM refused_message").fetchone() == (0,)
    await store.decide((), judge, START)


async def test_the_time_of_a_decision_is_cut_to_milliseconds_and_never_goes_back(
    store: SqliteGroupStore, connection: Connection, judge: Judge
) -> None:
    seen: list[datetime] = []

    def looking(world: World, group: Sequence[Received], now: datetime) -> Judged:
        seen.append(now)
        return judge(world, group, now)

    await store.decide((), looking, START + timedelta(microseconds=1999))
    connection.execute("INSERT INTO log_leaf VALUES (0, x'00', NULL, NULL, ?)", (2 * 10**12,))
    await store.decide((), looking, START)
    assert seen == [START + timedelta(milliseconds=1), datetime(2033, 5, 18, 3, 33, 20, tzinfo=UTC)]
