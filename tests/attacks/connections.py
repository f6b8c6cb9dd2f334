# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks on the broker's door: connections and calls that never become a message."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import grpc

from broker.bench.target import METHOD
from itmo.clearing.v1 import directory_service_pb2, directory_service_pb2_grpc
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.tls import TlsFiles
from tests.attacks.hostile import Hostile
from tests.attacks.http2 import Connection, tls_context
from tests.attacks.identities import HOSTILE, REPLACED, STRANGER, tls_of

STREAMS: Final = 64
"""Streams that the broker allows on one connection."""
CONNECTIONS: Final = 20
"""With 64 streams each more than all the calls that gRPC takes in at once."""
SILENT: Final = 700
"""More connections than files that the broker may have open in these attacks (`play.FILES`)."""
_PAUSE: Final = 0.02


async def headers_only(hostile: Hostile) -> None:
    """An admitted node opens 20 connections of 64 calls each and sends no body."""
    await _hold(hostile, HOSTILE.tls(hostile.home))


async def headers_only_never_admitted(hostile: Hostile) -> None:
    """The same with a certificate of the authority whose node was never admitted."""
    await _hold(hostile, tls_of(hostile.home, STRANGER))


async def headers_only_replaced_key(hostile: Hostile) -> None:
    """The same in the name of an honest node, with a TLS key that is no longer its own."""
    await _hold(hostile, tls_of(hostile.home, REPLACED))


async def _hold(hostile: Hostile, tls: TlsFiles) -> None:
    """Keeps every connection full of calls without a body; what is closed is opened again."""
    context = tls_context(tls)

    async def one() -> None:
        connection = await Connection.open(hostile.address, context)
        try:
            while not connection.closed.is_set() and hostile.goes_on():
                done = connection.reset + connection.answered
                for _ in range(min(STREAMS - connection.next_stream // 2 + done, STREAMS)):
                    await connection.call(METHOD)
                await asyncio.sleep(_PAUSE)
        finally:
            await connection.close()

    await _each(hostile, CONNECTIONS, one)


async def trickled_bodies(hostile: Hostile) -> None:
    """An admitted node sends the bodies of 20 times 16 calls a byte at a time."""
    context = tls_context(HOSTILE.tls(hostile.home))

    async def one() -> None:
        connection = await Connection.open(hostile.address, context)
        try:
            streams = [await connection.call(METHOD) for _ in range(16)]
            head = b"\x00" + (1024).to_bytes(4)
            for at in range(512):
                if connection.closed.is_set() or not hostile.goes_on():
                    return
                for stream in streams:
                    await connection.data(stream, head[at : at + 1] or b"\x0a")
                await asyncio.sleep(_PAUSE)
        finally:
            await connection.close()

    await _each(hostile, CONNECTIONS, one)


async def rapid_reset(hostile: Hostile) -> None:
    """An admitted node opens calls and resets them at once, as fast as it can."""
    context = tls_context(HOSTILE.tls(hostile.home))

    async def one() -> None:
        connection = await Connection.open(hostile.address, context)
        try:
            while not connection.closed.is_set() and hostile.goes_on():
                for _ in range(32):
                    await connection.cancel(await connection.call(METHOD))
                await asyncio.sleep(0)
        finally:
            await connection.close()

    await _each(hostile, 8, one)


async def silent_connections(hostile: Hostile) -> None:
    """Anybody opens 700 TCP connections and says nothing, where the broker may open 512 files."""
    host, _, port = hostile.address.rpartition(":")

    async def one() -> None:
        _, writer = await asyncio.open_connection(host, int(port))
        try:
            await hostile.rest()
        finally:
            writer.transport.abort()

    await _each(hostile, SILENT, one)


async def silent_handshakes(hostile: Hostile) -> None:
    """A certificate never admitted opens 700 TLS connections and says nothing on them."""
    host, _, port = hostile.address.rpartition(":")
    context = tls_context(tls_of(hostile.home, STRANGER))

    async def one() -> None:
        _, writer = await asyncio.open_connection(
            host, int(port), ssl=context, server_hostname="localhost"
        )
        try:
            await hostile.rest()
        finally:
            writer.transport.abort()

    await _each(hostile, SILENT, one)


async def calls_never_admitted(hostile: Hostile) -> None:
    """A certificate never admitted makes calls as fast as it can."""
    await _call(hostile, tls_of(hostile.home, STRANGER))


async def calls_replaced_key(hostile: Hostile) -> None:
    """A TLS key that was replaced makes calls in the name of the honest giver as fast as it can."""
    await _call(hostile, tls_of(hostile.home, REPLACED))


async def _call(hostile: Hostile, tls: TlsFiles) -> None:
    async def one() -> None:
        channel = secure_channel(hostile.address, tls, server_name="localhost")
        stub: directory_service_pb2_grpc.DirectoryServiceAsyncStub = (
            directory_service_pb2_grpc.DirectoryServiceStub(channel)
        )
        try:
            while hostile.goes_on():
                with suppress(grpc.aio.AioRpcError):
                    await stub.GetSender(directory_service_pb2.GetSenderRequest(), timeout=5)
        finally:
            await channel.close()

    await _each(hostile, 16, one)


async def _each(hostile: Hostile, count: int, one: Callable[[], Awaitable[None]]) -> None:
    """Does something many times at once, and again when it fails, until the attack is over."""

    async def again() -> None:
        while hostile.goes_on():
            with suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError):
                await one()
            hostile.tries += 1
            await asyncio.sleep(_PAUSE)

    tasks = [asyncio.create_task(again()) for _ in range(count)]
    await asyncio.sleep(max(0.0, hostile.left()))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


ATTACKS: Final = {
    "A3": (
        headers_only,
        headers_only_never_admitted,
        headers_only_replaced_key,
        trickled_bodies,
        rapid_reset,
        silent_connections,
        silent_handshakes,
        calls_never_admitted,
        calls_replaced_key,
    ),
}
