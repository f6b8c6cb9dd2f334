# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Drives a target with pre-signed transfers and takes the time."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import grpc

from broker.bench.field import Field, Pair, Signed, sign_transfers
from broker.bench.target import METHOD
from itmo.runtime.rpc.client import secure_channel

_DEADLINE: Final = 30.0
Call = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Load:
    """What was cleared in how long; latencies in seconds from proposal to receipt."""

    completed: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Completed transfers per second."""
        return self.completed / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """A percentile of the latencies in milliseconds."""
        if len(self.latencies) < 2:  # noqa: PLR2004  # quantiles need two points
            return 0.0
        return round(statistics.quantiles(self.latencies, n=100)[percent - 1] * 1000, 2)


class _Line:
    """A pair's two channels; calls are bytes in, bytes out, so that the driver costs little."""

    def __init__(self, address: str, pair: Pair) -> None:
        self.channels = [
            secure_channel(address, trader.tls, server_name="localhost")
            for trader in (pair.giver, pair.taker)
        ]
        giver, taker = self.channels
        self._propose: Call = giver.unary_unary(METHOD)
        self._accept: Call = taker.unary_unary(METHOD)

    async def transfer(self, signed: Signed) -> float:
        began = time.perf_counter()
        await self._propose(signed.proposal, timeout=_DEADLINE)
        await self._accept(signed.acceptance, timeout=_DEADLINE)
        return time.perf_counter() - began

    async def close(self) -> None:
        for channel in self.channels:
            await channel.close()


async def saturate(address: str, field: Field, seconds: float, per_pair: int) -> Load:
    """Each pair sends one transfer after the other, as fast as it is answered."""
    work = _sign(field, per_pair)
    lines = [_Line(address, pair) for pair in field.pairs]
    await _warm_up(lines)
    latencies: list[float] = []
    began = time.perf_counter()
    until = began + seconds

    async def run(line: _Line, signed: Sequence[Signed]) -> None:
        for each in signed:
            if time.perf_counter() >= until:
                return
            latencies.append(await line.transfer(each))

    await asyncio.gather(*(run(line, signed) for line, signed in zip(lines, work, strict=True)))
    load = Load(len(latencies), time.perf_counter() - began, tuple(latencies))
    for line in lines:
        await line.close()
    return load


async def pace(address: str, field: Field, seconds: float, per_second: float) -> Load:
    """An open load: transfers start when they are due, whether or not earlier ones are answered.

    A transfer that has to wait for its pair's one before counts the wait as latency.
    """
    work = _sign(field, max(2, int(seconds * per_second / len(field.pairs))))
    lines = [_Line(address, pair) for pair in field.pairs]
    await _warm_up(lines)
    latencies: list[float] = []
    began = time.perf_counter()
    interval = len(lines) / per_second

    async def run(place: int, line: _Line, signed: Sequence[Signed]) -> None:
        for number, each in enumerate(signed):
            due = began + (number + place / len(lines)) * interval
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await line.transfer(each)
            latencies.append(time.perf_counter() - due)

    await asyncio.gather(*(run(place, line, work[place]) for place, line in enumerate(lines)))
    load = Load(len(latencies), time.perf_counter() - began, tuple(latencies))
    for line in lines:
        await line.close()
    return load


def _sign(field: Field, per_pair: int) -> list[list[Signed]]:
    now = datetime.now(UTC)
    return [sign_transfers(pair, per_pair, now) for pair in field.pairs]


async def _warm_up(lines: Sequence[_Line]) -> None:
    """Opens every connection before the clock starts."""
    ready = (channel.channel_ready() for line in lines for channel in line.channels)
    await asyncio.wait_for(asyncio.gather(*ready), _DEADLINE)
