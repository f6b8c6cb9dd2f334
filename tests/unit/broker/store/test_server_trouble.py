# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a server does to a group, provoked on a real one: it is decided after all, or whoever asked is told."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from broker.app import bring_up_to_date
from broker.clearing.decision.desk import Charter
from broker.clearing.decision.statements import Findings
from broker.clearing.decision.world import World
from broker.clearing.path.group import Judged, judge_group
from broker.clearing.path.port import Notes, Refused
from broker.clearing.path.received import Received
from broker.known_regimes import REGIMES
from broker.store.engines import READ_MS, Books
from broker.store.fence import Decider, open_decider
from broker.store.server_groups import ServerGroupStore, ServerThread
from itmo import limits
from itmo.ids import SeededIds
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.server import Standing, danger_of, fault_of, open_server, standing_of
from tests.kit import postgres
from tests.kit.clearing import BROKER, NETWORK

START = datetime(2023, 8, 1, tzinfo=UTC)
NOTES = Notes(refused=(Refused(1, "tha", "KEY_UNKNOWN", "no key", bytes(32)),), signatures=())
COUNTED = "SELECT count(*) FROM refused_message"
WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
)
SOON = 10.0


@dataclass
class Place:
    """A database, what decides on it, and the owner of everything."""

    here: postgres.Server
    url: str
    decider: Decider
    store: ServerGroupStore
    runner: ServerThread

    @property
    def name(self) -> str:
        return self.decider.raw.info.dbname

    async def decide(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Decides a group of no message that leaves a note; `meanwhile` is done while it is judged."""
        charter = Charter(NETWORK, BROKER, limits.DEFAULT_TRANSACTION_LIFETIME, Findings(), REGIMES)

        def judge(world: World, group: Sequence[Received], now: datetime) -> Judged:
            meanwhile()
            return judge_group(charter, world, SeededIds(2), group, now)

        await self.store.decide((), judge, START, NOTES)

    def kept(self) -> int:
        return int(str(self.here.run(COUNTED, self.name)[0][0]))

    def end_session(self) -> None:
        """Returns once it is gone."""
        pid = self.decider.raw.info.backend_pid
        assert self.here.run(f"SELECT pg_terminate_backend({pid}, 10000)") == [(True,)]


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    here = postgres.shared_server()
    url = here.fresh(here.template(REGIMES))
    decider = open_decider(url)
    bring_up_to_date(decider, REGIMES)
    runner = ServerThread(decider, "writer")
    yield Place(here, url, decider, ServerGroupStore(runner, BROKER, runner, REGIMES), runner)
    await runner.close()


@contextmanager
def unreachable() -> Iterator[None]:
    with pytest.raises(ProtocolError) as told:
        yield
    assert told.value.reason is Reason.DATABASE_UNREACHABLE


async def test_a_group_that_a_deadlock_ends_is_decided_again(place: Place) -> None:
    beside = psycopg.connect(place.url)
    beside.execute("SET deadlock_timeout = '10s'")  # so that it is not this one that gives way
    beside.execute("LOCK TABLE refused_message IN EXCLUSIVE MODE")
    place.decider.execute("SET deadlock_timeout = '10ms'")
    judged: list[threading.Thread] = []

    def meanwhile() -> None:
        judged.append(threading.Thread(target=lock_the_row))
        if len(judged) > 1:
            return
        judged[0].start()
        until = time.monotonic() + SOON
        while not place.here.run(WAITS.format(name=place.name))[0][0]:
            assert time.monotonic() < until

    def lock_the_row() -> None:
        beside.execute("SELECT one FROM decider FOR UPDATE")
        beside.rollback()

    await place.decide(meanwhile)
    assert len(judged) == 2
    assert place.kept() == 1
    judged[0].join()
    beside.close()


@pytest.mark.slow
async def test_a_session_that_an_administrator_ends_is_made_again(place: Place) -> None:
    with unreachable():
        await place.decide(place.end_session)
    assert place.kept() == 0
    await place.decide()
    assert place.kept() == 1


async def test_a_server_that_takes_no_writes_any_more_is_waited_for(place: Place) -> None:
    """As a primary that became a standby: in the midst of a group, and for who connects anew."""
    with unreachable():
        await place.decide(lambda: place.decider.execute("SET transaction_read_only = on"))
    await place.decide()
    place.here.run(f"ALTER DATABASE {place.name} SET default_transaction_read_only = on")
    place.end_session()
    for _ in range(2):
        with unreachable():
            await place.decide()
    place.here.run(f"ALTER DATABASE {place.name} RESET default_transaction_read_only")
    until = time.monotonic() + SOON
    while place.kept() < 2:
        assert time.monotonic() < until
        with suppress(ProtocolError):  # it connects again with pauses
            await place.decide()


@pytest.mark.parametrize("state", ["53100", "53200", "53400"])
async def test_a_server_without_room_undoes_the_group_and_says_so(
    place: Place, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place.here.run(
        "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '{state}'; END $$;"
        " CREATE TRIGGER full_up BEFORE INSERT ON refused_message EXECUTE FUNCTION full_up()",
        place.name,
    )
    for _ in range(4):
        with unreachable():
            await place.decide()
        assert await place.runner.run(lambda c: c.execute("SELECT 1").fetchone()) == (1,)
    said = capsys.readouterr().out
    assert "make room on the database server" in said
    # The first, the second and the fourth; that it can be read from says nothing of it.
    assert (said.count("database_full"), said.count("database_works")) == (3, 0)
    place.here.run("DROP TRIGGER full_up ON refused_message", place.name)
    await place.decide()
    assert place.kept() == 1
    assert capsys.readouterr().out.count("database_works") == 1


async def test_a_question_that_takes_the_server_too_long_is_given_up(place: Place) -> None:
    reading = ServerThread(open_server(place.url, "reports", reads=True, most_ms=20), "reports")
    with pytest.raises(ProtocolError) as told:
        await reading.run(lambda connection: connection.execute("SELECT pg_sleep(5)").fetchall())
    assert told.value.reason is Reason.QUESTION_TOO_DEAR
    assert await reading.run(lambda c: c.execute("SELECT 1").fetchone()) == (1,)
    await reading.close()
    reader = Books(Path(), place.url).reading("reader")
    shown = await reader.run(lambda c: c.execute("SHOW statement_timeout").fetchone())
    assert shown == (f"{READ_MS // 1000}s",)
    assert await reader.run(lambda c: c.execute(f"SHOW {IDLE}").fetchone()) == ("1min",)
    await reader.close()
    shown = place.decider.execute("SHOW statement_timeout").fetchone()
    assert shown == ("0",)
    assert place.decider.execute(f"SHOW {IDLE}").fetchone() == ("1min",)


IDLE = "idle_in_transaction_session_timeout"


def test_who_finds_no_connection_left_is_told_so() -> None:
    here = postgres.shared_server()
    url = here.fresh()
    name = url.partition("?")[0].rpartition("/")[2]
    here.run("CREATE ROLE crowd LOGIN CONNECTION LIMIT 1")
    here.run(f"ALTER DATABASE {name} OWNER TO crowd")
    url = url.replace(f"//{here.user}@", "//crowd@")
    held = open_server(url, "one", reads=True)
    with pytest.raises(ProtocolError, match="max_connections"):
        open_server(url, "two", reads=True)
    held.close()


GOOD = Standing(version=150_020, encoding="UTF8", user="itmo", may_make_tables=True)


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (GOOD, ""),
        (replace(GOOD, version=180_001), ""),
        (replace(GOOD, version=140_009), "PostgreSQL 14; version 15 or later is needed: upgrade"),
        (replace(GOOD, version=90_624), "PostgreSQL 9;"),
        (replace(GOOD, encoding="LATIN1"), "keeps texts as LATIN1"),
        (replace(GOOD, encoding="SQL_ASCII"), "createdb --encoding=UTF8"),
        (replace(GOOD, may_make_tables=False), "GRANT CREATE, USAGE ON SCHEMA public TO itmo"),
    ],
)
def test_a_server_that_will_not_do_is_refused_with_the_way_out(
    standing: Standing, told: str
) -> None:
    found = fault_of(standing, reads=False)
    assert told in found
    assert bool(told) == bool(found)


def test_what_a_server_says_of_itself_is_what_is_judged() -> None:
    here = postgres.shared_server()
    here.run(
        "CREATE DATABASE of_latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    with pytest.raises(ProtocolError, match="keeps texts as LATIN1"):
        open_server(here.url("of_latin"), "test", reads=True)
    connection = open_server(here.fresh(), "test", reads=True)
    found = standing_of(connection)
    connection.close()
    assert fault_of(found, reads=False) == ""
    # The servers of the tests are quick, and not safe.
    assert found.off == ("fsync", "full_page_writes")
    assert "Set fsync = on, full_page_writes = on in its postgresql.conf" in danger_of(found)
    assert danger_of(GOOD) == ""
