# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Neighbours of calls without a body: what else HTTP/2 lets one connection do. Others go on."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import hpack
import pytest
from h2.exceptions import ProtocolError as NotPossible
from hyperframe.frame import ContinuationFrame, HeadersFrame

from itmo.clearing.v1 import delivery_service_pb2
from itmo.runtime.rpc.limiting import MAX_CALLS_PER_NODE, CallLimits
from itmo.runtime.rpc.server import MAX_STREAMS_PER_CONNECTION
from tests.api.broker_kit import SOON, UNHURRIED, served, until
from tests.kit.raw_http2 import RawConnection, connected, framed

FETCH = "/itmo.clearing.v1.DeliveryService/Fetch"
SUBMIT = "/itmo.clearing.v1.TransactionService/Submit"
SUBSCRIBE = "/itmo.clearing.v1.DeliveryService/Subscribe"
WATCH = "/itmo.clearing.v1.TransactionService/WatchTransactions"
MANY = 300
LONG_POLL = delivery_service_pb2.FetchRequest(wait_ms=30_000).SerializeToString()


async def rapid_reset(connection: RawConnection) -> None:
    for _ in range(MANY):
        await connection.reset(await connection.call(SUBMIT))


async def unknown_methods(connection: RawConnection) -> None:
    for number in range(MAX_STREAMS_PER_CONNECTION):
        await connection.call(f"/nothing.Service/Method{number}")


async def pings(connection: RawConnection) -> None:
    for _ in range(MANY):
        await connection.ping()
        await asyncio.sleep(0)
    await asyncio.wait_for(connection.closed.wait(), SOON)


async def settings(connection: RawConnection) -> None:
    for _ in range(MANY):
        await connection.settings()


async def continuations(connection: RawConnection) -> None:
    block = hpack.Encoder().encode([(":method", "POST"), (":path", SUBMIT)])
    await connection.raw(HeadersFrame(1, block).serialize())
    more = ContinuationFrame(1, b"\x00\x08x-aaaaaa\x10" + b"a" * 16).serialize()
    for _ in range(MANY):
        await connection.raw(more * 20)
        await asyncio.sleep(0)
    await asyncio.wait_for(connection.closed.wait(), SOON)


async def huge_headers(connection: RawConnection) -> None:
    extra = [(f"x-{number}", "a" * 1000) for number in range(40)]
    assert (await connection.ending(await connection.call(SUBMIT, extra=extra))).code != 0


async def trickled_bodies(connection: RawConnection) -> None:
    for _ in range(MAX_STREAMS_PER_CONNECTION - 1):
        await connection.part(await connection.call(SUBMIT), framed(b"x" * 1000)[:20])


async def long_polls(connection: RawConnection) -> None:
    for _ in range(MAX_STREAMS_PER_CONNECTION - 1):
        await connection.message(await connection.call(FETCH), LONG_POLL)


async def streams(connection: RawConnection) -> None:
    frame = delivery_service_pb2.SubscribeRequest(credit=1).SerializeToString()
    for _ in range(20):
        await connection.message(await connection.call(WATCH, deadline=None))
        subscription = await connection.call(SUBSCRIBE, deadline=None)
        await connection.message(subscription, frame, end=False)


@pytest.mark.parametrize(
    "attack",
    [
        rapid_reset,
        unknown_methods,
        pings,
        settings,
        continuations,
        huge_headers,
        trickled_bodies,
        long_polls,
        streams,
    ],
)
async def test_what_one_connection_does_holds_up_no_other(
    attack: Callable[[RawConnection], Awaitable[None]],
) -> None:
    limits = CallLimits(rate_per_second=10_000, burst=10_000, calls=60, first_message_seconds=0.5)
    async with served(limits=limits) as running:
        await running.world.admit("tha", "THA01")
        await running.world.admit("che", "CHE01")
        line = await running.line("tha")
        await line.fetch()
        async with connected(running.port, running.world.tls["che"]) as connection:
            with suppress(NotPossible):  # the server has hung up already
                await attack(connection)
            async with asyncio.timeout(SOON):
                answers = [await line.fetch() for _ in range(10)]
    assert [len(each.deliveries) for each in answers] == [0] * 10


async def test_one_connection_has_its_streams_and_one_node_its_calls() -> None:
    async with served(limits=UNHURRIED) as running:
        await running.world.admit("tha", "THA01")
        files = running.world.tls["tha"]
        async with AsyncExitStack() as stack:
            lines = [
                await stack.enter_async_context(connected(running.port, files))
                for _ in range(MAX_CALLS_PER_NODE // MAX_STREAMS_PER_CONNECTION + 1)
            ]
            for line in lines:
                for _ in range(MAX_STREAMS_PER_CONNECTION):
                    await line.call(SUBMIT)
            await until(lambda: running.servers.guard.calls.full() == ["tha"])
            assert running.servers.guard.calls.waiting == MAX_CALLS_PER_NODE
            assert (
                lines[0].state.remote_settings.max_concurrent_streams == MAX_STREAMS_PER_CONNECTION
            )


FEW_FILES = """
import asyncio, resource, sys
import itmo.runtime.rpc
import grpc, structlog
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from tests.api.broker_kit import served
from itmo.clearing.v1 import operator_service_pb2
from itmo.runtime.rpc.connections import connections_within, raise_descriptor_limit

async def main():
    async with served(connections=connections_within(raise_descriptor_limit())) as running:
        await running.world.admit("tha", "THA01")
        await running.world.admit("che", "CHE01")
        old = await running.line("tha")
        await old.fetch()
        print(running.port, flush=True)
        await asyncio.to_thread(sys.stdin.readline)  # the test has opened its connections
        await old.fetch()
        operator = await running.operator()
        answer = await operator.GetStatus(operator_service_pb2.GetStatusRequest(), timeout=5)
        assert answer.door.descriptors < 256 - 64, answer.door
        new = await running.line("che")
        async with asyncio.timeout(15):
            while True:
                try:
                    await new.fetch()
                    break
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.2)
        print("in", flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
def test_with_few_files_silent_connections_stop_nobody() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FEW_FILES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        port = int(program.stdout.readline())
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(400)]
        program.stdin.write("\n")
        program.stdin.flush()
        said = program.stdout.read()
        for each in silent:
            each.close()
    assert "in" in said.splitlines()
    assert program.returncode == 0
