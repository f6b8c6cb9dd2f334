# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The tick on a real file: it goes on when the disk was full, and a stop is no failure of the engine."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from structlog.testing import capture_logs

from broker.app import build_house
from broker.clearing.path.house import ClearingHouse
from broker.known_regimes import REGIMES
from broker.serving import may_judge
from broker.store.engines import DATABASE_ID, taken
from broker.store.engines import Books as Where
from broker.store.sqlite_groups import SqliteGroupStore
from broker.store.timekeeping import keep_clock
from broker.ticking import Ticker
from itmo.clock import SystemClock
from itmo.core.v1 import proposal_pb2
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.in_use import Locked, locked
from itmo.runtime.db.migrations import in_file
from itmo.runtime.db.passing import Passing
from itmo.runtime.db.sqlite import Writer, checkpoint
from itmo.runtime.db.thread import Database, InlineDatabase
from itmo.runtime.tasks import Tasks
from tests.kit.clearing import ClearingWorld, own_clerk, sealed, trading_world, transfer
from tests.kit.postgres import url_of

SECONDS = 20.0
STOPS = 40


@dataclass
class Books:
    """A house over a file, with threads as in service."""

    world: ClearingWorld
    house: ClearingHouse
    writer: Database
    reader: Database
    faults: list[BaseException] = field(default_factory=list)

    def ticker(self, tidy: Callable[[], Awaitable[object]] | None = None) -> Ticker:
        async def serving(_: bool) -> None:
            pass

        async def tell_expiries() -> None:
            pass

        return Ticker(
            self.house,
            self.world.clock,
            serving=serving,
            tell_expiries=tell_expiries,
            keep_clock=lambda: self.writer.run(partial(keep_clock, SystemClock())),
            checkpoint=tidy or (lambda: self.writer.run(checkpoint)),
            may_judge=lambda: self.writer.run(partial(may_judge, self.world.parts)),
        )


@pytest.fixture
async def world() -> ClearingWorld:
    made = await trading_world()
    await made.house.stop()
    return made


@pytest.fixture
async def filled(tmp_path: Path, world: ClearingWorld) -> Where:
    path = tmp_path / "broker.sqlite"
    if not in_file(world.connection):
        world.connection.close()
        return Where(path, url_of(world.connection))  # type: ignore[arg-type]  # a decider
    copy = sqlite3.connect(path, factory=Passing)
    world.connection.backup(copy)
    copy.execute(f"PRAGMA application_id = {DATABASE_ID}")
    copy.close()
    return Where(path)


async def opened(where: Where, world: ClearingWorld) -> Books:
    connection = where.open_writer()
    taken(connection)
    writer, reader = where.writing(connection), where.reading("reader")
    faults: list[BaseException] = []
    house = build_house(world.parts, writer, reader, faults.append)
    await house.start()
    world.house = house
    return Books(world, house, writer, reader, faults)


@pytest.fixture
async def books(filled: Where, world: ClearingWorld) -> AsyncIterator[Books]:
    made = await opened(filled, world)
    yield made
    await made.house.stop()
    await made.reader.close()
    await made.writer.close()


@pytest.mark.on_sqlite("the file has no room; a server that has none is in test_server_trouble.py")
async def test_a_full_disk_for_a_while_does_not_end_the_tick(books: Books) -> None:
    """What tidies in quiet moments finds no room; time-outs go on after it."""
    wanted = transfer(books.world, 1, 10)
    await books.world.senders["tha"].propose(wanted)
    stop, again, failures = asyncio.Event(), asyncio.Event(), 3

    def without_room(db: Connection) -> None:
        """A disk without room, by the engine's own limit."""
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")
        try:
            db.execute("CREATE TABLE filler AS SELECT zeroblob(100000)")
        finally:
            db.execute("PRAGMA max_page_count = 1000000")

    async def tidy() -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            await books.writer.run(without_room)
        books.world.clock.advance(2 * books.world.parts.transaction_lifetime)
        if failures < -1:
            again.set()

    ticker = books.ticker(tidy)
    tasks = Tasks(books.faults.append, pause_seconds=0.001)
    tasks.start("tick", partial(_restless, ticker, stop))
    await asyncio.wait_for(again.wait(), SECONDS)
    row, _ = await books.house.transaction(books.world.senders["tha"].node, wanted.transaction_id)
    assert row.state is State.TERMINATED
    (standing,) = tasks.standings()
    assert "full" in standing.fault
    assert (standing.failures, books.faults) == (3, [])
    stop.set()
    await tasks.stop(within_seconds=SECONDS)


async def test_a_cancelled_tick_is_no_failure_of_the_engine(books: Books) -> None:
    for _ in range(STOPS):
        tick = asyncio.create_task(books.house.expire_due())
        await asyncio.sleep(0)
        tick.cancel()
        with pytest.raises(asyncio.CancelledError):
            await tick
    assert books.faults == []
    await books.world.senders["tha"].propose(transfer(books.world, 1, 10))


@pytest.mark.on_sqlite("the lock of a file; a server that is away is in test_server_away.py")
async def test_a_stop_while_the_database_is_away_is_orderly(books: Books, filled: Where) -> None:
    """Before, what was noted and could not be written made a fail stop of it."""
    await books.writer.run(lambda db: db.execute("PRAGMA busy_timeout = 1"))
    sender = books.world.senders["tha"]
    bad = sealed(sender, PayloadKind.PROPOSAL, proposal_pb2.Proposal())
    with pytest.raises(ProtocolError):
        await books.house.submit(sender.node, replace(bad, payload=bad.payload + b"no message"))
    assert own_clerk(books.house)._noted
    with closing(sqlite3.connect(filled.file)) as other, capture_logs() as logs:
        other.execute("BEGIN IMMEDIATE")
        await books.house.expire_due()
        await books.house.stop()
    assert books.faults == []
    assert [(each["event"], each["failures"]) for each in logs] == [
        ("database_locked", 1),
        ("database_locked", 2),
    ]


async def test_a_database_that_is_away_for_long_is_no_flood_in_the_log(books: Books) -> None:
    """Before, it was told each second for as long as it lasted, and its end was not."""
    stop, left = asyncio.Event(), 20

    async def tidy() -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise locked()
        stop.set()

    with capture_logs() as logs:
        await books.ticker(tidy).run(stop, pause_seconds=0)
    told = [each["failures"] for each in logs if each["event"] == "database_unreachable"]
    assert told == [1, 2, 4, 8, 16]
    assert (logs[-1]["event"], logs[-1]["failures"]) == ("database_works", 20)


@pytest.mark.slow
async def test_stops_under_load_are_orderly(filled: Where, world: ClearingWorld) -> None:
    """Each time proposals are under way and the tick is in the middle of its work."""
    for number in range(STOPS):
        books = await opened(filled, world)
        sender = world.senders["tha"]
        standing = await books.house.sender_standing(sender.node)
        sender.chain.next_sequence = standing.next_sequence
        sender.chain.previous_payload_hash = standing.previous_payload_hash
        stop = asyncio.Event()
        tasks = Tasks(books.faults.append)
        tasks.start("tick", partial(_restless, books.ticker(), stop))
        proposals = [
            asyncio.create_task(_propose(books, 1000 * number + 10 * each + 1)) for each in range(5)
        ]
        for _ in range(number % 7):
            await asyncio.sleep(0.0005)
        stop.set()
        await tasks.stop(within_seconds=SECONDS)
        await books.house.stop()
        await asyncio.gather(*proposals)
        await books.writer.run(checkpoint)
        await books.reader.close()
        await books.writer.close()
        assert books.faults == []


async def _restless(ticker: Ticker, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await ticker.tick()


async def _propose(books: Books, first: int) -> None:
    sender = books.world.senders["tha"]
    wanted = proposal_pb2.Proposal(transaction=transfer(books.world, first, first + 9))
    with suppress(ProtocolError):  # refused at the stop, or another was first in the chain
        await books.house.submit(sender.node, sealed(sender, PayloadKind.PROPOSAL, wanted))


@pytest.mark.on_sqlite(
    "a server is asked for its lock at each tick: whether this broker still may decide"
)
async def test_where_nothing_is_due_a_tick_opens_no_group(books: Books) -> None:
    begun: list[str] = []
    await books.writer.run(lambda db: cast("Writer", db).set_trace_callback(begun.append))
    assert await books.house.expire_due() == 0
    assert not any(each.startswith("BEGIN") for each in begun)
    bad = sealed(books.world.senders["tha"], PayloadKind.PROPOSAL, proposal_pb2.Proposal())
    with pytest.raises(ProtocolError):
        await books.house.submit(
            books.world.senders["tha"].node, replace(bad, payload=b"no message")
        )
    await books.house.expire_due()  # what was noted is written
    assert sum(each.startswith("BEGIN") for each in begun) == 1


@pytest.mark.on_sqlite("the lock of a file")
async def test_a_file_that_another_program_lets_nobody_read_is_told_as_locked(
    filled: Where, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    with (
        closing(sqlite3.connect(filled.file)) as whole,
        closing(sqlite3.connect(copy, isolation_level=None, timeout=0)) as mine,
        closing(sqlite3.connect(copy)) as other,
    ):
        whole.backup(mine)
        mine.execute("PRAGMA journal_mode = DELETE")  # where readers wait, too
        database = InlineDatabase(mine)
        store = SqliteGroupStore(database, "broker", database, REGIMES)
        other.execute("BEGIN EXCLUSIVE")
        with capture_logs() as logs, pytest.raises(Locked):
            await store.may_be_due(SystemClock().now())
        other.rollback()
        assert await store.may_be_due(SystemClock().now()) is False
    assert [each["event"] for each in logs] == ["database_locked"]
