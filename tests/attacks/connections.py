# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks on the broker's door: connections and calls that never become a message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import grpc
import h2.exceptions
import h2.settings

from broker.bench.transfers import SUBMIT
from itmo.clearing.v1 import (
    delivery_service_pb2,
    directory_service_pb2,
    directory_service_pb2_grpc,
)
from itmo.limits import MAX_CREDIT, MAX_FETCH
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.server import MAX_STREAMS_PER_CONNECTION
from itmo.runtime.rpc.tls import TlsFiles
from tests.attacks.hostile import Hostile
from tests.attacks.identities import HOSTILE, REPLACED, STRANGER, tls_of
from tests.attacks.messages import hoard
from tests.kit.raw_http2 import RawConnection, connected, framed, tls_context

STREAMS: Final = MAX_STREAMS_PER_CONNECTION
CONNECTIONS: Final = 80
"""Together 1 920 calls: nearly five times what the broker serves at once."""
SILENT: Final = 700
"""More connections than files that the broker may have open in these attacks (`play.FILES`)."""
MANY: Final = 600
"""Of one certificate."""
FETCH: Final = "/itmo.clearing.v1.DeliveryService/Fetch"
SUBSCRIBE: Final = "/itmo.clearing.v1.DeliveryService/Subscribe"
WATCH: Final = "/itmo.clearing.v1.TransactionService/WatchTransactions"
STREAM: Final = "/itmo.clearing.v1.TransactionService/SubmitStream"
GET_SENDER: Final = "/itmo.clearing.v1.DirectoryService/GetSender"
_PAUSE: Final = 0.02


async def headers_only(hostile: Hostile) -> None:
    """An admitted node opens 80 connections, as many calls on each as it may, and sends no body."""
    await _hold(hostile, HOSTILE.tls(hostile.home))


async def headers_only_never_admitted(hostile: Hostile) -> None:
    """The same with a certificate of the authority whose node was never admitted."""
    await _hold(hostile, tls_of(hostile.home, STRANGER))


async def headers_only_replaced_key(hostile: Hostile) -> None:
    """The same in the name of an honest node, with a TLS key that is no longer its own."""
    await _hold(hostile, tls_of(hostile.home, REPLACED))


async def _hold(hostile: Hostile, tls: TlsFiles) -> None:
    """Keeps every connection full of calls without a body; what is closed is opened again."""

    async def fill(connection: RawConnection) -> None:
        opened = 0
        while _open(hostile, connection):
            while opened - len(connection.endings) < STREAMS:
                await connection.call(SUBMIT)
                opened += 1
            await asyncio.sleep(_PAUSE)

    await _connect(hostile, tls, CONNECTIONS, fill)


async def trickled_bodies(hostile: Hostile) -> None:
    """An admitted node fills 80 connections with calls and sends their bodies a byte at a time."""

    async def trickle(connection: RawConnection) -> None:
        streams = [await connection.call(SUBMIT) for _ in range(STREAMS)]
        for byte in framed(bytes(1024)):
            for stream in streams:
                if stream not in connection.endings:
                    await connection.part(stream, bytes((byte,)))
            if not _open(hostile, connection) or len(connection.endings) == len(streams):
                return
            await asyncio.sleep(_PAUSE)

    await _connect(hostile, HOSTILE.tls(hostile.home), CONNECTIONS, trickle)


async def rapid_reset(hostile: Hostile) -> None:
    """An admitted node opens calls and resets them at once, as fast as it can."""

    async def flood(connection: RawConnection) -> None:
        while _open(hostile, connection):
            for _ in range(32):
                await connection.reset(await connection.call(SUBMIT))
            await asyncio.sleep(0)

    await _connect(hostile, HOSTILE.tls(hostile.home), 8, flood)


def _open(hostile: Hostile, connection: RawConnection) -> bool:
    return hostile.goes_on() and not connection.closed.is_set()


async def _connect(
    hostile: Hostile,
    tls: TlsFiles,
    count: int,
    misuse: Callable[[RawConnection], Awaitable[None]],
) -> None:
    """Does something on many connections at once."""
    port, context = int(hostile.address.rpartition(":")[2]), tls_context(tls)

    async def one() -> None:
        async with connected(port, context=context) as connection:
            await misuse(connection)

    await _each(hostile, count, one)


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
        _, writer = await asyncio.open_connection(host, int(port), ssl=context)
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
            with suppress(OSError, h2.exceptions.H2Error):
                await one()
            hostile.tries += 1
            await asyncio.sleep(_PAUSE)

    tasks = [asyncio.create_task(again()) for _ in range(count)]
    await asyncio.sleep(max(0.0, hostile.left()))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def unread_answers(hostile: Hostile) -> None:
    """An admitted node asks for its whole mailbox on 6 connections full of calls, and reads no answer."""
    await hoard(hostile)
    fetch = delivery_service_pb2.FetchRequest(max_deliveries=MAX_FETCH).SerializeToString()

    async def ask(connection: RawConnection) -> None:
        _stop_reading(connection)
        for _ in range(STREAMS):
            await connection.message(await connection.call(FETCH), fetch)
        await hostile.rest()

    await _connect(hostile, HOSTILE.tls(hostile.home), 6, ask)


async def unread_streams(hostile: Hostile) -> None:
    """The same with streams: deliveries, transactions and answers to messages that are not taken."""
    await hoard(hostile)
    frame = delivery_service_pb2.SubscribeRequest(credit=MAX_CREDIT).SerializeToString()

    async def listen(connection: RawConnection) -> None:
        _stop_reading(connection)
        while _open(hostile, connection):
            watch = await connection.call(WATCH, deadline=None)
            await connection.message(watch)
            subscription = await connection.call(SUBSCRIBE, deadline=None)
            await connection.message(subscription, frame, end=False)
            answers = await connection.call(STREAM, deadline=None)
            await connection.message(answers, b"\x0a\x02\x0a\x00", end=False)
            await asyncio.sleep(_PAUSE)
            for stream in (watch, subscription, answers):
                await connection.reset(stream)

    await _connect(hostile, HOSTILE.tls(hostile.home), 4, listen)


async def many_connections(hostile: Hostile) -> None:
    """An admitted node opens 600 connections with its one certificate, makes a call on each, and stays."""
    ask = directory_service_pb2.GetSenderRequest().SerializeToString()

    async def stay(connection: RawConnection) -> None:
        await connection.message(await connection.call(GET_SENDER), ask)
        with suppress(TimeoutError):
            await asyncio.wait_for(connection.closed.wait(), max(0.0, hostile.left()))

    await _connect(hostile, HOSTILE.tls(hostile.home), MANY, stay)


async def flood_of_frames(hostile: Hostile) -> None:
    """Settings, pings and windows of one byte as fast as they go, and answers asked for through them."""
    fetch = delivery_service_pb2.FetchRequest(max_deliveries=MAX_FETCH).SerializeToString()

    async def flood(connection: RawConnection) -> None:
        connection.state.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1})
        for _ in range(STREAMS - 1):
            await connection.message(await connection.call(FETCH), fetch)
        while _open(hostile, connection):
            for _ in range(64):
                await connection.settings()
            await connection.ping()
            await asyncio.sleep(0)

    await _connect(hostile, HOSTILE.tls(hostile.home), 8, flood)


async def huge_metadata(hostile: Hostile) -> None:
    """Calls with 48 KiB of metadata each, a name in it for each kilobyte, as fast as they are refused."""
    extra = [(f"x-{number}", "a" * 1000) for number in range(48)]

    async def flood(connection: RawConnection) -> None:
        while _open(hostile, connection):
            stream = await connection.call(SUBMIT, extra=extra)
            with suppress(TimeoutError):
                await connection.ending(stream, seconds=1.0)

    await _connect(hostile, HOSTILE.tls(hostile.home), 16, flood)


def _stop_reading(connection: RawConnection) -> None:
    connection.writer.transport.pause_reading()  # type: ignore[attr-defined]  # one that also reads


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
        unread_answers,
        unread_streams,
        many_connections,
        flood_of_frames,
        huge_metadata,
    ),
}
