# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two brokers on one database: any of them takes any message, and what one decides the other goes by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest

from broker import other_brokers
from broker.app import bring_up_to_date, build_house
from broker.clearing.path import waiting_room
from broker.clearing.path.deciding import Changes
from broker.clearing.path.house import Answer, ClearingHouse, MailboxEntry
from broker.mailbox import subscription
from broker.mailbox.subscription import Subscriptions
from broker.other_brokers import OtherBrokers
from broker.regime.regimes import Regimes
from broker.store import standing
from broker.store.engines import Books, groups_of
from broker.store.hints import Hints
from broker.store.lately import changes_since, seen_now
from broker.store.standing import database_standing
from broker.store.timekeeping import keep_mark, resume_clock
from broker.use_elsewhere import UseElsewhere
from itmo.clock import ClockMark, SystemClock
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.envelope import Envelope
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, MemorySigner
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.server import open_server
from itmo.runtime.db.thread import Database
from itmo.runtime.rpc.callers import Caller
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.limiting import CallLimits
from tests.kit import clearing
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    join_request,
    own_clerk,
    sealed,
    signed,
    trading_world,
    transfer,
    verdict_of,
)
from tests.unit.broker.test_use_elsewhere import Door
from tests.unit.broker.workers.test_one_house import out_of_tokens

postgres = pytest.importorskip("tests.kit.postgres", reason="psycopg is not installed")
pytestmark = pytest.mark.skipif(postgres.programs() is None, reason="no PostgreSQL here")

SECOND = MemorySigner.from_seed(b"second".ljust(32, b"."))
SOON = 10.0


@dataclass
class Brokers:
    """The house of the world, and another one on its database."""

    world: ClearingWorld
    other: ClearingHouse
    url: str
    faults: list[BaseException] = field(default_factory=list)

    def propose(self, first: int, last: int) -> tuple[str, Envelope]:
        wanted = transfer(self.world, first, last)
        sender = self.world.senders["tha"]
        proposal = proposal_pb2.Proposal(transaction=wanted)
        return wanted.transaction_id, signed(sender, PayloadKind.PROPOSAL, proposal)

    def accept(self, transaction_id: str, proposed: Envelope) -> Envelope:
        return signed(
            self.world.senders["che"],
            PayloadKind.ACCEPTANCE,
            proposal_pb2.Acceptance(
                transaction_id=transaction_id, proposal_hash=sha256(proposed.payload).digest()
            ),
        )


def another_reader(url: str) -> Database:
    return Books(Path(), url).reading("reader")


@pytest.fixture
async def brokers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Brokers]:
    from broker.store.fence import FencedOff, open_decider
    from broker.store.server_groups import ServerThread

    url = postgres.shared_server().fresh()

    def made(regimes: Regimes) -> Connection:
        connection = open_decider(url, alone=False)
        bring_up_to_date(connection, regimes)
        return connection

    monkeypatch.setattr(clearing, "memory_database", made)
    monkeypatch.setattr(waiting_room, "EARLY_WAIT", timedelta(seconds=0.05))
    world = await trading_world()
    connection = open_decider(url, alone=False)
    connection.take()
    writer = ServerThread(connection, "writer")
    faults: list[BaseException] = []
    other = build_house(world.parts, writer, writer, faults.append, stored=groups_of(connection))
    await other.start()
    yield Brokers(world, other, url, faults)
    assert broken_invariants(world.connection) == []
    with suppress(FencedOff):  # what it would write at its end
        await world.house.stop()
    await other.stop()
    await writer.close()
    world.connection.close()


async def test_either_takes_any_message_and_gives_the_first_answer(brokers: Brokers) -> None:
    house, other = brokers.world.house, brokers.other
    transaction_id, proposed = brokers.propose(1, 10)
    answer = await house.submit(NodeId("tha"), proposed)
    assert verdict_of(answer).results[0].state == decision_pb2.STATE_VALIDATED
    accepted = await other.submit(NodeId("che"), brokers.accept(transaction_id, proposed))
    assert decision_pb2.Receipt.FromString(accepted.answers[0].payload).effective
    again = await other.submit(NodeId("tha"), proposed)
    assert again.replayed
    assert again.answers == answer.answers
    # The first one goes on from what the other has decided.
    following, proposed = brokers.propose(11, 20)
    await house.submit(NodeId("tha"), proposed)
    await house.submit(NodeId("che"), brokers.accept(following, proposed))
    assert [row.transaction_id for row in await mailbox(other, "che")] == [
        row.transaction_id for row in await mailbox(house, "che")
    ]


async def test_of_two_that_race_for_the_same_units_one_gets_them(brokers: Brokers) -> None:
    tha = brokers.world.senders["tha"]
    wanted = transfer(brokers.world, 1, 10)
    one = signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wanted))
    wanted = transfer(brokers.world, 5, 15)
    two = signed(tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wanted))
    answers = await asyncio.gather(
        brokers.world.house.submit(NodeId("tha"), one),
        brokers.other.submit(NodeId("tha"), two),
    )
    states = [state(each) for each in answers]
    assert states == [decision_pb2.STATE_VALIDATED, decision_pb2.STATE_INVALIDATED]


async def test_a_key_revoked_at_one_decides_nothing_at_the_other(brokers: Brokers) -> None:
    tha = brokers.world.senders["tha"]
    last = sealed(tha, PayloadKind.PROPOSAL, nothing(brokers))
    await revoke(brokers)
    brokers.world.clock.advance(timedelta(milliseconds=1))
    # The other one has not heard of it yet: its gate lets the message through.
    with pytest.raises(ProtocolError) as refused:
        await brokers.other.submit(NodeId("tha"), last)
    assert refused.value.reason is Reason.KEY_REVOKED


@pytest.mark.slow
async def test_what_the_other_decides_is_heard_of(brokers: Brokers) -> None:
    house, other = brokers.world.house, brokers.other
    seen = await other.reader.run(seen_now)
    assert (await other.reader.run(lambda c: changes_since(c, seen)))[1] is None
    stop = asyncio.Event()
    following = asyncio.create_task(OtherBrokers(other, other.reader).run(stop))
    mail = other.mail_event(NodeId("che"))
    await asyncio.wait_for(mail.wait(), SOON)  # at the first look everybody is woken
    mail.clear()
    _, proposed = brokers.propose(1, 10)
    await house.submit(NodeId("tha"), proposed)
    await asyncio.wait_for(mail.wait(), SOON)
    # Its sender's chain has got on, so the next message does not wait for one that came elsewhere.
    chain = brokers.world.senders["tha"].chain
    assert own_clerk(other)._waiting._next["tha"] == chain.next_sequence
    stop.set()
    await asyncio.wait_for(following, SOON)


async def test_a_broker_that_starts_hears_of_what_was_decided_meanwhile(brokers: Brokers) -> None:
    # The other one has read its keys; before it looks for the first time, a key is revoked here.
    await revoke(brokers)
    stop = asyncio.Event()
    following = asyncio.create_task(OtherBrokers(brokers.other, brokers.other.reader).run(stop))
    await until(lambda: revoked_at(brokers.other, brokers))
    stop.set()
    await asyncio.wait_for(following, SOON)
    assert revoked_at(brokers.other, brokers)


async def test_what_could_not_be_heard_is_heard_again(
    brokers: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = asyncio.Event()
    other, load, heard = brokers.other, brokers.other.admitted.load, asyncio.Event()
    failures = iter([False, True, True])

    async def away() -> None:
        if next(failures, False):
            raise ProtocolError(Reason.DATABASE_UNREACHABLE, "the database is away")
        await load()
        heard.set()  # what is decided from here on was not in it

    monkeypatch.setattr(other.admitted, "load", away)
    following = asyncio.create_task(OtherBrokers(other, other.reader).run(stop))
    await asyncio.wait_for(heard.wait(), SOON)
    await revoke(brokers)
    await until(lambda: revoked_at(brokers.other, brokers))
    assert next(failures, None) is None
    stop.set()
    await asyncio.wait_for(following, SOON)


async def test_what_is_decided_here_while_keys_are_read_is_not_forgotten(
    brokers: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read began before a key was revoked here, and ends after it."""
    house, run = brokers.world.house, brokers.world.house.reader.run

    async def slowly(work: Callable[[Connection], object]) -> object:
        found = await run(work)
        monkeypatch.setattr(house.reader, "run", run)
        await revoke(brokers)
        return found

    monkeypatch.setattr(house.reader, "run", slowly)
    await house.hear(Changes(directory=True, mailboxes=(), transactions=()))
    assert revoked_at(house, brokers)


@pytest.mark.slow
async def test_a_tls_key_that_is_replaced_at_one_is_refused_at_the_other(brokers: Brokers) -> None:
    stop = asyncio.Event()
    following = asyncio.create_task(OtherBrokers(brokers.other, brokers.other.reader).run(stop))
    tha = brokers.world.senders["tha"]
    request = join_request(cast("MemorySigner", tha.chain.signer), "tha", tha.registries)
    await brokers.world.operator.admit(request, b"t" * 32)
    with pytest.raises(ProtocolError):
        brokers.world.house.admitted.check_connection(NodeId("tha"), bytes(32))
    await until(lambda: not connects(brokers.other, bytes(32)))
    assert connects(brokers.other, b"t" * 32)
    stop.set()
    await asyncio.wait_for(following, SOON)


async def test_tokens_spent_at_one_are_spent_at_the_other(brokers: Brokers) -> None:
    stop = asyncio.Event()
    limits = CallLimits(rate_per_second=0.001, burst=10)
    guards = [CallGuard(identify=lambda _: Caller("tha", None), limits=limits) for _ in range(2)]
    readers = [another_reader(brokers.url) for _ in guards]
    houses = (brokers.world.house, brokers.other)
    following = [
        asyncio.create_task(
            OtherBrokers(house, reader, UseElsewhere(str(at), Door(guard), time.monotonic)).run(
                stop
            )
        )
        for at, (house, reader, guard) in enumerate(zip(houses, readers, guards, strict=True))
    ]
    guards[0].charge("tha", limits.burst)
    await until(lambda: out_of_tokens(guards[1], "tha"))
    assert not out_of_tokens(guards[1], "che")
    stop.set()
    await asyncio.wait_for(asyncio.gather(*following), SOON)
    for each in readers:
        await each.close()


@pytest.mark.slow
async def test_hints_come_over_the_database_and_after_a_lost_connection_again(
    brokers: Brokers,
) -> None:
    from itmo.runtime.db.server import open_server

    one, two = (open_server(brokers.url, "reader", reads=True) for _ in range(2))
    here, there = Hints(), Hints()
    here.exchange(one, ())
    there.exchange(two, ("a hint", "another"))
    await until(lambda: here.exchange(one, ()) == ["a hint", "another"])
    one.raw.close()
    here.exchange(one, ())
    there.exchange(two, ("later",))
    await until(lambda: here.exchange(one, ()) == ["later"])
    assert there.exchange(two, ("own",)) == ["own"]
    for each in (one, two):
        each.close()


@pytest.mark.slow
async def test_mail_comes_without_any_hint(
    brokers: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a word of another broker nor one of this one's own wakes the subscription."""
    monkeypatch.setattr(subscription, "LOOK_AGAIN", timedelta(seconds=0.05))
    other = brokers.other
    entries = await mailbox(other, "che")
    cursor, digest = (entries[-1].sequence, entries[-1].digest) if entries else (0, b"")
    subscriptions = Subscriptions(other, asyncio.Event())
    grant = await subscriptions.open(NodeId("che"), cursor, digest, 5)

    async def never_in_debt(_: str) -> None:
        pass

    frames = subscriptions.deliveries(NodeId("che"), grant, lambda: None, never_in_debt)
    first = asyncio.ensure_future(anext(aiter(frames)))
    await asyncio.sleep(0)
    _, proposed = brokers.propose(1, 10)
    await brokers.world.house.submit(NodeId("tha"), proposed)
    (entry,) = await asyncio.wait_for(first, SOON)
    assert entry.sequence == cursor + 1


@pytest.mark.slow
async def test_an_operator_sees_which_brokers_there_are_and_who_decided_last(
    brokers: Brokers,
) -> None:
    await brokers.world.house.submit(NodeId("tha"), brokers.propose(1, 10)[1])
    before = await brokers.other.reader.run(database_standing)
    assert before is not None
    assert [each.last for each in before.brokers] == [True, False]
    await brokers.other.submit(NodeId("tha"), brokers.propose(11, 20)[1])
    after = await brokers.other.reader.run(database_standing)
    assert after is not None
    assert [each.last for each in after.brokers] == [False, True]
    assert after.turns == before.turns + 1
    assert after.standbys == ()


@pytest.mark.slow
async def test_an_operator_sees_who_has_been_reading_for_long(brokers: Brokers) -> None:
    """What is kept for its sake is looked through by every decision."""

    async def standing() -> tuple[str, int]:
        found = await brokers.other.reader.run(database_standing)
        assert found is not None
        return found.oldest_reader, found.written_since

    with closing(open_server(brokers.url, "report", reads=True)) as reading:
        reading.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reading.execute("SELECT count(*) FROM network").fetchone()
        _, before = await standing()
        for turn in range(3):
            proposed = brokers.propose(1 + 10 * turn, 10 + 10 * turn)[1]
            await brokers.world.house.submit(NodeId("tha"), proposed)
        reader, after = await standing()
        assert (reader, after - before) == ("itmo report", 3)
        reading.execute("ROLLBACK")
    with closing(
        open_server(postgres.shared_server().fresh(), "elsewhere", reads=True)
    ) as elsewhere:
        elsewhere.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        elsewhere.execute("SELECT count(*) FROM pg_class").fetchone()
        assert (await standing())[0] not in {reader, "itmo elsewhere"}


@pytest.mark.slow
async def test_a_broker_that_falls_asleep_while_it_decides_does_not_stop_the_others(
    brokers: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it began comes to nothing, and when it wakes up it decides by what the others have done."""
    from itmo.runtime.db.outages import ConnectionLost

    monkeypatch.setattr(standing, "ASLEEP_SECONDS", 0.2)
    monkeypatch.setattr(other_brokers, "_SLEEPERS_EVERY", 1)
    stop = asyncio.Event()
    reader = another_reader(brokers.url)
    following = asyncio.create_task(OtherBrokers(brokers.other, reader).run(stop))
    mail = brokers.other.mail_event(NodeId("che"))
    await asyncio.wait_for(mail.wait(), SOON)  # at the first look everybody is woken
    asleep = brokers.world.connection
    asleep.execute("BEGIN IMMEDIATE")
    transaction_id, proposed = brokers.propose(1, 10)
    await asyncio.wait_for(brokers.other.submit(NodeId("tha"), proposed), SOON)
    with pytest.raises(ConnectionLost):
        asleep.execute("SELECT 1")
    stop.set()
    await asyncio.wait_for(following, SOON)
    await reader.close()
    accepted = await brokers.world.house.submit(
        NodeId("che"), brokers.accept(transaction_id, proposed)
    )
    assert decision_pb2.Receipt.FromString(accepted.answers[0].payload).effective


async def test_who_takes_the_database_for_itself_fences_the_others_off(brokers: Brokers) -> None:
    from broker.store.fence import open_decider

    alone = open_decider(brokers.url, alone=True)
    alone.take()
    with pytest.raises(ProtocolError):
        await brokers.other.submit(NodeId("tha"), brokers.propose(1, 10)[1])
    assert [type(each).__name__ for each in brokers.faults] == ["FencedOff"]
    alone.close()


async def mailbox(house: ClearingHouse, node: str) -> list[MailboxEntry]:
    return await house.deliveries(NodeId(node), 0, 100)


def nothing(brokers: Brokers) -> proposal_pb2.Proposal:
    return proposal_pb2.Proposal(transaction=transfer(brokers.world, 1, 10))


def state(answer: Answer) -> int:
    return verdict_of(answer).results[0].state


async def revoke(brokers: Brokers) -> None:
    signer = brokers.world.senders["tha"].chain.signer
    statement = statements_pb2.KeyStatement(
        node="tha",
        purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        public_key=signer.public_key,
        revoked=True,
    )
    await brokers.world.operator.state(PayloadKind.KEY_STATEMENT, statement)


def revoked_at(house: ClearingHouse, brokers: Brokers) -> bool:
    keyid = brokers.world.senders["tha"].chain.signer.keyid
    later = brokers.world.clock.now() + timedelta(milliseconds=1)
    try:
        house.admitted.keyring.find(keyid, KeyPurpose.SIGN_MESSAGE, later)
    except ProtocolError as error:
        return error.reason is Reason.KEY_REVOKED
    return False


def connects(house: ClearingHouse, tls_key_hash: bytes) -> bool:
    try:
        house.admitted.check_connection(NodeId("tha"), tls_key_hash)
    except ProtocolError:
        return False
    return True


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110  # of most of it no event tells
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("hours", "trusted"), [(0, True), (5, False), (-5, False)])
async def test_a_clock_that_is_not_the_servers_decides_nothing(
    brokers: Brokers, hours: int, trusted: bool
) -> None:
    """Also where another broker, on another machine, has left word of a clock that was right there."""
    connection = brokers.world.connection
    apart = timedelta(hours=hours)
    keep_mark(connection, ClockMark(datetime.now(UTC), timedelta(hours=1), "another boot"))
    clock = SystemClock(wall=lambda: datetime.now(UTC) + apart, boot="this boot")
    resume_clock(clock, connection)
    assert (clock.look().fault is None) is trusted
