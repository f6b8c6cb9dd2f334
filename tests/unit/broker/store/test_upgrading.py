# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A schema is extended while brokers of the version before decide, and nothing is taken away from under one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.app import build_house
from broker.known_regimes import REGIMES
from broker.store import processes, upgrading
from broker.store.engines import Books, groups_of
from broker.store.migrate import SCHEMA, install
from itmo.core.v1 import decision_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.migrations import Schema, version_of
from tests.kit import clearing, later_schema
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import ClearingWorld, trading_world, transfer
from tests.unit.broker.store.test_catalogues import NEW, Later, changed

postgres = pytest.importorskip("tests.kit.postgres", reason="psycopg is not installed")
pytestmark = pytest.mark.skipif(postgres.programs() is None, reason="no PostgreSQL here")


@dataclass
class Upgraded:
    """A database of this version, and what the next version does to it."""

    connection: Connection
    books: Books
    after: Schema

    def migrate(self, *, contract: bool = False) -> tuple[str, str]:
        return upgrading.migrate(self.books, contract=contract)


@pytest.fixture
def upgraded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Upgraded]:
    from broker.store.fence import open_decider

    here = postgres.shared_server()
    url = here.fresh(here.template(REGIMES))
    connection = open_decider(url, alone=False)
    connection.take()
    after = later_schema.contracted(SCHEMA, tmp_path)
    monkeypatch.setattr(upgrading, "SCHEMA", after)
    yield Upgraded(connection, Books(Path(), url), after)
    connection.close()


async def trade(world: ClearingWorld, first: int) -> None:
    verdict = await world.senders["tha"].propose(transfer(world, first, first + 9))
    assert verdict.state == decision_pb2.STATE_VALIDATED


async def test_the_version_before_decides_until_something_is_taken_away(
    upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    from broker.store.fence import FencedOff, open_decider
    from broker.store.server_groups import ServerThread

    monkeypatch.setattr(clearing, "memory_database", lambda _: upgraded.connection)
    world = await trading_world()
    assert upgraded.migrate() == ("0001", "0002")
    await trade(world, 1)
    assert upgraded.migrate() == ("0002", "0002")
    assert broken_invariants(world.connection) == []
    # It was asleep when nobody saw it any more: it has no row.
    assert upgraded.migrate(contract=True) == ("0002", "0003")
    with pytest.raises(FencedOff, match="it knows schema version 0001, 0002 is needed"):
        await world.house.expire_due()
    # The next version goes on where it was.
    connection = open_decider(upgraded.books.url, alone=False)
    connection.knows = upgraded.after.newest
    connection.take()
    writer = ServerThread(connection, "writer")
    faults: list[BaseException] = []
    world.house = build_house(
        world.parts, writer, writer, faults.append, stored=groups_of(connection)
    )
    await world.house.start()
    await trade(world, 11)
    # A program with a check more: both judge until the day from which it applies.
    install(upgraded.connection, [Later(changed(None, NEW))])  # type: ignore[list-item]  # all that is asked
    await trade(world, 21)
    world.clock.set(datetime(2024, 1, 1, tzinfo=UTC))
    with pytest.raises(ProtocolError) as outdated:
        await trade(world, 31)
    assert outdated.value.reason is Reason.RULEBOOK_OUTDATED
    await world.house.stop()
    await writer.close()
    assert faults == []


def test_nothing_is_taken_away_while_a_program_uses_it(upgraded: Upgraded) -> None:
    connection = upgraded.connection
    upgraded.migrate()
    processes.say(connection, "old", "0.1.0", "0001")
    processes.say(connection, "new", "0.2.0", "0003")
    with pytest.raises(ProtocolError) as refused:
        upgraded.migrate(contract=True)
    assert refused.value.reason is Reason.OLDER_PROGRAM_RUNS
    assert "know less than schema version 0002, and 1 served" in refused.value.message
    assert "old of version 0.1.0" in refused.value.message
    assert version_of(connection) == "0002"
    processes.gone(connection, "old")
    assert upgraded.migrate(contract=True) == ("0002", "0003")
    assert [each.process for each in processes.lately(connection)] == ["new"]


def test_a_program_that_was_killed_is_not_waited_for_for_ever(upgraded: Upgraded) -> None:
    processes.say(upgraded.connection, "old", "0.1.0", "0001")
    with pytest.raises(ProtocolError):
        upgraded.migrate(contract=True)
    past = processes.LATELY_SECONDS * 1000 + 1
    upgraded.connection.execute("UPDATE serving SET seen = seen - ?", (past,))
    assert upgraded.migrate(contract=True) == ("0001", "0003")


def test_a_table_that_is_held_for_long_is_waited_for_and_then_left(
    upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setattr("itmo.runtime.db.migrations._LOCK_MS", 1)
    monkeypatch.setattr("itmo.runtime.db.migrations._TRIES", 2)
    with psycopg.connect(upgraded.books.url) as report:
        report.execute("SELECT count(*) FROM node")
        with pytest.raises(ProtocolError, match="a table is held by something that takes long"):
            upgraded.migrate()
    assert upgraded.migrate() == ("0001", "0002")
