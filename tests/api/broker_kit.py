# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's real servers with real mutual TLS on a free port, over a house in memory or a file."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from broker.api.operator import Operations
from broker.api.server import BrokerServers, ServerSettings
from broker.app import (
    Parts,
    bring_up_to_date,
    broker_keys,
    build_house,
    memory_database,
    memory_house,
    operator_over,
    regime_services,
)
from broker.authority import Authority, create_authority
from broker.clearing.directory.operator import KEY_LIFETIME
from broker.clearing.path.house import ClearingHouse
from broker.known_regimes import REGIMES
from broker.own_keys import KeysInUse
from broker.regime.regimes import Regimes
from broker.serving import set_clock
from broker.store import genesis
from broker.store.engines import DATABASE_ID
from broker.store.genesis import Network
from broker.store.timekeeping import accept_clock
from itmo.chain import SenderChain
from itmo.clearing.v1 import (
    adjustment_service_pb2_grpc,
    authorization_service_pb2_grpc,
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    directory_service_pb2_grpc,
    operator_service_pb2_grpc,
    transaction_service_pb2,
    transaction_service_pb2_grpc,
)
from itmo.clock import Clock, FakeClock, OffsetClock, SystemClock
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.envelope import Envelope
from itmo.identifiers import NodeId, RegistryId, make_account_id
from itmo.ids import SeededIds
from itmo.keys import MemorySigner
from itmo.payloads import PayloadKind, to_proto
from itmo.reasons import ProtocolError
from itmo.runtime.db.sqlite import open_reader, open_writer
from itmo.runtime.db.thread import Database, DatabaseThread, InlineDatabase
from itmo.runtime.rpc.client import local_channel, secure_channel
from itmo.runtime.rpc.connections import MAX_CONNECTIONS
from itmo.runtime.rpc.errors import from_rpc_error
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.tls import TlsFiles
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.tls_request import make_tls_request
from tests.kit.clearing import (
    APPROACH,
    BROKER,
    NETWORK,
    START,
    ClearingWorld,
    Sender,
    authorize,
    issuance,
    join_request,
    state_approach,
    state_party,
)

SECONDS = 20.0
SOON = 5.0
"""How long a test waits for what must come; it is never slept through."""
QUIET = 0.15
"""How long a test listens for what must not come."""
UNHURRIED = CallLimits(rate_per_second=10_000, burst=10_000)
T = TypeVar("T")
FetchRequest = delivery_service_pb2.FetchRequest
Frame = delivery_service_pb2.SubscribeRequest
SubmitRequest = transaction_service_pb2.SubmitRequest
SubmitBatchRequest = transaction_service_pb2.SubmitBatchRequest
Subscription = grpc.aio.StreamStreamCall[Frame, delivery_service_pb2.SubscribeResponse]


class Line:
    """A node's channel to the broker, with every service on it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.digests: dict[int, bytes] = {}
        self.transactions = transaction_service_pb2_grpc.TransactionServiceStub(channel)
        self.deliveries = delivery_service_pb2_grpc.DeliveryServiceStub(channel)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(channel)
        self.authorizations = authorization_service_pb2_grpc.AuthorizationServiceStub(channel)
        self.adjustments = adjustment_service_pb2_grpc.AdjustmentServiceStub(channel)

    async def submit(
        self, envelope: Envelope, *, validate_only: bool = False
    ) -> transaction_service_pb2.SubmitResponse:
        return await self.transactions.Submit(
            SubmitRequest(envelope=to_proto(envelope), validate_only=validate_only),
            timeout=SECONDS,
        )

    async def fetch(
        self, cursor: int = 0, most: int = 0, wait_ms: int = 0
    ) -> delivery_service_pb2.FetchResponse:
        digest = await self.digest(cursor)
        return await self.deliveries.Fetch(
            FetchRequest(cursor=cursor, cursor_digest=digest, max_deliveries=most, wait_ms=wait_ms),
            timeout=SECONDS,
        )

    async def digest(self, cursor: int) -> bytes:
        """The digest that came with a delivery; of one that is not there some other bytes."""
        if cursor in self.digests:
            return self.digests[cursor]
        at, digest = 0, b""
        while at < cursor:
            request = FetchRequest(cursor=at, cursor_digest=digest, max_deliveries=256)
            found = (await self.deliveries.Fetch(request, timeout=SECONDS)).deliveries
            if not found:
                return b"nothing of this mailbox"
            at, digest = max((d.sequence, d.digest) for d in found if d.sequence <= cursor)
        self.digests[cursor] = digest
        return digest

    async def acknowledge(self, sequence: int) -> int:
        answer = await self.deliveries.Acknowledge(
            delivery_service_pb2.AcknowledgeRequest(sequence=sequence), timeout=SECONDS
        )
        return answer.acknowledged_sequence

    async def subscribe(self, cursor: int = 0, credit: int = 1) -> Subscription:
        call = self.deliveries.Subscribe()
        digest = await self.digest(cursor)
        await call.write(Frame(cursor=cursor, cursor_digest=digest, credit=credit))
        return call


@dataclass
class TlsWorld(ClearingWorld):
    """A world whose nodes are admitted with the TLS keys they connect with."""

    directory: Path = field(default_factory=Path)
    authority: Authority | None = None
    tls: dict[str, TlsFiles] = field(default_factory=dict)

    def certified(self, name: str, file_name: str = "") -> tuple[TlsFiles, bytes]:
        """Files with which a node can connect, and the hash of their key."""
        assert self.authority is not None
        file_name = file_name or name
        files = TlsFiles(
            self.directory / "ca.pem",
            self.directory / f"{file_name}.pem",
            self.directory / f"{file_name}.key",
        )
        request = make_tls_request(generate_tls_key(files.key))
        issued = self.authority.certify_node(NodeId(name), request, datetime.now(UTC))
        files.certificate.write_text(issued.pem)
        return files, issued.tls_key_hash

    async def admit(
        self, name: str, *registries: str, key_lifetime: timedelta = KEY_LIFETIME
    ) -> Sender:
        self.tls[name], tls_key_hash = self.certified(name)
        signer = MemorySigner.from_seed(name.encode().ljust(32, b"."))
        request = join_request(signer, name, registries)
        await self.operator.admit(request, tls_key_hash, key_lifetime=key_lifetime)
        chain = SenderChain(
            node=NodeId(name), recipient=BROKER, network_id=NETWORK, signer=signer, ids=self.ids
        )
        self.senders[name] = Sender(NodeId(name), registries, chain, self)
        return self.senders[name]


@dataclass
class Served:
    """A world and its servers."""

    world: TlsWorld
    servers: BrokerServers
    port: int
    socket: Path
    lines: AsyncExitStack
    stopped: bool = False

    @property
    def tha(self) -> Sender:
        return self.world.senders["tha"]

    @property
    def che(self) -> Sender:
        return self.world.senders["che"]

    async def line(self, name: str, tls: TlsFiles | None = None) -> Line:
        """A node's connection; it is closed at the end of the test."""
        channel = secure_channel(
            f"127.0.0.1:{self.port}", tls or self.world.tls[name], server_name="localhost"
        )
        return Line(await self.lines.enter_async_context(channel))

    async def operator(self) -> operator_service_pb2_grpc.OperatorServiceAsyncStub:
        channel = await self.lines.enter_async_context(local_channel(self.socket))
        return operator_service_pb2_grpc.OperatorServiceStub(channel)

    async def stop(self) -> None:
        if not self.stopped:
            self.stopped = True
            await self.servers.stop(self.world.house.stop)


@asynccontextmanager
async def served(
    *,
    test_network: bool = True,
    reflection: bool = False,
    real_clock: bool = False,
    database: Path | None = None,
    limits: CallLimits = UNHURRIED,
    connections: int = MAX_CONNECTIONS,
    own_clock: Clock | None = None,
    regimes: Regimes = REGIMES,
) -> AsyncIterator[Served]:
    """A broker that serves, and nobody admitted yet."""
    # Socket paths hold about a hundred bytes, and those of pytest's directories do not fit.
    with tempfile.TemporaryDirectory(prefix="brk") as name:
        directory = Path(name)
        fake = FakeClock(START)
        clock: Clock = own_clock or fake
        if real_clock:
            clock = OffsetClock(SystemClock()) if test_network else SystemClock()
        ids = SeededIds(7)
        parts = Parts(
            network=Network(NETWORK, BROKER, test_network=test_network),
            clock=clock,
            ids=ids,
            signer=MemorySigner.from_seed(b"b" * 32),
            operator_signer=MemorySigner.from_seed(b"o" * 32),
            regimes=regimes,
        )
        connection, house, *databases = _house(parts, database)
        writer = databases[0]
        await house.start()
        authority = create_authority(
            NETWORK, directory / "ca.pem", directory / "ca.key", datetime.now(UTC)
        )
        world = TlsWorld(
            house, operator_over(parts, house), fake, ids, parts, connection,
            directory=directory, authority=authority,
        )  # fmt: skip
        key = generate_tls_key(directory / "server.key")
        issued = authority.certify_server(BROKER, key.public_key(), [], datetime.now(UTC))
        (directory / "server.pem").write_text(issued.pem)
        servers = BrokerServers(
            house,
            ServerSettings(
                listen="127.0.0.1:0",
                tls=TlsFiles(
                    directory / "ca.pem", directory / "server.pem", directory / "server.key"
                ),
                operator_socket=directory / "operator.sock",
                test_network=test_network,
                reflection=reflection,
                call_limits=limits,
                connections=connections,
            ),
            Operations(
                set_clock=partial(set_clock, clock, writer, house),
                accept_clock=lambda told: writer.run(
                    lambda connection: accept_clock(clock, connection, told, parts.operator_signer)
                ),
                take_up_keys=KeysInUse(
                    parts, house, lambda: (parts.signer, parts.operator_signer)
                ).take_up,
                tasks=tuple,
            ),
            regime_services,
        )
        await servers.start()
        async with AsyncExitStack() as lines:
            running = Served(world, servers, servers.port, directory / "operator.sock", lines)
            try:
                yield running
            finally:
                await lines.aclose()
                await running.stop()
                for each in set(databases):
                    if isinstance(each, DatabaseThread):
                        await each.close()
                connection.close()


def _house(
    parts: Parts, database: Path | None
) -> tuple[sqlite3.Connection, ClearingHouse, Database, Database, Database]:
    if database is None:
        connection = memory_database(parts.regimes)
        inline = InlineDatabase(connection)
        return connection, memory_house(parts, connection), inline, inline, inline
    first = open_writer(database, application_id=DATABASE_ID)
    bring_up_to_date(first, parts.regimes)
    genesis.found(first, parts.network, broker_keys(parts, parts.clock.now()))
    writer = DatabaseThread(first, "writer")
    reader = DatabaseThread(open_reader(database), "reader")
    reports = DatabaseThread(open_reader(database), "reports")

    def broken(error: BaseException) -> None:
        raise error

    return (
        open_reader(database),
        build_house(parts, writer, reader, broken, reports=reports),
        writer,
        reader,
        reports,
    )


@asynccontextmanager
async def trading(
    *,
    database: Path | None = None,
    reflection: bool = False,
    limits: CallLimits = UNHURRIED,
    own_clock: Clock | None = None,
) -> AsyncIterator[Served]:
    """Thailand holds 1 to 100 000; Switzerland has accounts; a third node, DEU, looks on."""
    async with served(
        database=database, reflection=reflection, limits=limits, own_clock=own_clock
    ) as running:
        world = running.world
        tha, che = await world.admit("tha", "THA01"), await world.admit("che", "CHE01")
        deu = await world.admit("deu", "DEU01")
        for party in ("THA", "CHE"):
            await state_party(world, party)
        await state_approach(world, APPROACH, ("THA", "CHE"))
        await world.open_account(tha, "THA01", 100)
        await world.open_account(che, "CHE01", 100)
        await world.open_account(che, "CHE01", 200)
        await world.open_account(deu, "DEU01", 100)
        await authorize(tha)
        verdict = await tha.propose(issuance(world, "THA01", 1, 100_000))
        assert verdict.state == decision_pb2.STATE_COMPLETED
        yield running


def offer(running: Served, serial: int) -> Envelope:
    """A signed proposal of one unit from Thailand to Switzerland."""
    return proposal(running, one_unit(running, serial))


def one_unit(running: Served, serial: int) -> proposal_pb2.ProposedTransaction:
    return proposal_pb2.ProposedTransaction(
        transaction_id=running.world.transaction_id(),
        type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
        from_account=make_account_id(RegistryId("THA01"), 100, 1),
        to_account=make_account_id(RegistryId("CHE01"), 100, 1),
        from_registry="THA01",
        to_registry="CHE01",
        blocks=[{"registry": "THA01", "first": serial, "last": serial}],  # type: ignore[list-item]  # protobuf takes dicts
    )


def proposal(running: Served, transaction: proposal_pb2.ProposedTransaction) -> Envelope:
    return says(running.tha, PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=transaction))


def says(sender: Sender, kind: PayloadKind, payload: Message) -> Envelope:
    return sender.chain.sign(kind, payload, sender.world.clock.now())


def acceptance(running: Served, offered: Envelope) -> Envelope:
    name = proposal_pb2.Proposal.FromString(offered.payload).transaction.transaction_id
    return says(
        running.che,
        PayloadKind.ACCEPTANCE,
        proposal_pb2.Acceptance(
            transaction_id=name, proposal_hash=sha256(offered.payload).digest()
        ),
    )


def name_of(offered: Envelope) -> str:
    return proposal_pb2.Proposal.FromString(offered.payload).transaction.transaction_id


async def refusal(call: Awaitable[object]) -> ProtocolError:
    """The refusal with which a call ends."""
    try:
        answer = await asyncio.wait_for(_await(call), SECONDS)
    except grpc.aio.AioRpcError as error:
        return from_rpc_error(error)
    raise AssertionError(f"an answer, not a refusal: {answer}")


async def _await(call: Awaitable[T]) -> T:
    return await call


async def frame_of(call: Subscription) -> list[int]:
    """The sequence numbers of the next frame."""
    frame = await asyncio.wait_for(call.read(), SOON)
    assert isinstance(frame, delivery_service_pb2.SubscribeResponse), "the stream ended"
    return [each.sequence for each in frame.deliveries]


async def take(call: Subscription, count: int) -> list[int]:
    """At least so many deliveries, as they come."""
    got: list[int] = []
    while len(got) < count:
        got.extend(await frame_of(call))
    return got


async def until(holds: Callable[[], bool]) -> None:
    """Lets the server work until something holds."""
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777
