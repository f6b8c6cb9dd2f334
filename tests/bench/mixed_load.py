# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs of nodes that do a bit of everything with a broker, over the line that real nodes have.

Transfers by calls and on streams, in batches, accepted and rejected; proposals that are invalidated,
messages that are refused, dry runs; every node takes its mailbox, half of them on a stream and half by
asking; and every line is hung up and opened again after a while.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Final

from google.protobuf.message import Message

from broker.bench.field import UNITS_PER_GIVER, Pair, Trader
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.envelope import Envelope
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.client import secure_channel
from registry_node.adapters.grpc_link import READS, GrpcLink
from registry_node.adapters.line import Line
from registry_node.broker_link import Cursor

BATCH: Final = 64
CREDIT: Final = 64
_TAKEN_AT_ONCE: Final = 100
_WAIT_MS: Final = 1_000
_REDIAL: Final = 150
"""Exchanges of a pair after which it hangs up, and half as many more by chance."""
_AGAIN: Final = 0.2
_TRIES: Final = 200


@dataclass
class Speaker:
    """A node with its line, on which it speaks and takes its mailbox until it hangs up."""

    address: str
    trader: Trader
    streams: bool
    cursor: Cursor = field(default_factory=Cursor)
    shed: int = 0
    _link: GrpcLink | None = None
    _taking: asyncio.Task[None] | None = None

    def dial(self) -> None:
        """Opens the line."""
        channel = secure_channel(
            self.address, self.trader.tls, server_name="localhost", reads=READS
        )
        self._link = GrpcLink(Line(channel))
        self._taking = asyncio.create_task(self._take(self._link))

    async def hang_up(self) -> None:
        """Ends the line, and fails where taking the mailbox has failed."""
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.wait([self._taking])
            if not self._taking.cancelled() and (failed := self._taking.exception()):
                raise failed
        if self._link is not None:
            await self._link.close()
        # gRPC keeps a connection for as long as a call that was made on it is known.
        self._link = self._taking = None

    async def say(
        self, kind: PayloadKind, payload: Message, *, streamed: bool = False
    ) -> tuple[Envelope, ...]:
        """Says something, again where the broker had no room; returns its answers."""
        return await self.send(self.trader.chain.sign(kind, payload, datetime.now(UTC)), streamed)

    async def send(
        self, envelope: Envelope, streamed: bool = False, validate_only: bool = False
    ) -> tuple[Envelope, ...]:
        """Sends what is signed.

        Raises:
            ProtocolError: It was refused.
        """
        if self._link is None:
            raise RuntimeError("no line was opened")
        for _ in range(_TRIES):
            try:
                if streamed:
                    (told,) = await self._link.submit_all([envelope])
                    if isinstance(told, ProtocolError):
                        raise told
                    return told.answers
                return (await self._link.submit(envelope, validate_only=validate_only)).answers
            except ProtocolError as error:
                if not error.retryable:
                    raise
                self.shed += 1
                await asyncio.sleep(_AGAIN)
        raise RuntimeError(f"{self.trader.registry} was put off {_TRIES} times")

    async def _take(self, link: GrpcLink) -> None:
        """Takes the mailbox, and says so; what fails for the moment is tried again."""
        while True:
            try:
                if self.streams:
                    async for each in link.subscribe(self.cursor, CREDIT):
                        self.cursor = Cursor(each.sequence, each.digest)
                        await link.acknowledge(each.sequence)
                    continue
                found = await link.fetch(self.cursor, _TAKEN_AT_ONCE, _WAIT_MS)
                if found:
                    self.cursor = Cursor(found[-1].sequence, found[-1].digest)
                    await link.acknowledge(self.cursor.sequence)
            except ProtocolError as error:
                if not error.retryable:
                    raise
                await asyncio.sleep(_AGAIN)


@dataclass
class Trading:
    """A pair of nodes that trades; one exchange at a time."""

    address: str
    pair: Pair
    random: Random
    done: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        streams = self.random.random() < 0.5  # half
        self.giver = Speaker(self.address, self.pair.giver, streams)
        self.taker = Speaker(self.address, self.pair.taker, not streams)
        self._serial = 0
        self._left = 0
        self._ways: Sequence[tuple[Callable[[], Awaitable[None]], int]] = (
            (self._by_calls, 60),
            (self._streamed, 25),
            (self._in_a_batch, 3),
            (self._rejected, 4),
            (self._invalidated, 4),
            (self._refused, 2),
            (self._dry_run, 2),
        )

    def dial(self) -> None:
        """Opens both lines."""
        self.giver.dial()
        self.taker.dial()
        self._left = _REDIAL + self.random.randrange(_REDIAL // 2)

    async def hang_up(self) -> None:
        """Ends both lines."""
        await asyncio.gather(self.giver.hang_up(), self.taker.hang_up())

    async def exchange(self) -> None:
        """Does the next thing."""
        ways, weights = zip(*self._ways, strict=True)
        (way,) = self.random.choices(ways, weights)
        await way()
        self.done[way.__name__.strip("_")] += 1
        self._left -= 1
        if self._left <= 0:
            await self.hang_up()
            self.dial()
            self.done["reconnected"] += 1

    async def until(self, end: float, interval: float | None) -> None:
        """Exchanges until a moment: one after the other, or one when it is due.

        Args:
            end: By `time.perf_counter`.
            interval: Seconds from one to the next; None: as fast as it is answered.
        """
        due = time.perf_counter() + (interval or 0.0) * self.random.random()
        while (now := time.perf_counter()) < end:
            if interval is not None:
                await asyncio.sleep(max(0.0, due - now))
            began = now if interval is None else due
            await self.exchange()
            self.latencies.append(time.perf_counter() - began)
            due += interval or 0.0

    # -- what is done ---------------------------------------------------------------------------------

    async def _by_calls(self) -> None:
        await self._transferred(streamed=False)

    async def _streamed(self) -> None:
        await self._transferred(streamed=True)

    async def _transferred(self, *, streamed: bool) -> None:
        name = await self._proposed(streamed=streamed)
        said = proposal_pb2.Acceptance(transaction_id=name, proposal_hash=self._proposal_hash)
        await self.taker.say(PayloadKind.ACCEPTANCE, said, streamed=streamed)
        self.done["transfers"] += 1

    async def _rejected(self) -> None:
        name = await self._proposed(streamed=False)
        said = proposal_pb2.Rejection(
            transaction_id=name, proposal_hash=self._proposal_hash, reason="not wanted"
        )
        await self.taker.say(PayloadKind.REJECTION, said)

    async def _in_a_batch(self) -> None:
        wishes = [self._wish() for _ in range(BATCH)]
        batch = proposal_pb2.ProposalBatch(transactions=wishes)
        await self.giver.say(PayloadKind.PROPOSAL_BATCH, batch)
        answered = proposal_pb2.AnsweredProposal(
            proposal_hash=self._proposal_hash,
            transaction_ids=[each.transaction_id for each in wishes],
        )
        accepted = proposal_pb2.AcceptanceBatch(proposals=[answered])
        await self.taker.say(PayloadKind.ACCEPTANCE_BATCH, accepted)
        self.done["transfers"] += BATCH

    async def _invalidated(self) -> None:
        wish = self._wish(UNITS_PER_GIVER + 1)
        await self.giver.say(PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wish))

    async def _refused(self) -> None:
        chain = self.pair.giver.chain
        header = chain.header(datetime.now(UTC))
        proposal = proposal_pb2.Proposal(transaction=self._wish(UNITS_PER_GIVER + 1))
        chain.previous_payload_hash, before = bytes(32), chain.previous_payload_hash
        try:
            header = chain.header(datetime.now(UTC))
            await self.giver.send(chain.sign_with(PayloadKind.PROPOSAL, proposal, header))
        except ProtocolError as error:
            if error.reason is not Reason.PREVIOUS_HASH_MISMATCH:
                raise
        else:
            raise RuntimeError("a message that does not chain to the one before it was taken in")
        finally:
            chain.previous_payload_hash = before

    async def _dry_run(self) -> None:
        chain = self.pair.giver.chain
        proposal = proposal_pb2.Proposal(transaction=self._wish(UNITS_PER_GIVER + 1))
        header = chain.header(datetime.now(UTC))
        envelope = chain.sign_with(PayloadKind.PROPOSAL, proposal, header)
        await self.giver.send(envelope, validate_only=True)

    async def _proposed(self, *, streamed: bool) -> str:
        wish = self._wish()
        proposal = proposal_pb2.Proposal(transaction=wish)
        await self.giver.say(PayloadKind.PROPOSAL, proposal, streamed=streamed)
        return wish.transaction_id

    @property
    def _proposal_hash(self) -> bytes:
        return self.pair.giver.chain.previous_payload_hash

    def _wish(self, serial: int = 0) -> proposal_pb2.ProposedTransaction:
        """A transfer of one unit: the next one, unless another is named."""
        if not serial:
            self._serial += 1
        giver, taker = self.pair.giver, self.pair.taker
        number = serial or self._serial
        return proposal_pb2.ProposedTransaction(
            transaction_id=giver.chain.ids.uuid7(datetime.now(UTC)),
            type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
            from_account=giver.account,
            to_account=taker.account,
            from_registry=giver.registry,
            to_registry=taker.registry,
            blocks=[units_pb2.UnitBlock(registry=giver.registry, first=number, last=number)],
        )
