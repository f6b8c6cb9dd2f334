# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a stranger at the door can hold, and that honest nodes get in meanwhile.

One attacker, with a certificate of the network's authority, against the real servers.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

from h2.exceptions import StreamClosedError
from structlog.testing import capture_logs

from itmo.reasons import Reason
from itmo.runtime.rpc.limiting import STRANGER_BURST, CallLimits
from itmo.runtime.rpc.refusals import Refused
from itmo.runtime.rpc.server import MAX_STREAMS_PER_CONNECTION
from itmo.runtime.rpc.tls import TlsFiles
from tests.api.broker_kit import SOON, Served, refusal, served, until
from tests.kit.raw_http2 import RawConnection, connected, framed

FETCH = "/itmo.clearing.v1.DeliveryService/Fetch"
SUBMIT = "/itmo.clearing.v1.TransactionService/Submit"
SUBSCRIBE = "/itmo.clearing.v1.DeliveryService/Subscribe"
WATCH = "/itmo.clearing.v1.TransactionService/WatchTransactions"
HEALTH = "/grpc.health.v1.Health/Check"
CONNECTIONS, STREAMS = 34, MAX_STREAMS_PER_CONNECTION
"""Together almost three times as many calls as are served at once."""


async def hold(running: Served, stack: AsyncExitStack, files: TlsFiles) -> RawConnection:
    """Opens calls without a body until gRPC took no more; returns the first connection."""
    held = [
        await stack.enter_async_context(connected(running.port, files)) for _ in range(CONNECTIONS)
    ]
    for connection in held:
        for _ in range(STREAMS):
            await connection.call(SUBMIT)
    return held[0]


async def test_calls_without_a_body_of_a_stranger_hold_no_place() -> None:
    async with served() as running, AsyncExitStack() as stack:
        await running.world.admit("tha", "THA01")
        files, _ = running.world.certified("stranger")
        first = await hold(running, stack, files)
        async with asyncio.timeout(SOON):
            line = await running.line("tha")
            assert (await line.fetch()).last_sequence >= 0
            assert (await first.ending(1)).reason == Reason.NODE_NOT_ADMITTED


async def test_calls_without_a_body_of_an_admitted_node_hold_its_own_places_only() -> None:
    async with served() as running, AsyncExitStack() as stack:
        await running.world.admit("tha", "THA01")
        await running.world.admit("che", "CHE01")
        await hold(running, stack, running.world.tls["che"])
        await until(lambda: running.servers.guard.calls.full() == ["che"])
        async with asyncio.timeout(SOON):
            line = await running.line("tha")
            assert (await line.fetch()).last_sequence >= 0
        refused = {each.reason for each in running.servers.guard.refusals.lately()}
        assert Reason.OVERLOADED in refused


async def test_a_replaced_tls_key_uses_nothing_of_the_node_it_names() -> None:
    limits = CallLimits(rate_per_second=1, burst=5, streams_per_node=1)
    async with served(limits=limits) as running:
        await running.world.admit("tha", "THA01")
        stolen, _ = running.world.certified("tha", "tha-other")
        async with connected(running.port, stolen) as thief:
            reasons = {
                (await thief.ending(await thief.call(method))).reason
                for method in (*[FETCH] * 20, WATCH)
            }
        assert reasons == {Reason.UNAUTHENTICATED}
        line = await running.line("tha")
        for _ in range(5):
            await line.fetch()
        assert (await refusal(line.fetch())).reason is Reason.RATE_LIMITED  # the bucket was whole


async def test_the_first_message_has_to_come_whole_within_its_time() -> None:
    limits = CallLimits(first_message_seconds=0.2, rate_per_second=1000, burst=1000)
    async with served(limits=limits) as running:
        await running.world.admit("tha", "THA01")
        async with connected(running.port, running.world.tls["tha"]) as slow:
            silent = [await slow.call(method) for method in (SUBMIT, SUBSCRIBE, WATCH)]
            begun = await slow.call(SUBMIT)
            await slow.part(begun, framed(b"x" * 100)[:50])
            nothing = await slow.call(FETCH)
            await slow.part(nothing, b"", end=True)
            for stream in (*silent, begun):
                assert (await slow.ending(stream)).reason == Reason.MESSAGE_LATE
            assert (await slow.ending(nothing)).reason == Reason.MESSAGE_UNDECODABLE
        assert running.servers.guard.calls.waiting == 0
        assert running.servers.guard.streams.waiting == 0


async def test_a_second_message_of_a_call_that_takes_one_is_not_read() -> None:
    async with served() as running:
        await running.world.admit("tha", "THA01")
        async with connected(running.port, running.world.tls["tha"]) as connection:
            stream = await connection.call(FETCH)
            await connection.message(stream, end=False)
            with suppress(StreamClosedError):
                await connection.message(stream, b"\xff" * 1000, end=False)
            assert (await connection.ending(stream)).code == 0


async def test_a_stranger_may_ask_for_the_health_a_few_times_and_nothing_else() -> None:
    async with served() as running:
        files, _ = running.world.certified("stranger")
        async with connected(running.port, files) as stranger:
            endings = []
            for _ in range(STRANGER_BURST + 5):
                stream = await stranger.call(HEALTH)
                with suppress(StreamClosedError):
                    await stranger.message(stream)
                endings.append(await stranger.ending(stream))
        assert [each.reason for each in endings].count(Reason.RATE_LIMITED) in range(1, 6)
        assert endings[0].code == 0


async def test_what_was_refused_is_counted_and_written_in_few_lines() -> None:
    async with served() as running:
        files, key_hash = running.world.certified("stranger")
        with capture_logs() as lines:
            async with connected(running.port, files) as stranger:
                for stream in [await stranger.call(SUBMIT) for _ in range(15)]:
                    await stranger.ending(stream)
        who = f"stranger/{key_hash.hex()[:16]}"
        assert running.servers.guard.refusals.lately() == [
            Refused(who, Reason.NODE_NOT_ADMITTED, 15)
        ]
        assert len([line for line in lines if line["event"] == "rpc"]) <= 2
