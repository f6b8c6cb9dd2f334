# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a server adds to a database: commits without an answer, several processes, and days without it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from broker.app import bring_up_to_date, build_house, invariants_of, memory_house
from broker.archiving.putting_away import Asked, put_away
from broker.clearing.path import waiting_room
from broker.clearing.path.house import ClearingHouse
from broker.known_regimes import REGIMES
from broker.regime.regimes import Regimes
from broker.reports.audit import broken_invariants
from broker.reports.explanation import explain
from broker.reports.paris.booked_sums import sums
from broker.reports.paris.meta_answers import list_units
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.tracing import traced
from broker.store import messages
from broker.store.engines import Books, prepare, taken
from broker.store.fence import Decider, FencedOff, open_decider
from broker.store.loading import Loader
from broker.store.server_groups import ServerGroupStore, ServerThread
from broker.verifying.verify import verify
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.identifiers import parse_cooperative_approach_id
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import Exit, exit_of
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.in_use import InUse
from itmo.runtime.db.outages import CommitUnknown, ConnectionLost, Violated
from itmo.runtime.db.server import open_server, without_password
from tests.kit import clearing, postgres
from tests.kit.clearing import ClearingWorld, failed, issuance, trading_world, transfer

KEY = "x'69746D6F'::bigint"
"""Of the lock of a broker that is alone: the letters itmo."""
HOLD, LEAVE = f"SELECT pg_advisory_lock({KEY})", f"SELECT pg_advisory_unlock({KEY})"


async def test_of_own_messages_no_more_are_sent_than_go_into_an_answer(
    world: ClearingWorld,
) -> None:
    """A node that came back asks for all that it ever said, and each may be of a megabyte."""
    tha = world.senders["tha"]
    for first in range(1, 40):
        await tha.propose(transfer(world, first, first))
    said = tha.chain.next_sequence - 1
    with postgres.rows_sent() as sent:
        some, last = messages.own_messages(world.connection, "tha", 0, 3)
    assert (len(some), last) == (3, said)
    assert sum(sent) < 20
    every, _ = messages.own_messages(world.connection, "tha", 0, 1_000)
    assert len(every) == said
    rest, _ = messages.own_messages(world.connection, "tha", 3, 1_000)
    assert [*some, *rest] == every


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClearingWorld]:
    monkeypatch.setattr(clearing, "memory_database", postgres.on_server)
    made = await trading_world()
    yield made
    await made.house.stop()
    made.connection.close()


def decider_of(world: ClearingWorld) -> Decider:
    return cast("Decider", world.connection)


def beside(world: ClearingWorld) -> str:
    """The URL of a world's database, for others."""
    return postgres.url_of(decider_of(world))


def decisions(world: ClearingWorld) -> int:
    found = world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()
    return int(found[0])


@contextmanager
def lost(decider: Decider, *, after: bool) -> Iterator[None]:
    """The next commit is not answered: the connection goes, after the server has done it or before."""
    committing = decider.committing

    @contextmanager
    def unanswered() -> Iterator[None]:
        decider.committing = committing  # type: ignore[method-assign]  # as it was
        with committing() if after else decider.piped():
            yield
        decider.raw.close()
        raise CommitUnknown("lost")

    decider.committing = unanswered  # type: ignore[method-assign]  # once
    yield
    assert decider.committing == committing


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(True, id="it happened", marks=pytest.mark.slow),
        pytest.param(False, id="it did not happen"),
    ],
)
async def test_a_commit_that_nobody_answered_is_found_out_and_decided_once(
    world: ClearingWorld, *, after: bool
) -> None:
    before = decisions(world)
    with lost(decider_of(world), after=after):
        verdict = await world.senders["tha"].propose(issuance(world, "THA01", 200_001, 200_100))
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    assert decisions(world) == before + 1
    again = await world.senders["tha"].propose(transfer(world, 1, 10))
    assert again.state == decision_pb2.STATE_VALIDATED, failed(again)
    assert broken_invariants(world.connection, invariants_of()) == []


async def test_a_process_of_an_earlier_epoch_decides_nothing_any_more(world: ClearingWorld) -> None:
    before = decisions(world)
    world.connection.execute("UPDATE decider SET epoch = epoch + 1")
    with pytest.raises(FencedOff):
        await world.house.expire_due()
    assert decisions(world) == before


@pytest.mark.slow
async def test_one_broker_has_a_database_for_itself(world: ClearingWorld) -> None:
    with pytest.raises(InUse, match="in use by another broker") as refused:
        bring_up_to_date(open_decider(beside(world)), REGIMES)
    assert exit_of(refused.value) is Exit.UNREACHABLE


def test_a_broker_that_ended_a_moment_ago_is_in_nobodys_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server gives up its session when it notices, which is after the next one asked."""
    url = postgres.shared_server().fresh()
    prepare(url, REGIMES)
    before, after, pauses = open_decider(url), open_decider(url), []
    before.take()

    def ends(seconds: float) -> None:
        pauses.append(seconds)
        before.close()

    monkeypatch.setattr("broker.store.fence.time.sleep", ends)
    after.take()
    after.close()
    assert pauses


async def test_who_comes_back_while_its_own_session_is_still_there_is_sent_away_until_it_has_gone(
    world: ClearingWorld,
) -> None:
    """As after a line that broke: the server has not missed the session yet, which holds the lock."""
    decider = decider_of(world)
    decider.raw.close()
    with psycopg.connect(beside(world), autocommit=True) as session:
        session.execute(HOLD)
        for _ in range(2):
            with pytest.raises(ConnectionLost, match="in use by another broker"):
                decider.execute("BEGIN IMMEDIATE")
        session.execute(LEAVE)
    decider.execute("BEGIN IMMEDIATE")
    decider.execute("ROLLBACK")


@pytest.mark.slow
async def test_a_commit_is_found_out_once_the_session_that_it_was_sent_by_has_gone(
    world: ClearingWorld,
) -> None:
    decider = decider_of(world)
    decider.execute("BEGIN IMMEDIATE")
    decider.execute("COMMIT")
    decider.raw.close()
    with psycopg.connect(beside(world), autocommit=True) as session:
        session.execute(HOLD)
        dial, tries = decider.dial, 0

        def dialled() -> psycopg.Connection[Any]:
            nonlocal tries
            tries += 1
            if tries > 1:
                session.execute(LEAVE)
            return dial()

        decider.dial = dialled
        assert decider.committed()
    assert tries > 1


@pytest.mark.slow
def test_who_comes_back_after_another_took_the_database_ends() -> None:
    decider = postgres.on_server()
    decider.raw.close()
    other = open_decider(postgres.url_of(decider))
    taken(other)
    with pytest.raises(FencedOff):
        decider.execute("BEGIN IMMEDIATE")
    other.close()
    postgres.give_back(decider)


async def test_processes_decide_in_turns_and_each_sees_what_the_other_decided(
    world: ClearingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Safe without any ownership: the row that is taken first is the one lock that is ever waited for."""
    # Neither hears of the other, so each waits for the message that the other has.
    monkeypatch.setattr(waiting_room, "EARLY_WAIT", timedelta(seconds=0.05))
    other = open_decider(beside(world), alone=False)
    bring_up_to_date(other, REGIMES)
    houses = [world.house, memory_house(world.parts, other)]
    await houses[1].start()
    for turn in range(3):
        world.house = houses[turn % 2]
        verdict = await world.senders["tha"].propose(
            transfer(world, 1 + 100 * turn, 100 + 100 * turn)
        )
        assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
    assert broken_invariants(other, invariants_of()) == []
    world.house = houses[0]
    await houses[1].stop()
    other.close()


async def test_the_database_itself_keeps_ranges_apart(world: ClearingWorld) -> None:
    row = world.connection.execute(
        "SELECT registry, first, last, account_id, state, moved_by, account_registry FROM unit_block"
    ).fetchone()
    names = "registry, first, last, quantity, issued_first, account_id, state, moved_by, account_registry"
    with pytest.raises(Violated, match="unit ranges overlap"):
        world.connection.execute(
            f"INSERT INTO unit_block ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row[0], row[1] + 5, row[1] + 8, 4, row[1], *row[3:]),
        )


async def test_what_decides_or_answers_finds_rows_by_an_index_however_few_there_are(
    world: ClearingWorld,
) -> None:
    """A server that believes a table to be small reads it through, and goes on so while it grows."""

    def found(connection: Connection) -> str:
        plan = connection.execute(
            "EXPLAIN SELECT u.last FROM unit_block u JOIN account a ON a.account_id = u.account_id"
            " WHERE u.registry = 'THA01' AND u.first = 1"
        )
        return "\n".join(line for (line,) in plan.fetchall())

    cast("Decider", world.connection).raw.execute("ANALYZE")
    url = postgres.url_of(cast("Decider", world.connection))
    assert "Seq Scan" not in found(world.connection)
    for most_ms, through in ((1_000, False), (0, True)):
        with closing(open_server(url, "reader", reads=True, most_ms=most_ms)) as reader:
            assert ("Seq Scan" in found(reader)) is through, found(reader)


def house_on(here: postgres.Server, world: ClearingWorld, faults: list[Any]) -> ClearingHouse:
    decider = cast("Decider", world.connection)
    reader = open_server(here.url(decider.raw.info.dbname), "reader", reads=True)
    return build_house(
        world.parts,
        ServerThread(decider, "writer"),
        ServerThread(reader, "reader"),
        faults.append,
        stored=ServerGroupStore,
    )


@pytest.mark.slow
async def test_while_the_server_is_away_callers_are_sent_away_and_nothing_acknowledged_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`kill -9` of every process of the server, several times, between and beside calls."""
    with postgres.server("fsync=on") as here:

        def empty(regimes: Regimes = REGIMES) -> Decider:
            made = open_decider(here.fresh())
            bring_up_to_date(made, regimes)
            return made

        monkeypatch.setattr(clearing, "memory_database", empty)
        world = await trading_world()
        await world.house.stop()
        faults: list[Any] = []
        world.house = house_on(here, world, faults)
        await world.house.start()
        acknowledged: list[str] = []
        more = asyncio.Event()
        sent_away = 0

        async def trade() -> None:
            nonlocal sent_away
            for turn in range(120):
                wanted = transfer(world, 1 + 10 * turn, 10 + 10 * turn)
                chain = world.senders["tha"].chain
                envelope = clearing.signed(
                    world.senders["tha"],
                    PayloadKind.PROPOSAL,
                    proposal_pb2.Proposal(transaction=wanted),
                )
                while True:
                    try:
                        answer = await world.house.submit(chain.node, envelope)
                    except ProtocolError as error:
                        if error.reason is not Reason.DATABASE_UNREACHABLE:
                            raise
                        sent_away += 1
                        await asyncio.sleep(0.05)  # the server takes its time to start
                        continue
                    verdict = clearing.verdict_of(answer).results[0]
                    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
                    acknowledged.append(wanted.transaction_id)
                    if len(acknowledged) % 10 == 0:
                        more.set()
                    break

        trading = asyncio.create_task(trade())
        for _ in range(3):
            more.clear()
            await more.wait()
            await asyncio.to_thread(here.kill)
            await asyncio.to_thread(here.start)
        await trading
        assert faults == []
        connection = open_server(here.url(world.connection.raw.info.dbname), "r", reads=True)  # type: ignore[attr-defined]  # a Decider
        kept = {
            name for (name,) in connection.execute("SELECT transaction_id FROM transaction_record")
        }
        assert len(acknowledged) == 120
        assert set(acknowledged) <= kept
        assert broken_invariants(connection, invariants_of()) == []
        connection.close()
        await world.house.stop()


def test_a_database_that_cannot_be_used_is_said_with_the_way_out(tmp_path: Path) -> None:
    here = postgres.shared_server()

    def told(url: str) -> str:
        with pytest.raises(ProtocolError) as refused:
            prepare(url, REGIMES)
        return refused.value.message

    assert "createdb" in told(here.url("nowhere"))
    assert "apt install postgresql" in told(f"postgresql://x@/x?host={tmp_path}")
    here.run("CREATE ROLE guest LOGIN")
    url = here.fresh().replace(f"//{here.user}@", "//guest@")
    assert "GRANT CREATE, USAGE ON SCHEMA public TO guest" in told(url)
    assert "does not let the broker in" in told(url.replace("//guest@", "//nobody_known@"))


def test_a_password_is_never_shown() -> None:
    url = "postgresql://broker:secret@db.example.org/books?password=secret2"
    assert "secret" not in without_password(url)
    assert "db.example.org/books" in Books(Path("x"), url).shown


async def test_a_connection_that_is_lost_between_groups_is_made_again(world: ClearingWorld) -> None:
    decider_of(world).raw.close()
    verdict = await world.senders["tha"].propose(transfer(world, 1, 10))
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)


async def test_what_was_read_through_a_lost_connection_is_read_anew(
    world: ClearingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server had, and had not handed on, may be gone with it, and its message ids be used otherwise."""
    tha, begun, made = world.senders["tha"], Loader.__init__, 0

    def counting(*given: Any) -> None:  # noqa: ANN401 - as it is called
        nonlocal made
        made += 1
        begun(*given)

    await tha.propose(transfer(world, 1, 10))
    monkeypatch.setattr(Loader, "__init__", counting)
    await tha.propose(transfer(world, 11, 20))
    assert made == 0
    decider_of(world).raw.close()
    await tha.propose(transfer(world, 21, 30))
    await tha.propose(transfer(world, 31, 40))
    assert made == 1


async def test_who_decides_on_a_server_gets_the_interpreter_soon_behind_each_wait(
    world: ClearingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, settled, turns = sys.getswitchinterval(), ServerGroupStore._settled, []

    def listening(*given: Any) -> Any:  # noqa: ANN401 - as it is called
        turns.append(sys.getswitchinterval())
        return settled(*given)

    monkeypatch.setattr(ServerGroupStore, "_settled", listening)
    await world.senders["tha"].propose(transfer(world, 1, 10))
    assert turns
    assert max(turns) < usual / 5
    assert sys.getswitchinterval() == usual


async def test_acceptances_are_decided_together_in_six_trips(world: ClearingWorld) -> None:
    """The beginning, what is weighed, transactions and their units, what these name, what regimes ask for, the end."""
    tha, che = world.senders["tha"], world.senders["che"]
    trips = []
    for begin in (1, 101):  # the first ones prepare
        proposed = [transfer(world, at, at + 9) for at in range(begin, begin + 40, 10)]
        answers = []
        for each in proposed:
            await tha.propose(each)
            answers.append(
                proposal_pb2.Acceptance(
                    transaction_id=each.transaction_id,
                    proposal_hash=tha.chain.previous_payload_hash,
                )
            )
        with postgres.traced(decider_of(world)) as found:
            await asyncio.gather(*(che.say(PayloadKind.ACCEPTANCE, each) for each in answers))
        trips.append(found.trips)
    assert trips[-1] == 6


async def test_what_was_begun_on_a_lost_connection_is_undone(world: ClearingWorld) -> None:
    decider = decider_of(world)
    decider.execute("BEGIN IMMEDIATE")
    decider.raw.close()
    with pytest.raises(CommitUnknown):
        decider.execute("COMMIT")
    assert not decider.committed()
    decider.execute("ROLLBACK")
    assert not decider.in_transaction


@pytest.mark.slow
async def test_old_payloads_go_into_files_and_are_read_from_there(
    world: ClearingWorld, tmp_path: Path
) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    moved = transfer(world, 1, 100)
    await tha.propose(moved)
    await che.accept(moved.transaction_id)
    for sender in (tha, che):
        last = (await world.house.mailbox(sender.node)).last_sequence
        await world.house.deliveries(sender.node, 0, 100)
        await world.house.acknowledge(sender.node, last)
    await tha.propose(transfer(world, 201, 300))
    before = explain(world.connection, moved.transaction_id, REGIMES.checks)
    asked = Asked(folder=tmp_path, before=2**62, now=7)
    done = put_away(world.connection, asked, REGIMES)
    assert done.payloads > 3
    emptied = "SELECT count(*) FROM message WHERE length(payload) = 0"
    assert world.connection.execute(emptied).fetchone()[0] >= 2
    assert explain(world.connection, moved.transaction_id, REGIMES.checks) == before
    assert broken_invariants(world.connection, invariants_of()) == []
    found = verify(world.connection, lambda _: None)
    assert (found.problems, len(found.archives)) == ((), done.files)
    with pytest.raises(Violated):
        world.connection.execute("UPDATE statement SET payload = ?", (b"x",))
    verdict = await tha.propose(transfer(world, 401, 500))
    assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)


@pytest.mark.slow
async def test_two_brokers_derive_the_same_timeline(world: ClearingWorld) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    await clearing.state_approach(world, clearing.APPROACH, ("THA", "CHE"))
    often, once = Timeline(), Timeline()
    for begin in (1, 201, 401):
        moved = transfer(world, begin, begin + 99)
        await tha.propose(moved)
        often.read_all(world.connection)
        await che.accept(moved.transaction_id)
        often.read_all(world.connection)
    approach = parse_cooperative_approach_id(clearing.APPROACH, "approach")
    for node in ("tha", "che"):
        answers = [
            list_units(world.connection, node, approach, None, each) for each in (often, once)
        ]
        assert answers[0] == answers[1]
        assert answers[0].units
    for party in ("THA", "CHE"):
        single = [each.counted for each in traced(world.connection, party)]
        summed = [
            sums(each.read_all(world.connection), world.connection, party, None)
            for each in (often, once)
        ]
        assert summed[0] == summed[1]
        assert sum(e.net for e in summed[0]) == sum(e.net for e in single)
        assert len(summed[0]) == min(1, len(single))
    often.close()
    once.close()
