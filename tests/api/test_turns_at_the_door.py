# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Connections take turns at the real servers: with the inside of gRPC as this version has it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from itmo.reasons import Reason
from itmo.runtime.rpc import door
from itmo.runtime.rpc import lines as lines_module
from itmo.runtime.rpc.callers import Caller
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.patience import PROMPT_BURST, Patience
from itmo.runtime.rpc.server import MAX_STREAMS_PER_CONNECTION, make_server, stop_gracefully
from tests.api.broker_kit import SOON, Served, refusal, served, until
from tests.kit.raw_http2 import RawConnection, connected, tls_context

SUBMIT = "/itmo.clearing.v1.TransactionService/Submit"
UNIMPLEMENTED = 12
REFUSED_STREAM = 7
UNKNOWN = "/itmo.clearing.v1.TransactionService/Unknown"
"""What gRPC refuses by itself as soon as it is looked at, so that the order of answers is that of turns."""


def named(connection: RawConnection) -> str:
    host, port = connection.writer.get_extra_info("sockname")[:2]
    return f"ipv4:{host}:{port}"


async def waiting(running: Served, count: int) -> None:
    await until(lambda: running.servers.guard.lines.waiting == count)


async def test_a_connection_with_one_call_is_next_after_one_of_each_other() -> None:
    async with served() as running:
        await running.world.admit("tha", "THA01")
        lines, context = running.servers.guard.lines, tls_context(running.world.tls["tha"])
        answered: list[str] = []
        async with (
            connected(running.port, context=context) as many,
            connected(running.port, context=context) as one,
        ):
            for each in (many, one):
                lines.set_apart(named(each))
            streams = [await many.call(UNKNOWN, end=True) for _ in range(10)]
            await waiting(running, 10)
            last = await one.call(UNKNOWN, end=True)
            await waiting(running, 11)

            async def answer(connection: RawConnection, name: str, stream: int) -> None:
                assert (await connection.ending(stream)).code == UNIMPLEMENTED
                answered.append(name)

            answers = [asyncio.create_task(answer(many, "many", stream)) for stream in streams] + [
                asyncio.create_task(answer(one, "one", last))
            ]
            for each in (many, one):
                lines.bring_back(named(each))
            async with asyncio.timeout(SOON):
                await asyncio.gather(*answers)
        assert "one" in answered[:5]
        assert lines.waiting == 0


def hold_for_long(running: Served) -> Patience:
    """Has refusals held back until their caller goes, all but the first `PROMPT_BURST` of each caller."""
    guard = running.servers.guard
    guard._patience = Patience(guard.stopping, lambda: 0.0, held_seconds=10 * SOON)
    return guard._patience


async def test_behind_a_refusal_that_is_held_back_nothing_is_looked_at() -> None:
    async with served() as running:
        await running.world.admit("tha", "THA01")
        files, _ = running.world.certified("stranger")
        context, patience = tls_context(files), hold_for_long(running)
        refused = running.servers.guard.refusals
        async with (
            connected(running.port, context=context) as first,
            connected(running.port, context=context) as second,
        ):
            for _ in range(PROMPT_BURST):
                assert (await first.ending(await first.call(SUBMIT))).reason
            held = await first.call(SUBMIT)
            await until(lambda: patience.held == 1)
            for _ in range(3):
                await first.call(SUBMIT)
            await waiting(running, 3)
            looked_at = sum(each.count for each in refused.lately())
            await second.call(SUBMIT)  # of the same caller, and another connection
            await until(lambda: patience.held == 2)
            assert running.servers.guard.lines.waiting == 3
            assert sum(each.count for each in refused.lately()) == looked_at + 1
            line = await running.line("tha")
            assert (await line.fetch()).last_sequence >= 0
            await first.reset(held)
            await waiting(running, 2)
            await until(lambda: patience.held == 2)


async def test_calls_that_their_caller_has_ended_keep_its_places_and_leave_in_turn() -> None:
    async with served() as running:
        await running.world.admit("tha", "THA01")
        lines = running.servers.guard.lines
        async with connected(running.port, running.world.tls["tha"]) as connection:
            lines.set_apart(named(connection))
            taken_in = 0
            while True:
                stream = await connection.call(SUBMIT)
                await until(
                    lambda: lines.waiting > taken_in or stream in connection.endings  # noqa: B023 - asked before it changes
                )
                if lines.waiting == taken_in:
                    break
                taken_in += 1
                await connection.reset(stream)
            assert connection.endings[stream].reset == REFUSED_STREAM
            assert MAX_STREAMS_PER_CONNECTION <= taken_in <= MAX_STREAMS_PER_CONNECTION + 1
            lines.bring_back(named(connection))
            await waiting(running, 0)
            assert (await connection.ending(await connection.call(UNKNOWN))).code == UNIMPLEMENTED


async def test_where_too_many_wait_the_longest_line_ends_with_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines_module, "MAX_WAITING", 5)
    async with served() as running:
        await running.world.admit("tha", "THA01")
        lines, context = running.servers.guard.lines, tls_context(running.world.tls["tha"])
        with capture_logs() as logs:
            async with (
                connected(running.port, context=context) as many,
                connected(running.port, context=context) as one,
            ):
                for each in (many, one):
                    lines.set_apart(named(each))
                asked = await one.call(UNKNOWN)
                await waiting(running, 1)
                for _ in range(5):
                    await many.call(UNKNOWN)
                async with asyncio.timeout(SOON):
                    await many.closed.wait()
                assert lines.waiting == 1
                lines.bring_back(named(one))
                assert (await one.ending(asked)).code == UNIMPLEMENTED
        assert [each["closed"] for each in logs if each["event"] == "connections_hung_up"] == [1]


async def test_a_server_that_stops_refuses_who_waits_in_a_line() -> None:
    async with served() as running:
        files, _ = running.world.certified("stranger")
        line, patience = await running.line("stranger", files), hold_for_long(running)
        for _ in range(PROMPT_BURST):
            await refusal(line.fetch())
        held = asyncio.create_task(refusal(line.fetch()))
        await until(lambda: patience.held == 1)
        behind = [asyncio.create_task(refusal(line.fetch())) for _ in range(9)]
        await waiting(running, 9)
        async with asyncio.timeout(SOON):
            await running.stop()
            assert (await held).reason is Reason.NODE_NOT_ADMITTED
            assert {each.reason for each in await asyncio.gather(*behind)} == {Reason.SHUTTING_DOWN}


async def test_a_stop_takes_no_longer_than_its_grace_where_lines_do_not_end() -> None:
    guard = CallGuard(identify=lambda _: Caller("nobody", None))
    server = make_server(interceptors=[guard], lines=guard.lines)
    await server.start()
    guard.lines.set_apart("somebody")
    guard.lines.join("somebody", "call")
    async with asyncio.timeout(SOON):
        await stop_gracefully(server, guard=guard, grace_seconds=0.05)
    assert guard.lines.waiting == 0


async def test_a_version_of_grpc_that_asks_otherwise_has_one_line_as_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(door._Door, "_make_request_call_future")
    assert await _answered_although_set_apart() == (UNIMPLEMENTED, 0)


@pytest.mark.parametrize(
    "lacking", ["_make_request_call_future", "_request_call", "_ServicerContext"]
)
async def test_a_version_of_grpc_without_what_the_door_needs_has_one_line_as_ever(
    lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = dict.fromkeys(door._NAMES - {lacking})
    inside = {"AioServer": SimpleNamespace(**server), "_ServicerContext": None}
    inside.pop(lacking, None)
    monkeypatch.setattr(door, "cygrpc", SimpleNamespace(**inside))
    assert await _answered_although_set_apart() == (UNIMPLEMENTED, 0)


async def _answered_although_set_apart() -> tuple[int, int]:
    """How a call ends whose connection gets no turn, and how many calls wait then."""
    async with served() as running:
        await running.world.admit("tha", "THA01")
        lines = running.servers.guard.lines
        async with connected(running.port, running.world.tls["tha"]) as connection:
            lines.set_apart(named(connection))
            stream = await connection.call(UNKNOWN, end=True)
            return (await connection.ending(stream)).code, lines.waiting
