# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Drives a target with signed transfers and takes the time, and what either side has used."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import grpc

from broker.bench.field import Pair, Trader
from broker.bench.transfers import SUBMIT, SUBMIT_BATCH, SUBMIT_STREAM, Exchange
from broker.bench.usage import Usage, usage, usage_below
from itmo.clearing.v1.transaction_service_pb2 import SubmitStreamResponse
from itmo.runtime.rpc.client import MAX_CALLS_UNDER_WAY, secure_channel

_DEADLINE: Final = 55.0
Stream = grpc.aio.StreamStreamCall[bytes, bytes]
Call = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Load:
    """What was cleared in how long; latencies in seconds from proposal to receipt."""

    completed: int
    seconds: float
    latencies: tuple[float, ...]
    target: Usage | None = None
    """What the measured process used meanwhile; its memory in all."""
    driver: Usage | None = None
    servers: Usage | None = None
    """Those of the database, where it has any that can be looked at."""

    @property
    def per_second(self) -> float:
        """Completed transfers per second."""
        return self.completed / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """A percentile of the latencies in milliseconds."""
        if len(self.latencies) < 2:  # noqa: PLR2004  # quantiles need two points
            return 0.0
        return round(statistics.quantiles(self.latencies, n=100)[percent - 1] * 1000, 2)


@dataclass(frozen=True, slots=True)
class Target:
    """The measured process, and the database servers that it asks."""

    address: str
    pid: int
    servers: tuple[int, ...] = ()


class Lines:
    """A channel for each node; calls are bytes in, bytes out, so that the driver costs little.

    A node has at most MAX_CALLS_UNDER_WAY calls under way; streamed, one stream with one message under
    way at a time.
    """

    def __init__(self, address: str, pairs: Sequence[Pair], *, streamed: bool = False) -> None:
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._calls: dict[tuple[str, str], Call] = {}
        self._room: dict[str, asyncio.Semaphore] = {}
        self._streamed = streamed
        self._streams: dict[str, Stream] = {}
        for trader in (each for pair in pairs for each in (pair.giver, pair.taker)):
            channel = secure_channel(address, trader.tls, server_name="localhost")
            self._channels[trader.registry] = channel
            self._room[trader.registry] = asyncio.Semaphore(MAX_CALLS_UNDER_WAY)
            for method in (SUBMIT, SUBMIT_BATCH):
                self._calls[(trader.registry, method)] = channel.unary_unary(method)

    async def ready(self) -> None:
        """Opens every connection before the clock starts."""
        opened = (channel.channel_ready() for channel in self._channels.values())
        await asyncio.wait_for(asyncio.gather(*opened), _DEADLINE)
        if self._streamed:
            for registry, channel in self._channels.items():
                self._streams[registry] = channel.stream_stream(SUBMIT_STREAM)()

    async def exchange(self, giver: Trader, signed: Exchange) -> None:
        """Has transfers proposed, and accepted where that is needed."""
        await self._send(giver.registry, signed.method, signed.proposal)
        if signed.taker is not None:
            accepted = signed.accepted(datetime.now(UTC))
            await self._send(signed.taker.registry, SUBMIT, accepted)

    async def _send(self, registry: str, method: str, request: bytes) -> None:
        if not self._streamed:
            async with self._room[registry]:
                await self._calls[(registry, method)](request, timeout=_DEADLINE)
            return
        # A request is the same on the wire, whichever way it goes.
        stream = self._streams[registry]
        async with asyncio.timeout(_DEADLINE):  # no task, unlike wait_for
            await stream.write(request)
            answer = await stream.read()
        if not isinstance(answer, bytes) or SubmitStreamResponse.FromString(answer).refusal:
            raise RuntimeError("a message that was signed in advance was not taken in")

    async def close(self) -> None:
        """Closes every connection."""
        for stream in self._streams.values():
            await stream.done_writing()
        for channel in self._channels.values():
            await channel.close()


Run = Callable[[int, Sequence[Exchange]], Awaitable[None]]


async def saturate(
    target: Target,
    pairs: Sequence[Pair],
    work: Sequence[Sequence[Exchange]],
    seconds: float,
    *,
    streamed: bool = False,
) -> Load:
    """A closed load: each pair sends one exchange after the other, as fast as it is answered."""
    lines = Lines(target.address, pairs, streamed=streamed)
    latencies: list[float] = []
    completed = 0

    async def run(place: int, exchanges: Sequence[Exchange]) -> None:
        nonlocal completed
        until = time.perf_counter() + seconds
        for each in exchanges:
            began = time.perf_counter()
            if began >= until:
                return
            await lines.exchange(pairs[place].giver, each)
            latencies.append(time.perf_counter() - began)
            completed += len(each.transactions)

    spent, used = await _timed(target, lines, work, run)
    return Load(completed, spent, tuple(latencies), *used)


async def pace(
    target: Target,
    pairs: Sequence[Pair],
    work: Sequence[Sequence[Exchange]],
    per_second: float,
    *,
    streamed: bool = False,
) -> Load:
    """An open load: exchanges start when they are due, whether or not earlier ones are answered.

    One that has to wait for its pair's one before counts the wait as latency.
    """
    lines = Lines(target.address, pairs, streamed=streamed)
    latencies: list[float] = []
    size = len(work[0][0].transactions)
    interval = len(pairs) * size / per_second

    async def run(place: int, exchanges: Sequence[Exchange]) -> None:
        began = time.perf_counter()
        for number, each in enumerate(exchanges):
            due = began + (number + place / len(pairs)) * interval
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await lines.exchange(pairs[place].giver, each)
            latencies.append(time.perf_counter() - due)

    spent, used = await _timed(target, lines, work, run)
    return Load(len(latencies) * size, spent, tuple(latencies), *used)


async def _timed(
    target: Target, lines: Lines, work: Sequence[Sequence[Exchange]], run: Run
) -> tuple[float, tuple[Usage | None, ...]]:
    def used() -> tuple[Usage | None, ...]:
        of_target = usage(target.pid, below=True)  # with its workers
        return of_target, usage(os.getpid()), usage_below(target.servers)

    await lines.ready()
    before = used()
    began = time.perf_counter()
    await asyncio.gather(*(run(place, exchanges) for place, exchanges in enumerate(work)))
    spent = time.perf_counter() - began
    after = used()
    await lines.close()
    return spent, tuple(map(_since, before, after))


def _since(before: Usage | None, after: Usage | None) -> Usage | None:
    if before is None or after is None:
        return None
    return Usage(after.processor - before.processor, after.memory)
