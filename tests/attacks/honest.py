# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The honest: transfers there and back all the time, and a memory of every answer they got.

Transfers are due at a fixed pace, whether or not earlier ones are answered; what has to wait for
its pair's one before counts the wait as latency, and so does what has to be sent again.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import grpc
from google.protobuf.message import Message

from deploy.demo.programs import DemoFailed
from deploy.demo.speaking import NodeOperator
from itmo.clearing.v1 import transaction_service_pb2 as api
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.ids import RandomIds
from itmo.payloads import PayloadKind, to_proto
from itmo.runtime.rpc.errors import from_rpc_error
from tests.attacks.identities import GIVER, SWITZERLAND, TAKER, THAILAND, Identity
from tests.attacks.network import UNITS, state_of
from tests.conformance.speaking import Speaker

PACE: Final = 0.1
"""Seconds between two transfers; a tenth of what the rate allows leaves room to catch up."""
_CALL_SECONDS: Final = 10.0
_AGAIN: Final = 0.05
_REPLAYED: Final = 400
"""Messages sent once more at the end: about ten seconds within the rate of two nodes."""
_ENOUGH: Final = 5
"""Refused replays after which there is nobody to ask."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A message that was answered: who sent which bytes, and the hash of every statement."""

    node: str
    request: bytes
    answers: tuple[bytes, ...]


@dataclass
class SpeakingPair:
    """Two admitted nodes that sign by hand, so that nothing but the broker is measured.

    Attributes:
        latencies: Seconds from when a transfer was due to its receipt, since the last `watch`.
        acknowledged: Every answered message.
        transfers: How many completed.
        problems: What the broker did that it must not do to an honest pair.
        last_refusal: The last error of a call that was sent again.
        pace: Seconds between two transfers.
    """

    home: Path
    address: str
    latencies: list[float] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    transfers: int = 0
    problems: list[str] = field(default_factory=list)
    last_refusal: str = ""
    pace: float = PACE
    _serial: int = 0
    _due: float = 0.0
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Catches up with the broker and begins."""
        self._giver = GIVER.speaker(self.home, self.address)
        self._taker = TAKER.speaker(self.home, self.address)
        await self._giver.catch_up()
        await self._taker.catch_up()
        self.watch()
        self._task = asyncio.create_task(self._run(), name="honest pair")

    async def pause(self) -> None:
        """Ends, between two transfers or in the middle of one."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def stop(self) -> None:
        """Ends and hangs up."""
        await self.pause()
        await self._giver.channel.close()
        await self._taker.channel.close()

    def watch(self) -> None:
        """Measures from now on; what was late before does not count."""
        self.latencies = []
        self._due = time.monotonic()

    def measured(self) -> list[float]:
        """Latencies since `watch`; what is due and not done is late by as much as it is now."""
        now = time.monotonic()
        overdue = max(0, int((now - self._due) / self.pace))
        return self.latencies + [now - self._due - at * self.pace for at in range(overdue)]

    async def dial(self) -> None:
        """Connects anew, without the pause that gRPC makes after failures."""
        for speaker, identity in ((self._giver, GIVER), (self._taker, TAKER)):
            old, fresh = speaker.channel, identity.speaker(self.home, self.address)
            speaker.channel = fresh.channel
            speaker.__post_init__()
            await old.close()

    async def another(self, seconds: float) -> str | None:
        """Waits for a whole transfer from now on; says what is wrong when there is none."""
        target = self.transfers + 2  # the one under way began earlier
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.transfers < target:
                    if self._task is not None and self._task.done():
                        return f"the honest pair ended: {self._task.exception()}"
                    await asyncio.sleep(_AGAIN)
                return None
        return f"no honest transfer within {seconds:g} s; last refusal: {self.last_refusal}"

    async def _run(self) -> None:
        there = (self._giver, self._taker, GIVER, TAKER)
        back = (self._taker, self._giver, TAKER, GIVER)
        while True:
            self._serial = self._serial % UNITS + 1
            for source, target, leaves, enters in (there, back):
                due = self._due
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if await self._transfer(source, target, leaves, enters):
                    self.transfers += 1
                    if due >= self._due:  # else measuring began anew in between
                        self.latencies.append(time.monotonic() - due)
                if due >= self._due:
                    self._due = due + self.pace

    async def _transfer(
        self, source: Speaker, target: Speaker, leaves: Identity, enters: Identity
    ) -> bool:
        transaction = proposal_pb2.ProposedTransaction(
            transaction_id=RandomIds().uuid7(datetime.now(UTC)),
            type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
            from_account=leaves.account,
            to_account=enters.account,
            from_registry=leaves.registry,
            to_registry=enters.registry,
            blocks=[
                units_pb2.UnitBlock(registry=GIVER.registry, first=self._serial, last=self._serial)
            ],
        )
        proposal = proposal_pb2.Proposal(transaction=transaction)
        answer = await self._say(source, PayloadKind.PROPOSAL, proposal)
        state = state_of(answer.answers[0].payload)
        if state != "VALIDATED":
            self._blame(f"an honest proposal is {state}")
            return False
        acceptance = proposal_pb2.Acceptance(
            transaction_id=transaction.transaction_id,
            proposal_hash=source.chain.previous_payload_hash,
        )
        await self._say(target, PayloadKind.ACCEPTANCE, acceptance)
        return True

    async def _say(
        self, speaker: Speaker, kind: PayloadKind, payload: Message
    ) -> api.SubmitResponse:
        """Sends until it is answered, always the same bytes."""
        envelope = speaker.chain.sign(kind, payload, datetime.now(UTC))
        request = api.SubmitRequest(envelope=to_proto(envelope))
        while True:
            try:
                answer = await speaker.transactions.Submit(request, timeout=_CALL_SECONDS)
            except grpc.aio.AioRpcError as error:
                self.last_refusal = str(from_rpc_error(error))[:300]
                await asyncio.sleep(_AGAIN)
                continue
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
                continue  # only the channel was closed, by `dial`
            answers = tuple(_hash(each.payload) for each in answer.answers)
            self.acknowledged.append(
                Acknowledged(speaker.node, request.SerializeToString(), answers)
            )
            return answer

    def _blame(self, problem: str) -> None:
        if len(self.problems) < 20:
            self.problems.append(problem)

    async def replay(self, choose: random.Random) -> int:
        """Sends a sample of what was answered once more; returns how many answers differ."""
        sample = choose.sample(self.acknowledged, min(_REPLAYED, len(self.acknowledged)))
        lost = 0
        by_node = {each.node: each for each in (self._giver, self._taker)}
        for each in sample:
            await asyncio.sleep(1 / 80)  # half of it for each of two nodes, below the rate of one
            request = api.SubmitRequest.FromString(each.request)
            try:
                again = await by_node[each.node].transactions.Submit(request, timeout=_CALL_SECONDS)
            except grpc.aio.AioRpcError as error:
                self._blame(f"a replayed message is refused: {from_rpc_error(error)}")
                lost += 1
                if lost > _ENOUGH:
                    break
                continue
            answers = tuple(_hash(one.payload) for one in again.answers)
            lost += answers != each.answers or not again.replayed
        return lost

    def missing(self, database: Path) -> int:
        """How many statements that were answered are not in the broker's database."""
        with (
            closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection,
            connection,
        ):
            kept = {row[0] for row in connection.execute("SELECT payload_hash FROM statement")}
        return sum(each not in kept for one in self.acknowledged for each in one.answers)


@dataclass
class RunningPair:
    """Two nodes that run as programs; their operators offer, and acceptance is automatic.

    Attributes:
        completed: Ids of transfers that the proposer's node told to be completed.
    """

    nodes: dict[str, NodeOperator]
    completed: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def there_and_back(self, serial: int) -> None:
        """Moves one unit to Switzerland and back.

        Raises:
            DemoFailed: it was not offered, or did not complete in time.
        """
        unit = units_pb2.UnitBlock(registry=THAILAND.registry, first=serial, last=serial)
        for source, target in ((THAILAND, SWITZERLAND), (SWITZERLAND, THAILAND)):
            node = self.nodes[source.node]
            offered = await node.offer(source.account, target.account, [unit])
            await node.until(offered.transaction_id, "COMPLETED")
            self.completed.append((source.node, offered.transaction_id))
            await self.nodes[target.node].until(offered.transaction_id, "COMPLETED")

    async def missing(self, sample: Sequence[tuple[str, str]] | None = None) -> int:
        """How many completed transfers a node no longer tells to be completed."""
        lost = 0
        for name, transaction_id in self.completed if sample is None else sample:
            try:
                async with asyncio.timeout(5):
                    await self.nodes[name].until(transaction_id, "COMPLETED")
            except (DemoFailed, TimeoutError):
                lost += 1
        return lost


def _hash(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()
