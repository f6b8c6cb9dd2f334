# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Connections by the hundred: silent ones, idle ones of strangers, too many of one node."""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
from contextlib import AsyncExitStack, suppress
from functools import partial

import pytest
from h2.exceptions import H2Error, StreamClosedError
from structlog.testing import capture_logs

from itmo.clearing.v1 import operator_service_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc import connections as module
from itmo.runtime.rpc.connections import (
    CONNECTIONS_PER_NODE,
    FIRST_CALL_SECONDS,
    MIN_DESCRIPTORS,
    Connections,
    connections_within,
    raise_descriptor_limit,
)
from itmo.runtime.rpc.handlers import Requests
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.patience import PROMPT_BURST, PROMPT_PER_SECOND
from itmo.runtime.rpc.server import MAX_STREAMS_PER_CONNECTION
from tests.api.broker_kit import SOON, UNHURRIED, Served, SubmitRequest, refusal, served, until
from tests.kit.many import many
from tests.kit.raw_http2 import RawConnection, connected

FETCH = "/itmo.clearing.v1.DeliveryService/Fetch"
FEW = 20


class Later:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def watch(running: Served) -> tuple[Connections, Later]:
    """The watch over the connections with a clock of the test, and without its task."""
    clock = Later()
    watched = running.servers.connections
    watched._monotonic = clock
    return watched, clock


async def test_silent_connections_end_and_an_honest_node_gets_in() -> None:
    async with served(connections=FEW) as running:
        await running.world.admit("tha", "THA01")
        old = await running.line("tha")
        await old.fetch()
        silent = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(3 * FEW)]
        try:
            await old.fetch()  # who is in goes on
            for each in silent:
                each.setblocking(False)
                loop = asyncio.get_running_loop()
                async with asyncio.timeout(SOON + 5):  # the time for handshakes
                    with suppress(ConnectionResetError):
                        assert await loop.sock_recv(each, 1) == b""
            async with connected(running.port, running.world.tls["tha"]) as new:
                stream = await new.call(FETCH)
                await new.message(stream)
                assert (await new.ending(stream)).code == 0
        finally:
            for each in silent:
                each.close()


async def test_connections_without_a_call_of_an_admitted_node_make_room() -> None:
    async with served(connections=FEW) as running, AsyncExitStack() as stack:
        await running.world.admit("tha", "THA01")
        watched, clock = watch(running)
        honest = await stack.enter_async_context(connected(running.port, running.world.tls["tha"]))
        stream = await honest.call(FETCH)
        await honest.message(stream)
        assert (await honest.ending(stream)).code == 0
        files, _ = running.world.certified("stranger")
        idle = [
            await stack.enter_async_context(connected(running.port, files)) for _ in range(FEW - 1)
        ]
        assert watched.sweep() == 0  # they have just come
        assert watched.open == FEW
        clock.now += FIRST_CALL_SECONDS
        with capture_logs() as lines:
            assert watched.sweep() == FEW - 1
        assert {"event": "connections_crowded", "log_level": "warning", "open": FEW, "most": FEW,
                "closed": FEW - 1} in lines  # fmt: skip
        async with asyncio.timeout(SOON):
            for each in idle:
                await each.closed.wait()
        stream = await honest.call(FETCH)
        await honest.message(stream)
        assert (await honest.ending(stream)).code == 0


async def test_a_node_keeps_its_share_of_connections_when_there_are_too_many() -> None:
    async with served(connections=FEW) as running, AsyncExitStack() as stack:
        await running.world.admit("tha", "THA01")
        watched, clock = watch(running)
        lines: list[RawConnection] = []
        for _ in range(FEW - 5):
            clock.now += 1.0
            line = await stack.enter_async_context(
                connected(running.port, running.world.tls["tha"])
            )
            stream = await line.call(FETCH)
            await line.message(stream)
            assert (await line.ending(stream)).code == 0
            lines.append(line)
        assert watched.by_node() == {"tha": FEW - 5}
        assert watched.sweep() == FEW - 5 - CONNECTIONS_PER_NODE
        async with asyncio.timeout(SOON):
            for each in lines[:-CONNECTIONS_PER_NODE]:
                await each.closed.wait()
        watched.sweep()
        assert watched.by_node() == {"tha": CONNECTIONS_PER_NODE}


async def test_the_operator_is_told_who_is_at_the_door() -> None:
    async with served(connections=FEW) as running, AsyncExitStack() as stack:
        await running.world.admit("tha", "THA01")
        files, key_hash = running.world.certified("stranger")
        stranger = await stack.enter_async_context(connected(running.port, files))
        await stranger.ending(await stranger.call(FETCH))
        tha = await stack.enter_async_context(connected(running.port, running.world.tls["tha"]))
        for _ in range(3):
            await tha.call(FETCH)
        await until(lambda: running.servers.guard.calls.waiting == 3)
        running.servers.guard.lines.set_apart(
            "ipv4:{}:{}".format(*tha.writer.get_extra_info("sockname"))
        )
        await tha.call(FETCH)
        await until(lambda: running.servers.guard.lines.waiting == 1)
        running.servers.connections.sweep()
        operator = await running.operator()
        answer = await operator.GetStatus(operator_service_pb2.GetStatusRequest(), timeout=SOON)
        door = answer.door
        assert (door.connections, door.max_connections) == (2, FEW)
        assert (door.calls, door.waiting_calls) == (0, 4)
        assert [(each.node, each.connections, each.calls) for each in door.holders] == [
            ("tha", 1, 3)
        ]
        assert [(each.caller, each.reason, each.count) for each in door.refusals] == [
            (f"stranger/{key_hash.hex()[:16]}", Reason.NODE_NOT_ADMITTED, 1)
        ]


def test_too_few_descriptors_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    with pytest.raises(ProtocolError, match="LimitNOFILE"):
        raise_descriptor_limit()
    assert connections_within(MIN_DESCRIPTORS) >= FEW


def test_the_soft_limit_is_raised_to_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(256, 100_000)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: found[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: found.append(limit))
    assert raise_descriptor_limit() == found[-1][0]
    assert connections_within(found[-1][0]) == module.MAX_CONNECTIONS


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("ipv4:127.0.0.1:4711", ("127.0.0.1", 4711)),
        ("ipv6:%5B::1%5D:4711", ("::1", 4711)),
        ("ipv6:%5Bfe80::1%25eth0%5D:4711", ("fe80::1", 4711)),
        ("ipv6:%5B::ffff:192.0.2.1%5D:4711", ("192.0.2.1", 4711)),
    ],
)
def test_names_of_connections_are_read(name: str, address: tuple[str, int]) -> None:
    assert module._address_of(name) == address


@pytest.mark.parametrize("who", many(["stranger", "che"], {"stranger"}))
async def test_who_is_refused_all_the_time_is_told_late_and_keeps_its_places(who: str) -> None:
    limits = CallLimits(rate_per_second=0.001, burst=1)
    async with served(limits=limits) as running, AsyncExitStack() as stack:
        await running.world.admit("tha", "THA01")
        await running.world.admit("che", "CHE01")
        patience = running.servers.guard._patience
        files = running.world.tls[who] if who == "che" else running.world.certified(who)[0]
        flooding = [await stack.enter_async_context(connected(running.port, files)) for _ in "123"]
        for each in flooding:
            for _ in range(MAX_STREAMS_PER_CONNECTION):
                stream = await each.call(FETCH)
                with suppress(StreamClosedError):  # refused before its message came
                    await each.message(stream)
        await until(lambda: patience.held > 0)
        assert (
            sum(len(each.endings) for each in flooding) <= PROMPT_BURST + SOON * PROMPT_PER_SECOND
        )
        line = await running.line("tha")
        assert (await line.fetch()).last_sequence >= 0
        # Late, but with the reason; and nobody was hung up.
        await until(
            lambda: sum(len(each.endings) for each in flooding) == 3 * MAX_STREAMS_PER_CONNECTION
        )
        assert not any(each.closed.is_set() for each in flooding)


@pytest.mark.parametrize("who", ["stranger", "che"])
async def test_who_ends_call_after_call_before_its_work_began_is_hung_up(who: str) -> None:
    async with served(limits=UNHURRIED) as running:
        await running.world.admit("tha", "THA01")
        await running.world.admit("che", "CHE01")
        guard = running.servers.guard
        files = running.world.tls[who] if who == "che" else running.world.certified(who)[0]
        with capture_logs() as lines:
            async with connected(running.port, files) as flooding, asyncio.timeout(SOON):
                while not flooding.closed.is_set():
                    with suppress(H2Error):  # hung up on while it calls
                        streams = [await flooding.call(FETCH) for _ in range(8)]
                        await until(partial(_has_met, guard, flooding, streams[-1]))
                    for stream in streams:
                        with suppress(H2Error, OSError):  # this one is over; the others are not
                            await flooding.reset(stream)
                    await asyncio.sleep(0)
        # One line a second for all of them.
        assert len([each for each in lines if each.get("code") == "CANCELLED"]) <= SOON
        told = {each.reason for each in guard.refusals.lately()}
        assert told >= {"CANCELLED" if who == "che" else Reason.NODE_NOT_ADMITTED}
        line = await running.line("tha")
        assert (await line.fetch()).last_sequence >= 0


def _has_met(guard: CallGuard, flooding: RawConnection, stream: int) -> bool:
    """A call waits for its message or for its refusal, or is over."""
    return (
        guard.calls.waiting + guard._patience.held > 0
        or stream in flooding.endings
        or flooding.closed.is_set()
    )


async def test_a_refused_call_leaves_nothing_in_memory() -> None:
    """By a cycle of an error and its way through the guard, 0.8 MB each stayed until they were collected."""
    async with served() as running:
        await running.world.admit("tha", "THA01")
        line = await running.line("tha")
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                await refusal(line.transactions.Submit(SubmitRequest(), timeout=SOON))
            await line.fetch()
            assert not [each for each in gc.get_objects() if type(each) is Requests]
        finally:
            gc.enable()
