# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes and their commit go in one trip: whatever ends before the answer, each message is decided once."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import cast

import psycopg
import pytest

from broker.app import bring_up_to_date, build_house, invariants_of
from broker.clearing.decision.world import Effects, World
from broker.clearing.path.house import ClearingHouse
from broker.known_regimes import REGIMES
from broker.ledger.units import LedgerInvariantBroken, UnitRow
from broker.regime.regimes import Regimes
from broker.reports.audit import broken_invariants
from broker.store import server_groups, writing
from broker.store import sql as st
from broker.store.fence import Decider, open_decider
from broker.store.server_groups import ServerGroupStore, ServerThread
from broker.store.writing import Expected, write
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.envelope import Envelope
from itmo.identifiers import NodeId
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.outages import NotAsLoaded, Violated
from itmo.runtime.db.postgres import PostgresConnection
from tests.kit import clearing, postgres
from tests.kit.clearing import ClearingWorld, signed, trading_world, transfer, verdict_of

pytestmark = pytest.mark.skipif(postgres.programs() is None, reason="no PostgreSQL here")

SOON = 20.0
LOCK = 7
COMMITS_LATE = (
    "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN PERFORM pg_advisory_xact_lock({LOCK}); RETURN NEW; END $$;"
    " CREATE CONSTRAINT TRIGGER late AFTER INSERT ON message DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION wait()"
)
"""A commit that waits before it has happened, until somebody gives a lock back."""


@dataclass
class Place:
    """A server of its own, and a house on it that decides on a thread."""

    here: postgres.Server
    world: ClearingWorld
    decider: Decider
    name: str
    faults: list[BaseException] = field(default_factory=list)

    def propose(self) -> Envelope:
        proposal = proposal_pb2.Proposal(transaction=transfer(self.world, 1, 10))
        return signed(self.world.senders["tha"], PayloadKind.PROPOSAL, proposal)

    def decisions(self) -> int:
        return int(str(self.here.run("SELECT count(*) FROM log_leaf", self.name)[0][0]))

    def waiting(self, event: str) -> set[int]:
        waits = f"wait_event = '{event}' AND datname = '{self.name}'"
        with suppress(psycopg.OperationalError):  # it recovers
            found = self.here.run(f"SELECT pid FROM pg_stat_activity WHERE {waits}")
            return {int(str(row[0])) for row in found}
        return set()

    async def until_waits(self, event: str, but: frozenset[int] = frozenset()) -> int:
        async with asyncio.timeout(SOON):
            while not (found := self.waiting(event) - but):  # noqa: ASYNC110  # no event tells
                await asyncio.sleep(0.01)
        return found.pop()

    def standby(self, name: str) -> None:
        """Has commits wait for a standby; with an empty name for none."""
        self.here.run(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        self.here.run("SELECT pg_reload_conf()")
        while self.here.run("SHOW synchronous_standby_names") != [(name,)]:
            pass


@pytest.fixture(scope="module")
def here() -> Iterator[postgres.Server]:
    with postgres.server("fsync=off", "full_page_writes=off", "synchronous_commit=on") as made:
        yield made


def house_on(world: ClearingWorld, decider: Decider, faults: list[BaseException]) -> ClearingHouse:
    writer = ServerThread(decider, "writer")
    return build_house(world.parts, writer, writer, faults.append, stored=ServerGroupStore)


@pytest.fixture
async def place(here: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    def made(regimes: Regimes = REGIMES) -> Decider:
        decider = open_decider(here.fresh(here.template(regimes)), alone=False)
        bring_up_to_date(decider, regimes)
        return decider

    monkeypatch.setattr(clearing, "memory_database", made)
    monkeypatch.setattr(server_groups, "_JITTER_MS", 1)
    world = await trading_world()
    await world.house.stop()
    decider = cast("Decider", world.connection)
    stood = Place(here, world, decider, decider.raw.info.dbname)
    world.house = house_on(world, stood.decider, stood.faults)
    await world.house.start()
    yield stood
    stood.standby("")
    await world.house.stop()
    assert broken_invariants(world.connection, invariants_of()) == []
    world.connection.close()


def end_session(place: Place, pid: int) -> None:
    place.here.run(f"SELECT pg_terminate_backend({pid}, 10000)")


def cancel(place: Place, pid: int) -> None:
    place.here.run(f"SELECT pg_cancel_backend({pid})")


def kill_server(place: Place, _: int) -> None:
    place.here.kill()
    place.here.start()


def kill_session(_: Place, pid: int) -> None:
    """By the system, as when memory is short: the server ends all sessions and recovers by itself."""
    os.kill(pid, 9)


def cut(place: Place, _: int) -> None:
    with socket.socket(fileno=os.dup(place.decider.raw.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


ENDS = (end_session, cancel, kill_server, kill_session, cut)


@pytest.mark.slow
@pytest.mark.parametrize("happens", ENDS, ids=lambda each: each.__name__)
async def test_a_commit_that_waits_for_its_standby_is_answered_when_it_is_there(
    place: Place, happens: Callable[[Place, int], None]
) -> None:
    """It has happened on the primary; while no standby has it nothing is said of it."""
    before = place.decisions()
    place.standby("nobody")
    answered = asyncio.create_task(place.world.house.submit(NodeId("tha"), place.propose()))
    pid = await place.until_waits("SyncRep")
    await asyncio.to_thread(happens, place, pid)
    # The one who finds out waits as well: on a connection of its own, or for its own commit.
    known = frozenset() if happens is cancel else frozenset({pid})
    await place.until_waits("SyncRep", known)
    assert not answered.done()
    place.standby("")
    verdict = verdict_of(await answered).results[0]
    assert verdict.state == decision_pb2.STATE_VALIDATED
    assert place.decisions() == before + 1
    assert place.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("happens", ENDS, ids=lambda each: each.__name__)
async def test_a_commit_that_has_not_happened_is_decided_anew(
    place: Place, happens: Callable[[Place, int], None]
) -> None:
    before = place.decisions()
    with holding(place) as release:
        answered = asyncio.create_task(place.world.house.submit(NodeId("tha"), place.propose()))
        pid = await place.until_waits("advisory")
        await asyncio.to_thread(happens, place, pid)
        release()
        verdict = verdict_of(await answered).results[0]
    assert verdict.state == decision_pb2.STATE_VALIDATED
    assert place.decisions() == before + 1
    assert place.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("happens", ENDS, ids=lambda each: each.__name__)
async def test_who_is_ended_while_it_waits_for_its_turn_decides_in_its_next_one(
    place: Place, happens: Callable[[Place, int], None]
) -> None:
    before = place.decisions()
    with psycopg.connect(place.here.url(place.name)) as beside:
        beside.execute("SELECT one FROM decider FOR UPDATE")
        proposed = place.propose()
        answered = asyncio.create_task(place.world.house.submit(NodeId("tha"), proposed))
        await asyncio.to_thread(happens, place, await place.until_waits("transactionid"))
        beside.close()
        told = (await asyncio.gather(answered, return_exceptions=True))[0]
    if isinstance(told, ProtocolError):
        assert (told.reason, happens is cancel) == (Reason.DATABASE_UNREACHABLE, False)
    async with asyncio.timeout(SOON):
        while True:
            with suppress(ProtocolError):  # it connects again with pauses
                verdict = verdict_of(await place.world.house.submit(NodeId("tha"), proposed))
                break
            await asyncio.sleep(0.1)
    assert verdict.results[0].state == decision_pb2.STATE_VALIDATED
    assert place.decisions() == before + 1
    assert place.faults == []


@contextmanager
def holding(place: Place) -> Iterator[Callable[[], None]]:
    place.here.run(COMMITS_LATE, place.name)
    held = psycopg.connect(place.here.url(place.name), autocommit=True)
    held.execute(f"SELECT pg_advisory_lock({LOCK})")
    yield held.close
    held.close()


@pytest.mark.slow
async def test_what_another_broker_is_asked_meanwhile_gets_the_same_answer(place: Place) -> None:
    """As when a node loses a broker that is killed while its commit waits, and asks another one."""
    other = open_decider(place.here.url(place.name), alone=False)
    other.take()
    faults: list[BaseException] = []
    house = house_on(place.world, other, faults)
    await house.start()
    before = place.decisions()
    place.standby("nobody")
    proposed = place.propose()
    first = asyncio.create_task(place.world.house.submit(NodeId("tha"), proposed))
    pid = await place.until_waits("SyncRep")
    second = asyncio.create_task(house.submit(NodeId("tha"), proposed))
    await place.until_waits("transactionid")
    cut(place, pid)
    place.standby("")
    one, two = await first, await second
    assert one.answers == two.answers
    assert place.decisions() == before + 1
    await house.stop()
    other.close()
    assert faults == place.faults == []


def test_a_row_that_is_not_as_it_was_loaded_undoes_what_is_sent_with_it(
    here: postgres.Server,
) -> None:
    decider = open_decider(here.fresh(here.template(REGIMES)))
    gone = UnitRow("THA01", 1, 2, 1, "account", "{}")
    for changes, rows in (
        (st.DROP_RESERVED, [("THA01", 1)]),
        (st.DROP_UNIT, [st.DROP_UNIT.values(gone)]),
        *(
            (each, [each.values(gone)])
            for each in (st.UPDATE_UNIT, st.RESIZE_UNIT, st.MOVE_UNIT, st.MARK_UNIT)
        ),
    ):
        decider.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotAsLoaded), decider.committing():  # noqa: PT012  # both go together
            decider.execute("INSERT INTO clock_mark VALUES (1, 1, 1, 'b')")
            changes.sent(decider, rows)
        assert decider.in_transaction
        decider.execute("ROLLBACK")
        assert decider.execute("SELECT count(*) FROM clock_mark").fetchone() == (0,)
    decider.close()


@pytest.mark.slow
@pytest.mark.parametrize("answered", ["at the end", "while it is sent"])
async def test_the_broker_says_which_row_was_not_as_it_was_loaded(
    place: Place, monkeypatch: pytest.MonkeyPatch, answered: str
) -> None:
    before = place.decisions()

    def answers_first(connection: PostgresConnection, *_: object) -> None:
        line = connection.raw.pgconn
        line.send_flush_request()
        while line.flush():
            """The server takes it as soon as it can."""
        select.select([line.socket], [], [])
        line.consume_input()

    if answered == "while it is sent":
        monkeypatch.setattr(writing, "write_shared", answers_first)

    def wrong(connection: Connection, world: World, effects: Effects, expected: Expected) -> None:
        gone = replace(next(iter(effects.units.inserted or effects.units.updated)), first=99)
        effects.units = replace(effects.units, deleted=(gone,))
        write(connection, world, effects, expected)

    monkeypatch.setattr(server_groups, "write", wrong)
    with pytest.raises(Exception, match="error of its own"):
        await place.world.house.submit(NodeId("tha"), place.propose())
    assert [type(each) for each in place.faults] == [LedgerInvariantBroken]
    assert "a unit range to be joined was not where it was loaded from" in str(place.faults[0])
    assert place.decisions() == before
    assert Violated in NotAsLoaded.__mro__
