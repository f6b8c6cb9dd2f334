# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two workers and the process that decides, over real lines: they are one house to whoever speaks to them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, cast

import pytest

from broker.clearing.decision.rows import KeyRow, NodeRow, TransactionRow
from broker.clearing.path import cost
from broker.clearing.path.clerk import ClerkLimits
from broker.clearing.path.deciding import Changes
from broker.clearing.path.gate import Passed
from broker.clearing.path.house import Answer, ClearingHouse
from broker.clearing.path.port import Outcome
from broker.mailbox.subscription import Subscriptions
from broker.store import decoding
from broker.store.decoding import Row
from broker.store.engines import groups_of
from broker.store.sqlite_groups import SqliteGroupStore
from broker.workers import hub, link, spending
from broker.workers.hub import Hub, Member
from broker.workers.link import Link, Welcome
from broker.workers.process import Hearing, build_worker, tell_held
from broker.workers.spending import Spending
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.ed25519 import key_id
from itmo.envelope import Envelope
from itmo.identifiers import NodeId
from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.thread import InlineDatabase
from itmo.runtime.rpc.callers import Caller, set_current_peer
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.tls import Peer
from itmo.timestamps import timestamp
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    NETWORK,
    ClearingWorld,
    join_request,
    own_clerk,
    restarted,
    sealed,
    signed,
    stored,
    transfer,
    verdict_of,
)
from tests.kit.world_again import trading_again

LIMITS = CallLimits(rate_per_second=0.001, burst=10)
SECOND = MemorySigner.from_seed(b"second".ljust(32, b"."))
DATABASE = "a database"
SOON = 5.0


@dataclass
class Worker:
    """One worker: its house, and what it acts with."""

    house: ClearingHouse
    link: Link
    member: Member
    guard: CallGuard
    subscriptions: Subscriptions
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    taken_up: list[str] = field(default_factory=list)
    serving: list[bool] = field(default_factory=list)

    async def send(
        self, node: str, envelope: Envelope, *, tls: bytes = bytes(32), validate_only: bool = False
    ) -> Answer:
        set_current_peer(Peer(NETWORK, NodeId(node), tls))
        return await self.house.submit(NodeId(node), envelope, validate_only=validate_only)


@dataclass
class Broker:
    """The process that decides, in its world, and its workers."""

    world: ClearingWorld
    hub: Hub
    workers: list[Worker] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    holding: list[asyncio.Task[None]] = field(default_factory=list)

    async def start_worker(self) -> Worker:
        """Starts one more."""
        loop = asyncio.get_running_loop()
        runner = InlineDatabase(self.world.connection)
        lost = asyncio.Event()

        def broken(error: BaseException) -> None:
            raise error

        house, link = build_worker(
            self.world.parts, runner, runner, runner, broken=broken, ended=lost.set
        )
        ours, theirs = socket.socketpair()
        member = self.hub.join(f"worker {len(self.workers) + 1}")
        await loop.create_connection(lambda: member.line, sock=ours)
        await loop.create_connection(lambda: link.line, sock=theirs)
        assert await link.greeted() == Welcome(7443, DATABASE, LIMITS)
        await house.start()
        guard = CallGuard(identify=lambda _: Caller("tha", None), limits=LIMITS)
        house.charge_by(lambda node, spent: guard.charge(node, spent / 5_000))
        worker = Worker(house, link, member, guard, Subscriptions(house, guard.stopping), lost)
        worker.subscriptions.tell(link.tell_subscription)
        guard.tell(Spending(link.tell_spent, LIMITS.burst).add)

        async def take_up() -> None:
            worker.taken_up.append("taken up")

        async def serving(yes: bool) -> None:
            worker.serving.append(yes)

        hearing = Hearing(
            house=house,
            guard=guard,
            subscriptions=worker.subscriptions,
            serving=serving,
            take_up_keys=take_up,
            link=link,
            stop=asyncio.Event(),
        )
        self.tasks.append(loop.create_task(link.listen(hearing)))
        self.holding.append(loop.create_task(tell_held(guard, link)))
        link.ready()
        await asyncio.wait_for(member.ready.wait(), SOON)
        self.workers.append(worker)
        return worker

    async def close(self) -> None:
        """Ends all of it."""
        for each in self.workers:
            await asyncio.wait_for(each.house.stop(), SOON)
            each.link.line.close()
        for task in (*self.tasks, *self.holding):
            task.cancel()
        await self.world.house.stop()


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    world = await trading_again()
    made = Broker(world, Hub(world.house, 7443, DATABASE, LIMITS))
    for _ in range(2):
        await made.start_worker()
    yield made
    assert broken_invariants(world.connection) == []
    await made.close()


def proposal(broker: Broker, first: int, last: int) -> tuple[str, Envelope]:
    wanted = transfer(broker.world, first, last)
    sender = broker.world.senders["tha"]
    return wanted.transaction_id, signed(
        sender, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wanted)
    )


def acceptance(broker: Broker, transaction_id: str, proposed: Envelope) -> Envelope:
    return signed(
        broker.world.senders["che"],
        PayloadKind.ACCEPTANCE,
        proposal_pb2.Acceptance(
            transaction_id=transaction_id, proposal_hash=sha256(proposed.payload).digest()
        ),
    )


async def refusal(sent: object) -> Reason:
    with pytest.raises(ProtocolError) as refused:
        await cast("asyncio.Future[object]", sent)
    return refused.value.reason


async def test_one_worker_takes_the_proposal_another_the_acceptance(broker: Broker) -> None:
    one, two = broker.workers
    transaction_id, proposed = proposal(broker, 1, 10)
    answer = await one.send("tha", proposed)
    assert verdict_of(answer).results[0].state == decision_pb2.STATE_VALIDATED
    accepted = await two.send("che", acceptance(broker, transaction_id, proposed))
    assert decision_pb2.Receipt.FromString(accepted.answers[0].payload).effective
    row, _ = await one.house.transaction(NodeId("che"), transaction_id)
    assert row.state == "COMPLETED"
    # Sent again to the other one, the first answer comes again, byte for byte, signature included.
    again = await two.send("tha", proposed)
    assert again.replayed
    assert again.answers == answer.answers


async def test_mail_wakes_whoever_waits_for_it_at_any_worker(broker: Broker) -> None:
    one, two = broker.workers
    mail = two.house.mail_event(NodeId("che"))
    before = await two.house.deliveries(NodeId("che"), 0, 100)
    await one.send("tha", proposal(broker, 1, 10)[1])
    await asyncio.wait_for(mail.wait(), SOON)
    assert len(await two.house.deliveries(NodeId("che"), 0, 100)) == len(before) + 1


async def test_watchers_at_any_worker_hear_of_changes(broker: Broker) -> None:
    one, two = broker.workers
    changes = two.house.watch(NodeId("che"))
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    transaction_id, proposed = proposal(broker, 1, 10)
    await one.send("tha", proposed)
    row = await asyncio.wait_for(first, SOON)
    assert (row.transaction_id, row.state) == (transaction_id, "VALIDATED")
    await cast("AsyncGenerator[TransactionRow, None]", changes).aclose()


def key_statement(
    broker: Broker, signer: MemorySigner, **fields: object
) -> statements_pb2.KeyStatement:
    now = broker.world.clock.now()
    text = proof_of_possession_text(NETWORK, "tha", signer.public_key)
    names: dict[str, object] = {
        "node": "tha",
        "purpose": statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
        "public_key": signer.public_key,
        "not_before": timestamp(now),
        "not_after": timestamp(now + timedelta(days=365)),
        "proof_of_possession": signer.sign(text.encode()),
    }
    return statements_pb2.KeyStatement(**(names | fields))  # type: ignore[arg-type]  # fields of it


async def state_key(
    broker: Broker, worker: Worker, signer: MemorySigner = SECOND, **fields: object
) -> None:
    statement = key_statement(broker, signer, **fields)
    said = signed(broker.world.senders["tha"], PayloadKind.KEY_STATEMENT, statement)
    answer = await worker.send("tha", said)
    assert decision_pb2.Receipt.FromString(answer.answers[0].payload).effective


def with_second_key(broker: Broker) -> Envelope:
    wanted = proposal_pb2.Proposal(transaction=transfer(broker.world, 1, 10))
    return sealed(broker.world.senders["tha"], PayloadKind.PROPOSAL, wanted, None, SECOND)


async def test_what_one_worker_learns_of_keys_holds_in_all(broker: Broker) -> None:
    one, two = broker.workers
    await state_key(broker, one)
    assert (await two.send("tha", with_second_key(broker), validate_only=True)).answers
    await state_key(broker, two, revoked=True)
    broker.world.clock.advance(timedelta(milliseconds=1))
    for each in (one, two):
        assert await refusal(each.send("tha", with_second_key(broker))) is Reason.KEY_REVOKED


async def test_of_keys_and_nodes_only_what_changed_is_read_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All keys at each of them would make a flood of registrations dearer with each."""
    read: list[str] = []
    key, node = decoding.key, decoding.node

    def reading_key(row: Row) -> KeyRow:
        read.append(row[0])
        return key(row)

    def reading_node(row: Row) -> NodeRow:
        read.append(row[0])
        return node(row)

    monkeypatch.setattr(decoding, "key", reading_key)
    one, two = broker.workers
    for at in range(3):
        signer = MemorySigner.from_seed(f"key {at}".encode().ljust(32, b"."))
        read.clear()
        await state_key(broker, one, signer)
        # The process that decides reads the key that signs, and each worker the one that is new.
        assert read.count(key_id(signer.public_key)) == 2
        assert len(read) == 3
    monkeypatch.setattr(decoding, "node", reading_node)
    read.clear()
    tha = broker.world.senders["tha"]
    request = join_request(cast("MemorySigner", tha.chain.signer), "tha", tha.registries)
    await broker.world.operator.admit(request, b"t" * 32)
    for each in (one, two):
        with pytest.raises(ProtocolError):
            each.house.admitted.check_connection(NodeId("tha"), bytes(32))
        assert each.house.admitted.check_connection(NodeId("tha"), b"t" * 32) == "tha"
        assert each.house.admitted.check_connection(NodeId("che"), bytes(32)) == "che"
    assert "che" not in read


async def test_a_tls_key_that_is_replaced_is_refused_at_every_worker(broker: Broker) -> None:
    tha = broker.world.senders["tha"]
    for each in broker.workers:
        each.house.admitted.check_connection(NodeId("tha"), bytes(32))
    request = join_request(cast("MemorySigner", tha.chain.signer), "tha", tha.registries)
    await broker.world.operator.admit(request, b"t" * 32)
    for each in broker.workers:  # at once: no answer leaves before they know
        with pytest.raises(ProtocolError) as refused:
            each.house.admitted.check_connection(NodeId("tha"), bytes(32))
        assert refused.value.reason is Reason.UNAUTHENTICATED
    sent = broker.workers[1].send("tha", proposal(broker, 1, 10)[1])
    # Nor does a call that was let in before, when it comes to be decided.
    assert await refusal(sent) is Reason.UNAUTHENTICATED


async def test_no_answer_leaves_before_all_workers_know(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "KNOWN_WITHIN", timedelta(seconds=0.05))
    one, two = broker.workers
    broker.tasks[1].cancel()  # the second one hears nothing any more
    await state_key(broker, one)
    await asyncio.wait_for(two.lost.wait(), SOON)  # it was let go before the answer left
    assert await refusal(two.send("tha", with_second_key(broker))) is Reason.KEY_UNKNOWN
    assert (await one.send("tha", with_second_key(broker), validate_only=True)).answers


async def test_the_process_that_decides_looks_at_keys_and_connections_again(
    broker: Broker,
) -> None:
    one = broker.workers[0]
    await state_key(broker, one)
    passed = Passed(NodeId("tha"), with_second_key(broker), verified=True, refusal=None)
    house = broker.world.house
    other = sha256(b"the TLS key of somebody else").digest()
    assert await refusal(house.decide(passed, other)) is Reason.UNAUTHENTICATED
    stranger = replace(passed, caller=NodeId("nobody"))
    assert await refusal(house.decide(stranger, bytes(32))) is Reason.NODE_NOT_ADMITTED
    await state_key(broker, one, revoked=True)
    broker.world.clock.advance(timedelta(milliseconds=1))
    answered = await house.decide(passed, bytes(32))
    assert answered.refusal is not None
    assert answered.refusal.reason is Reason.KEY_REVOKED


async def test_tokens_spent_at_one_worker_are_spent_at_all(broker: Broker) -> None:
    one, two = broker.workers
    one.guard.charge("tha", LIMITS.burst)
    await wait_until(lambda: out_of_tokens(two.guard, "tha"))
    assert not out_of_tokens(two.guard, "che")


async def test_a_flood_over_two_workers_gets_what_one_would_give(broker: Broker) -> None:
    got = 0
    for _ in range(3 * LIMITS.burst):
        for each in broker.workers:
            got += not out_of_tokens(each.guard, "tha", spend=True)
        # A sixteenth of a burst is told at once; what is on its way meanwhile is the only thing too much.
        await asyncio.sleep(0.002)
    assert LIMITS.burst <= got <= LIMITS.burst + 2


async def test_what_dear_decisions_cost_is_told_at_once(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, it waited for the next pause, and a node could begin as much again at each worker meanwhile."""
    monkeypatch.setattr(spending, "PAUSE_SECONDS", 3600.0)
    broker.world.house.pay("tha", LIMITS.burst * cost.TOKEN)
    await wait_until(lambda: all(out_of_tokens(each.guard, "tha") for each in broker.workers))
    assert not any(out_of_tokens(each.guard, "che") for each in broker.workers)


async def test_calls_and_streams_count_at_whichever_worker_they_are(broker: Broker) -> None:
    one, two = broker.workers
    for _ in range(LIMITS.streams_per_node):
        one.guard.streams.enter("tha")
    assert await refused_soon(two, "tha")
    two.guard.streams.enter("che")
    # A third one that starts now is told of it, too.
    late = await broker.start_worker()
    assert await refused_soon(late, "tha")
    one.link.line.close()
    await wait_until(lambda: not late.guard.streams._elsewhere["tha"])
    late.guard.streams.enter("tha")


async def test_brokers_beside_this_one_are_told_of_all_workers_and_tell_all(broker: Broker) -> None:
    one, two = broker.workers
    spent: list[tuple[str, float]] = []
    opened: list[str] = []
    broker.hub.tell_use(lambda *each: spent.append(each), opened.append)
    one.guard.calls.enter("tha")
    two.guard.calls.enter("tha")
    two.guard.streams.enter("tha")
    await wait_until(lambda: broker.hub.held() == {"tha": (2, 1)})
    one.guard.charge("tha", 2.0)
    two.guard.charge("tha", 3.0)
    broker.world.house.pay("tha", 5_000)
    await wait_until(lambda: sum(tokens for _, tokens in spent) == 6.0)
    grant = await one.subscriptions.open(NodeId("che"), 0, b"", 1)
    await wait_until(lambda: opened == ["che"])
    broker.hub.supersede("che")
    await wait_until(lambda: grant.superseded)
    broker.hub.charge_elsewhere("che", LIMITS.burst)
    await wait_until(lambda: all(out_of_tokens(each.guard, "che") for each in broker.workers))
    broker.hub.hold_elsewhere("another", {"che": (LIMITS.calls_per_node, 0)})
    await wait_until(lambda: all(each.guard.calls._elsewhere["che"] for each in broker.workers))
    assert broker.hub.held() == {"tha": (2, 1)}  # of its own


async def refused_soon(worker: Worker, node: str) -> bool:
    await wait_until(lambda: worker.guard.streams._elsewhere[node] > 0)
    with pytest.raises(ProtocolError):
        worker.guard.streams.enter(node)
    return True


async def test_what_a_decision_costs_is_paid_at_all_workers(broker: Broker) -> None:
    broker.world.house.pay("tha", 5_000 * LIMITS.burst)
    await wait_until(lambda: all(out_of_tokens(each.guard, "tha") for each in broker.workers))
    assert not any(out_of_tokens(each.guard, "che") for each in broker.workers)


async def test_the_later_subscription_ends_the_one_at_another_worker(broker: Broker) -> None:
    one, two = broker.workers
    first = await one.subscriptions.open(NodeId("che"), 0, b"", 1)
    await wait_until(lambda: broker.hub.connected("che"))
    second = await two.subscriptions.open(NodeId("che"), 0, b"", 1)
    await wait_until(lambda: first.superseded)
    assert not second.superseded
    one.subscriptions.close(NodeId("che"), first)
    await one.house.acknowledge(NodeId("che"), 0)  # what was said before has come by then
    assert broker.hub.connected("che")
    two.subscriptions.close(NodeId("che"), second)
    await wait_until(lambda: not broker.hub.connected("che"))


async def test_refusals_and_signatures_are_written_with_the_next_group(broker: Broker) -> None:
    one, two = broker.workers
    tha = broker.world.senders["tha"]
    stranger = MemorySigner.from_seed(b"stranger".ljust(32, b"."))
    wanted = proposal_pb2.Proposal(transaction=transfer(broker.world, 1, 10))
    unknown = sealed(tha, PayloadKind.PROPOSAL, wanted, None, stranger)
    assert await refusal(one.send("tha", unknown)) is Reason.KEY_UNKNOWN
    transaction_id, proposed = proposal(broker, 1, 10)
    await one.send("tha", proposed)
    await two.send("tha", proposed)  # signs the same statement once more
    await wait_until(lambda: not one.link._signatures and not two.link._signatures)
    await two.send("che", acceptance(broker, transaction_id, proposed))
    found = stored(broker.world.connection)
    assert [row for row in found["refused_message"] if "KEY_UNKNOWN" in row]
    verdicts = {row[0] for row in found["statement"]}
    signed_now = [row[0] for row in found["statement_signature"]]
    assert len(signed_now) == len(set(signed_now)) >= len(verdicts) - 1


async def test_a_message_whose_caller_has_gone_is_not_decided(broker: Broker) -> None:
    one = broker.workers[0]
    clerk = own_clerk(broker.world.house)
    held = asyncio.Event()
    before = clerk._run

    async def later() -> None:
        await held.wait()
        await before()

    assert clerk._task is not None
    clerk._task.cancel()
    clerk._task = asyncio.create_task(later())
    size = len(stored(broker.world.connection)["message"])
    sending = asyncio.create_task(one.send("tha", proposal(broker, 1, 10)[1]))
    await wait_until(lambda: broker.world.house.queue_depth == 1)
    sending.cancel()
    await wait_until(lambda: not one.member._calls)
    held.set()
    await one.send("che", signed_by_che(broker))
    assert len(stored(broker.world.connection)["message"]) == size + 1


async def test_when_the_process_that_decides_ends_callers_are_told_to_come_again(
    broker: Broker,
) -> None:
    one = broker.workers[0]
    one.member.line.close()
    await asyncio.wait_for(one.lost.wait(), SOON)
    assert await refusal(one.send("tha", proposal(broker, 1, 10)[1])) is Reason.SHUTTING_DOWN


async def test_a_worker_waits_for_a_database_that_is_away(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "_DATABASE_AWAY_SECONDS", 0.01)
    one, two = broker.workers
    before, failures = two.house.hear, iter([True, True])

    async def away(changes: Changes) -> None:
        if next(failures, False):
            raise ProtocolError(Reason.DATABASE_UNREACHABLE, "the database is away")
        await before(changes)

    monkeypatch.setattr(two.house, "hear", away)
    await state_key(broker, one)
    assert next(failures, None) is None
    assert (await two.send("tha", with_second_key(broker), validate_only=True)).answers


async def test_a_worker_that_ends_is_forgotten(broker: Broker) -> None:
    one, two = broker.workers
    await one.subscriptions.open(NodeId("che"), 0, b"", 1)
    await wait_until(lambda: broker.hub.connected("che"))
    one.link.line.close()
    await wait_until(one.member.gone.is_set)
    assert not broker.hub.connected("che")
    assert (await two.send("tha", proposal(broker, 1, 10)[1])).answers


async def test_clock_keys_and_health_are_told_to_all(broker: Broker) -> None:
    await broker.hub.serving(yes=False)
    await broker.hub.take_up_keys()
    await broker.hub.clock_accepted()
    for each in broker.workers:
        assert each.serving == [True, False]
        assert each.taken_up == ["taken up"]


def signed_by_che(broker: Broker) -> Envelope:
    wanted = proposal_pb2.Proposal(transaction=transfer(broker.world, 11, 20))
    return signed(broker.world.senders["che"], PayloadKind.PROPOSAL, wanted)


def out_of_tokens(guard: CallGuard, node: str, *, spend: bool = False) -> bool:
    try:
        guard._buckets.take(node)
    except ProtocolError:
        return True
    if spend:
        guard._told(node, 1.0)
    else:
        guard.charge_elsewhere(node, -1)
    return False


async def wait_until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not true():  # noqa: ASYNC110  # of most of it no event tells
            await asyncio.sleep(0.005)


async def test_what_cannot_wait_is_turned_away_by_its_worker_before_its_signature_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = await trading_again()
    await world.house.stop()
    few = ClerkLimits(max_queue=10, max_queue_per_node=3)
    world.parts = replace(world.parts, clerk_limits=few)
    await restarted(world).start()
    made = Broker(world, Hub(world.house, 7443, DATABASE, LIMITS))
    one, other = await made.start_worker(), await made.start_worker()
    waiting, go = asyncio.Event(), asyncio.Event()
    stored = groups_of(world.connection)
    decide = stored.decide

    async def lasting(self: SqliteGroupStore, *asked: Any) -> Outcome:  # noqa: ANN401  # as it is called
        waiting.set()
        await go.wait()
        return await decide(self, *asked)

    async def told(worker: Worker, envelope: Envelope) -> Reason | None:
        try:
            await worker.send("tha", envelope)
        except ProtocolError as error:
            return error.reason
        return None

    monkeypatch.setattr(stored, "decide", lasting)
    tha = world.senders["tha"]

    def offer(serial: int) -> Envelope:
        proposed = proposal_pb2.Proposal(transaction=transfer(world, serial, serial))
        return signed(tha, PayloadKind.PROPOSAL, proposed)

    deciding = asyncio.create_task(told(one, offer(1)))  # the group that is being decided
    await asyncio.wait_for(waiting.wait(), SOON)
    sent = [
        asyncio.create_task(told(each, offer(2 + at))) for at, each in enumerate((one, one, other))
    ]
    async with asyncio.timeout(SOON):
        while world.house.queue_depth < 3:  # noqa: ASYNC110  # no event says so
            await asyncio.sleep(0)
    made_late = offer(5)
    forged = replace(made_late, signatures=(replace(made_late.signatures[0], sig=bytes(64)),))
    # Three of them are known to have been handed over here; of the other one's there are two more.
    assert await told(one, forged) is Reason.OVERLOADED
    assert await told(other, forged) is Reason.SIGNATURE_INVALID
    assert await told(other, made_late) is Reason.OVERLOADED  # said by the process that decides
    assert await told(other, forged) is Reason.OVERLOADED, "not SIGNATURE_INVALID"
    go.set()
    assert await asyncio.gather(deciding, *sent) == [None] * 4
    assert await told(other, forged) is Reason.SIGNATURE_INVALID, "where there is room again"
    await made.close()
