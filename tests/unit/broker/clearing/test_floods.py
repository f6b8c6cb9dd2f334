# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a node floods with is paid from its rate, so that its share is what its rate is worth.

Work is counted, not timed: calls of functions while the real house answers, at half a microsecond each.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.message import Message

from broker.api.delivery import DeliveryServicer
from broker.api.directory import DirectoryServicer
from broker.api.rulebook import RulebookServicer
from broker.api.transactions import TransactionServicer
from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import TransactionRow
from broker.clearing.path import cost
from broker.clearing.path import watching as watching_module
from broker.clearing.path.gate import at_once
from broker.clearing.path.group import Judged
from broker.clearing.path.lanes import Waiting
from broker.clearing.path.port import Judge, Outcome
from broker.clearing.path.received import Received
from broker.clearing.path.watching import may_see
from broker.mailbox import subscription
from broker.mailbox.acknowledging import Acknowledging
from broker.mailbox.subscription import Grant, Subscriptions
from broker.reports.paris.timeline import Timeline
from broker.services.paris.adjustments import AdjustmentServicer
from broker.services.paris.aefs import AefServicer
from broker.services.paris.authorizations import AuthorizationServicer
from broker.services.paris.meta_registry import MetaRegistryServicer
from broker.services.paris.reading_on import ReadingOn
from broker.store import mailboxes
from broker.store.acknowledgements import Acknowledgements
from broker.store.mailboxes import MailboxRow
from broker.store.sqlite_groups import SqliteGroupStore
from itmo import limits
from itmo.clearing.v1 import adjustment_service_pb2 as adjustments
from itmo.clearing.v1 import aef_service_pb2 as aefs
from itmo.clearing.v1 import authorization_service_pb2 as letters
from itmo.clearing.v1 import delivery_service_pb2 as mail
from itmo.clearing.v1 import directory_service_pb2 as directory
from itmo.clearing.v1 import meta_registry_service_pb2 as meta
from itmo.clearing.v1 import rulebook_service_pb2 as rulebooks
from itmo.clearing.v1 import transaction_service_pb2 as transactions
from itmo.core.v1 import proposal_pb2
from itmo.envelope import Envelope
from itmo.identifiers import NodeId
from itmo.paris.v1 import terms_pb2
from itmo.payloads import PayloadKind, to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime import turns
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.thread import DatabaseThread, InlineDatabase
from itmo.runtime.rpc.callers import identify_as, set_current_peer
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.tls import Peer
from tests.kit.clearing import (
    APPROACH,
    AUTHORIZATION,
    NETWORK,
    ClearingWorld,
    Sender,
    last_mail,
    own_clerk,
    sealed,
    send,
    signed,
    trading_world,
    transfer,
    unsent,
)
from tests.kit.effort import Effort, calls
from tests.kit.postgres import played_on_server
from tests.kit.turns import heard

MICROSECONDS_A_CALL = 0.45
"""Of a Python function or one of C, on the machine of decision 0014: 2 250 of them in a millisecond."""
SMALL_TOKEN = 400
"""So that lists need not be long for what they cost to show beside the token of their call."""
SERVER_TOKEN = 2_000
"""Of a message on a server: the statements of a group, which its messages share, are more work of the interpreter
there than a message by itself. The token of its call has room for them, of which this is less than half."""
ROWS = 120
NO_CONTEXT: Any = None
"""The servicers look at none."""
SEVERAL = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Counted:
    """Work since it was entered, and what was charged for it."""

    work: Effort = field(default_factory=Effort)
    charged: Counter[str] = field(default_factory=Counter)
    refused: ProtocolError | None = None

    def nanoseconds(self) -> int:
        """A clock that advances by the work that is done."""
        return int(self.work.taken * MICROSECONDS_A_CALL * 1000)

    def charge(self, node: str, spent: int) -> None:
        self.charged[node] += spent

    async def of(self, work: Awaitable[object]) -> float:
        """Has some work done; returns it in microseconds."""
        self.work.taken, self.refused = 0, None
        try:
            with calls(self.work):
                made = await work
                if isinstance(made, Message):
                    made.SerializeToString()
        except ProtocolError as error:
            self.refused = error
        return self.work.taken * MICROSECONDS_A_CALL


@dataclass
class Flooded:
    """A house with something in it, its calls, and what they are counted by."""

    world: ClearingWorld
    counted: Counted
    one: str

    def __post_init__(self) -> None:
        house = self.world.house
        guard = CallGuard(identify=identify_as(NETWORK, self.tha.node))
        self.submitting = TransactionServicer(house, guard)
        self.mail = DeliveryServicer(house, Subscriptions(house, guard.stopping), guard)
        self.directory = DirectoryServicer(house, test_network=True)
        self.rulebook = RulebookServicer(house)
        self.unsold = 50_000
        reading = ReadingOn(Timeline(), house.questions)
        self.meta = MetaRegistryServicer(house, reading)
        self.letters = AuthorizationServicer(house)
        self.adjustments = AdjustmentServicer(house, reading)
        self.aefs = AefServicer(house, reading)

    @property
    def tha(self) -> Sender:
        return self.world.senders["tha"]

    def fresh(self, count: int = 1) -> list[proposal_pb2.ProposedTransaction]:
        """Transfers of units that are still Thailand's."""
        begin, self.unsold = self.unsold, self.unsold + count
        return [transfer(self.world, begin + at, begin + at) for at in range(count)]

    def proposal(self) -> proposal_pb2.Proposal:
        return proposal_pb2.Proposal(transaction=self.fresh()[0])

    def batch(self, count: int) -> proposal_pb2.ProposalBatch:
        return proposal_pb2.ProposalBatch(transactions=self.fresh(count))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def flooded() -> AsyncIterator[Flooded]:
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    counted = Counted()
    for serial in range(1, ROWS + 1):
        proposed = await tha.propose(transfer(world, serial, serial))
        if serial % 3 == 0:
            await che.accept(proposed.transaction_id)
    one = proposed.transaction_id  # type: ignore[possibly-undefined]  # there are some
    world.house.charge_by(counted.charge)
    world.house.questions._clock = counted.nanoseconds
    for _ in range(60):  # an account list, and a longer mailbox
        await tha.say(
            PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, 1, 1))
        )
    yield Flooded(world, counted, one)
    await world.house.stop()


def forged(envelope: Envelope) -> Envelope:
    return replace(envelope, signatures=(replace(envelope.signatures[0], sig=bytes(64)),))


def submit(f: Flooded, envelope: Envelope, *, dry: bool = False) -> Awaitable[object]:
    asked: Any = {"envelope": to_proto(envelope), "validate_only": dry}
    if envelope.payload_type == PayloadKind.PROPOSAL_BATCH.label:
        return f.submitting.SubmitBatch(transactions.SubmitBatchRequest(**asked), NO_CONTEXT)
    return f.submitting.Submit(transactions.SubmitRequest(**asked), NO_CONTEXT)


def gapped(f: Flooded) -> Envelope:
    header = unsent(f.tha)
    header.sender_sequence += 5_000
    return sealed(f.tha, PayloadKind.PROPOSAL, f.proposal(), header)


def stale(f: Flooded) -> Envelope:
    header = unsent(f.tha)
    header.creation_time.seconds -= 100_000
    header.expire_time.seconds -= 100_000
    return sealed(f.tha, PayloadKind.PROPOSAL_BATCH, f.batch(20), header)


def no_account(f: Flooded) -> Envelope:
    written = f.proposal()
    written.transaction.from_account = "TH02THA0110000000009"
    return signed(f.tha, PayloadKind.PROPOSAL, written)


def undecodable() -> Envelope:
    return Envelope(bytes(range(256)) * 3_800, PayloadKind.PROPOSAL.label, ())


ASKED: dict[str, Callable[[Flooded], Awaitable[object]]] = {
    "transfers": lambda f: submit(f, signed(f.tha, PayloadKind.PROPOSAL, f.proposal())),
    "dry run": lambda f: submit(f, sealed(f.tha, PayloadKind.PROPOSAL, f.proposal()), dry=True),
    "batch": lambda f: submit(f, signed(f.tha, PayloadKind.PROPOSAL_BATCH, f.batch(40))),
    "batch, dry run": lambda f: submit(
        f, sealed(f.tha, PayloadKind.PROPOSAL_BATCH, f.batch(40)), dry=True
    ),
    "bad signature": lambda f: submit(
        f, forged(sealed(f.tha, PayloadKind.PROPOSAL_BATCH, f.batch(40)))
    ),
    "wrong sequence": lambda f: submit(f, gapped(f)),
    "too old": lambda f: submit(f, stale(f)),
    "unknown account": lambda f: submit(f, no_account(f)),
    "malformed": lambda _: submit(_, undecodable()),
    "GetTransaction": lambda f: f.submitting.GetTransaction(
        transactions.GetTransactionRequest(transaction_id=f.one), NO_CONTEXT
    ),
    "ListTransactions": lambda f: f.submitting.ListTransactions(
        transactions.ListTransactionsRequest(page_size=1000), NO_CONTEXT
    ),
    "ListOwnMessages": lambda f: f.submitting.ListOwnMessages(
        transactions.ListOwnMessagesRequest(max_messages=256), NO_CONTEXT
    ),
    "Fetch": lambda f: f.mail.Fetch(mail.FetchRequest(max_deliveries=256), NO_CONTEXT),
    "Acknowledge": lambda f: f.mail.Acknowledge(mail.AcknowledgeRequest(sequence=1), NO_CONTEXT),
    "GetNetwork": lambda f: f.directory.GetNetwork(directory.GetNetworkRequest(), NO_CONTEXT),
    "GetSender": lambda f: f.directory.GetSender(directory.GetSenderRequest(), NO_CONTEXT),
    "ListNodes": lambda f: f.directory.ListNodes(directory.ListNodesRequest(), NO_CONTEXT),
    "ListRegistries": lambda f: f.directory.ListRegistries(
        directory.ListRegistriesRequest(), NO_CONTEXT
    ),
    "ListAccounts": lambda f: f.directory.ListAccounts(directory.ListAccountsRequest(), NO_CONTEXT),
    "ListKeys": lambda f: f.directory.ListKeys(directory.ListKeysRequest(), NO_CONTEXT),
    "ListChecks": lambda f: f.rulebook.ListChecks(rulebooks.ListChecksRequest(), NO_CONTEXT),
    "GetCatalogue": lambda f: f.rulebook.GetCatalogue(
        rulebooks.GetCatalogueRequest(
            rulebook_digest=f.world.house.charter.regimes["paris"].digest
        ),
        NO_CONTEXT,
    ),
    "GetAuthorization": lambda f: f.letters.GetAuthorization(
        letters.GetAuthorizationRequest(party="THA", authorization_id=AUTHORIZATION), NO_CONTEXT
    ),
    "ListAuthorizations": lambda f: f.letters.ListAuthorizations(
        letters.ListAuthorizationsRequest(), NO_CONTEXT
    ),
    "ListAdjustments": lambda f: f.adjustments.ListAdjustments(
        adjustments.ListAdjustmentsRequest(party="THA", page_size=1000), NO_CONTEXT
    ),
    "GetBalance": lambda f: f.adjustments.GetBalance(
        adjustments.GetBalanceRequest(party="THA", year=2023), NO_CONTEXT
    ),
    "GetSummary": lambda f: f.adjustments.GetSummary(
        adjustments.GetSummaryRequest(party="THA", years=terms_pb2.YearSpan(first=2021, last=2023)), NO_CONTEXT
    ),
    "ListUnits": lambda f: f.meta.ListUnits(
        meta.ListUnitsRequest(cooperative_approach=APPROACH, page_size=1000), NO_CONTEXT
    ),
    "GetUnitHistory": lambda f: f.meta.GetUnitHistory(
        meta.GetUnitHistoryRequest(registry="THA01", serial=5), NO_CONTEXT
    ),
    "ListActions": lambda f: f.meta.ListActions(
        meta.ListActionsRequest(party="THA", year=2023, page_size=1000), NO_CONTEXT
    ),
    "ListFirstTransferredIds": lambda f: f.meta.ListFirstTransferredIds(
        meta.ListFirstTransferredIdsRequest(host="THA", page_size=1000), NO_CONTEXT
    ),
    "DrawAefs": lambda f: f.aefs.DrawAefs(aefs.DrawAefsRequest(party="THA", year=2023), NO_CONTEXT),
}  # fmt: skip

REFUSED = {"bad signature", "wrong sequence", "too old", "malformed"}


@SEVERAL
@pytest.mark.parametrize("name", ASKED)
async def test_a_call_is_paid_for_all_that_it_costs(
    flooded: Flooded, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """At most twice what is paid is done: so much the costs may be out (see `cost`)."""
    token = SERVER_TOKEN if played_on_server() and not name[0].isupper() else SMALL_TOKEN
    assert token < cost.TOKEN / 2
    monkeypatch.setattr(cost, "TOKEN", token)
    house, tha = flooded.world.house, flooded.tha
    set_current_peer(Peer(NETWORK, tha.node, house.admitted.nodes[tha.node].tls_key_hash))
    if name[0].isupper():
        await ASKED[name](flooded)  # what of the record is read once, for all, is read by now
    asking = ASKED[name](flooded)
    flooded.counted.charged.clear()
    worked = await flooded.counted.of(asking)
    paid = token + flooded.counted.charged[tha.node]
    assert (flooded.counted.refused is not None) is (name in REFUSED)
    assert worked <= 2 * paid, f"{worked:.0f} us of work, {paid} us paid"


@SEVERAL
async def test_what_was_read_is_paid_although_nothing_comes_of_it(flooded: Flooded) -> None:
    """A repetition of a large batch, and one whose last proposal is malformed, are read whole."""
    tha, charged = flooded.tha, flooded.counted.charged
    once = signed(tha, PayloadKind.PROPOSAL_BATCH, flooded.batch(300))
    await send(tha, once)
    spoilt = flooded.batch(300)
    spoilt.transactions[-1].transaction_id = "none"
    for envelope in (once, sealed(tha, PayloadKind.PROPOSAL_BATCH, spoilt)):
        charged.clear()
        with contextlib.suppress(ProtocolError):
            await send(tha, envelope)
        assert charged[tha.node] + cost.TOKEN >= 300 * (cost.READ + cost.READ_BLOCK)


# -- streams --------------------------------------------------------------------------------------


class Monotonic:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@SEVERAL
async def test_a_mailbox_that_is_read_again_and_again_is_paid(
    flooded: Flooded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Subscribed to from its beginning, again and again, it is handed out as far as the rate goes."""
    monkeypatch.setattr(cost, "TOKEN", SMALL_TOKEN)
    house, tha, clock = flooded.world.house, flooded.tha, Monotonic()
    rate = CallLimits(rate_per_second=10, burst=20)
    guard = CallGuard(identify=identify_as(NETWORK, tha.node), limits=rate, monotonic=clock)
    house.charge_by(lambda node, spent: guard.charge(node, spent / cost.TOKEN))
    subscriptions = Subscriptions(house, guard.stopping)
    handed = 0
    try:
        async with asyncio.timeout(0.5):
            while True:
                grant = Grant(0, limits.MAX_CREDIT)
                frames = subscriptions.deliveries(tha.node, grant, lambda: None, guard.out_of_debt)
                async with contextlib.aclosing(frames):  # type: ignore[type-var]  # an async generator has aclose
                    async for frame in frames:
                        handed += len(frame)
                        if frame[-1].sequence == await last_mail(flooded.world, "tha"):
                            break
    except TimeoutError:
        pass
    house.charge_by(flooded.counted.charge)
    # A burst, and as much debt again, at 35 microseconds and more for each; then it waits.
    assert 100 < handed < 2 * rate.burst * SMALL_TOKEN / cost.HANDED_OUT
    with pytest.raises(ProtocolError):
        guard._buckets.take(tha.node)
    clock.now += 60.0
    async with asyncio.timeout(0.5):
        await guard.out_of_debt(tha.node)


@SEVERAL
async def test_a_fetch_reads_no_more_than_it_hands_out(
    flooded: Flooded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large deliveries: 256 of them would be a hundred megabytes, for an answer of two."""
    monkeypatch.setattr(subscription, "MAX_FRAME_BYTES", 2_000)
    read: list[int] = []
    deliveries = mailboxes.deliveries

    def counting(connection: Connection, **asked: Any) -> list[MailboxRow]:  # noqa: ANN401  # as it is asked
        found = deliveries(connection, **asked)
        read.append(len(found))
        return found

    monkeypatch.setattr(mailboxes, "deliveries", counting)
    house, tha = flooded.world.house, flooded.tha
    set_current_peer(Peer(NETWORK, tha.node, house.admitted.nodes[tha.node].tls_key_hash))
    answer = await flooded.mail.Fetch(mail.FetchRequest(max_deliveries=256), NO_CONTEXT)
    assert 1 <= len(answer.deliveries) < subscription.MAX_SENT_AT_ONCE
    assert read == [subscription.MAX_SENT_AT_ONCE]


@SEVERAL
async def test_deliveries_are_read_in_as_many_questions_however_many_they_are(
    flooded: Flooded,
) -> None:
    """On a server each is a trip: a Fetch of 256 took half a thousand."""
    connection = flooded.world.connection
    asked: Counter[int] = Counter()

    class Counting:
        def __init__(self, limit: int) -> None:
            self.limit = limit

        def execute(self, *given: Any) -> Any:  # noqa: ANN401  # as it is asked
            asked[self.limit] += 1
            return connection.execute(*given)

    for limit in (1, 100):
        counting: Any = Counting(limit)
        assert len(mailboxes.deliveries(counting, "tha", 0, limit)) == limit
    assert asked[100] == asked[1]


async def test_of_acknowledgements_on_a_stream_the_latest_is_written() -> None:
    written: list[int] = []
    begun, go = asyncio.Event(), asyncio.Event()

    async def write(sequence: int) -> int:
        begun.set()
        await go.wait()
        written.append(sequence)
        return sequence

    acknowledging = Acknowledging(write)
    acknowledging.note(1)
    await begun.wait()
    for sequence in range(2, 100):
        acknowledging.note(sequence)
    go.set()
    await acknowledging.finish()
    assert written == [1, 99]


async def test_acknowledgements_that_wait_are_one_commit() -> None:
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    for serial in range(1, 6):
        await tha.propose(transfer(world, serial, serial))
    noting = Acknowledgements(InTurn(world.connection))
    with heard(world.connection) as seen:
        first = asyncio.create_task(noting.note(tha.node, 1))
        await asyncio.sleep(0)  # it is being written, and then its caller goes
        said = [
            asyncio.create_task(noting.note(node, 2))
            for node in (tha.node, che.node)
            for _ in range(9)
        ]
        said.append(asyncio.create_task(noting.note(tha.node, 999)))
        await asyncio.sleep(0)
        first.cancel()
        reached = await asyncio.gather(*said, return_exceptions=True)
    assert reached[:-1] == [2] * 18
    assert isinstance(reached[-1], ProtocolError)
    assert reached[-1].reason is Reason.CURSOR_INVALID
    assert seen.count("COMMIT") == 1
    await world.house.stop()


class InTurn(InlineDatabase[Connection]):
    """A writer that comes to it once others have had the loop."""

    async def run(self, work: Callable[[Connection], Any]) -> Any:  # noqa: ANN401  # what the work returns
        for _ in range(5):
            await asyncio.sleep(0)
        return await super().run(work)


async def test_a_watch_costs_nothing_where_nothing_of_its_node_happens() -> None:
    world = await trading_world()
    await world.admit("deu", "DEU01")
    spent: Counter[str] = Counter()
    world.house.charge_by(lambda node, some: spent.update({node: some}))
    seen: dict[str, list[str]] = {"deu": [], "tha": []}

    async def watch(node: str) -> None:
        async for row in world.house.watch(NodeId(node)):
            seen[node].append(row.state)

    watching = [asyncio.create_task(watch(node)) for node in seen]
    await asyncio.sleep(0)
    looked = 0

    def look(row: TransactionRow, node: str) -> bool:
        nonlocal looked
        looked += 1
        return may_see(row, node)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(watching_module, "may_see", look)
        for serial in range(1, 6):
            await world.senders["tha"].propose(transfer(world, serial, serial))
    await asyncio.sleep(0)
    assert (len(seen["tha"]), len(seen["deu"]), looked) == (5, 0, 5)
    assert spent["deu"] == 0
    assert spent["tha"] >= 5 * cost.CHANGE
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    await world.house.stop()


async def test_long_judging_lets_the_loop_run_between_its_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A dry run that is judged on a thread of the database."""
    let: list[int] = []
    monkeypatch.setattr(turns, "let_others_run", lambda: let.append(threading.get_ident()))
    looks = turns.giving_way(lambda: False)
    assert looks() is False
    assert let == []
    assert await asyncio.to_thread(looks) is False
    assert len(let) == 1
    world = await trading_world()
    tha = world.senders["tha"]
    rehearse = SqliteGroupStore.rehearse

    async def apart(
        self: SqliteGroupStore, received: Received, judge: Judge, now: datetime
    ) -> Outcome:
        def on_a_thread(*asked: Any) -> Judged:  # noqa: ANN401  # as it is called
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(judge, *asked).result()

        return await rehearse(self, received, on_a_thread, now)

    monkeypatch.setattr(SqliteGroupStore, "rehearse", apart)
    batch = proposal_pb2.ProposalBatch(
        transactions=[transfer(world, at, at) for at in range(1, 21)]
    )
    let.clear()
    await send(tha, sealed(tha, PayloadKind.PROPOSAL_BATCH, batch), validate_only=True)
    assert len(let) >= 20
    await world.house.stop()


async def test_a_batch_is_decided_without_a_pause_and_the_loop_runs_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each pause of a thread takes a twentieth of what judging a transfer of a large batch does, and more.

    Short turns alone let the loop run: whoever waits for the interpreter has it after half a millisecond.
    """
    paused: list[int] = []
    monkeypatch.setattr(turns, "let_others_run", lambda: paused.append(threading.get_ident()))
    world = await trading_world()
    store = own_clerk(world.house)._store
    assert isinstance(store, SqliteGroupStore)
    monkeypatch.setattr(store, "_runner", DatabaseThread(world.connection))
    tha, judging = world.senders["tha"], asyncio.Event()
    loop, own = asyncio.get_running_loop(), threading.get_ident()
    threads: set[int] = set()
    go_on = Desk.go_on

    def looking(desk: Desk) -> None:
        threads.add(threading.get_ident())
        loop.call_soon_threadsafe(judging.set)
        go_on(desk)

    monkeypatch.setattr(Desk, "go_on", looking)
    batch = proposal_pb2.ProposalBatch(
        transactions=[transfer(world, at, at) for at in range(1, 301)]
    )
    sending = asyncio.create_task(send(tha, signed(tha, PayloadKind.PROPOSAL_BATCH, batch)))
    await judging.wait()
    turned = 0
    while not sending.done():
        turned += 1
        await asyncio.sleep(0)
    await sending
    assert own not in threads
    assert turned > 10
    assert paused == []
    await world.house.stop()
    await store._runner.close()


async def test_turns_are_short_while_a_thread_works_long_and_as_usual_afterwards() -> None:
    world = await trading_world()
    tha, usual = world.senders["tha"], sys.getswitchinterval()
    found: dict[str, float] = {}

    def look(name: str) -> Callable[..., Any]:
        def noted(*_: object) -> None:
            found[name] = sys.getswitchinterval()

        return noted

    await world.house.questions.ask("tha", look("question"))
    with turns.SHORT_TURNS, turns.SHORT_TURNS:
        pass
    go_on = Desk.go_on
    with pytest.MonkeyPatch.context() as patched:
        for count, validate_only in ((1, False), (1, True), (200, False)):
            note = look(f"{count} {validate_only}")

            def looking(desk: Desk, note: Callable[..., Any] = note) -> None:
                note()
                go_on(desk)

            patched.setattr(Desk, "go_on", looking)
            first = 1_000 + 10 * count
            batch = proposal_pb2.ProposalBatch(
                transactions=[transfer(world, first + at, first + at) for at in range(count)]
            )
            envelope = (sealed if validate_only else signed)(tha, PayloadKind.PROPOSAL_BATCH, batch)
            await send(tha, envelope, validate_only=validate_only)
    assert sys.getswitchinterval() == usual
    short = pytest.approx(0.0005)
    # On a server whoever decides is on the thread in short groups, too, and waits for trips.
    alone = short if played_on_server() else usual
    assert found == {"question": short, "1 False": alone, "1 True": short, "200 False": short}
    await world.house.stop()


async def test_nobody_waits_long_for_the_company_of_a_flood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where each pause is long and brings one more, a group is not waited for twelve times."""
    world = await trading_world()
    clerk, tha, loop = own_clerk(world.house), world.senders["tha"], asyncio.get_running_loop()
    asked = at_once(
        world.house._gate.admit(
            sealed(
                tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transfer(world, 1, 1))
            ),
            tha.node,
            world.house.admitted.keyring,
            world.clock.now(),
        )
    )
    seconds = [0.0]

    async def late(_: float) -> None:
        seconds.append(seconds[-1] + 0.05)
        clerk._waiting.lanes.add(Waiting(asked, loop.create_future(), 1))

    clerk._waiting._company = 100
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loop, "time", lambda: seconds[-1])
        patched.setattr(asyncio, "sleep", late)
        await clerk._waiting.gathered()
    assert len(seconds) - 1 == 2
    clerk._waiting.lanes.clear()
    await world.house.stop()
