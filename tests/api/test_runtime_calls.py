# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from structlog.testing import capture_logs

from itmo.reasons import Reason
from itmo.runtime.rpc.client import MAX_CALLS_UNDER_WAY
from itmo.runtime.rpc.limiting import GUARANTEED_CALLS, CallLimits
from itmo.runtime.rpc.server import MAX_STREAMS_PER_CONNECTION
from itmo.runtime.rpc.tls import TlsFiles
from tests.unit.itmo_runtime.echo_service import (
    SERVICE,
    Network,
    Running,
    count,
    read,
    refusal,
    running,
    say,
)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network.create(tmp_path / "net")


@pytest.fixture
async def service(network: Network) -> AsyncIterator[Running]:
    async with running(network.server()) as service:
        yield service


@pytest.mark.parametrize("seconds", [None, 62.0])
async def test_a_unary_call_needs_a_deadline(
    network: Network, service: Running, seconds: float | None
) -> None:
    async with service.connect(network.node("che-node")) as channel:
        error = await refusal(say(channel, "who", seconds=seconds))
        assert error.reason is Reason.DEADLINE_REQUIRED
        assert await say(channel, "who", seconds=60.0) == "che-node"


async def test_a_server_waits_for_the_next_call_of_any_method(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of registered methods gRPC looks through all at every call (decision record 0047)."""
    waited: list[int] = []
    wait = asyncio.wait

    async def counted(futures: Collection[asyncio.Future[Any]], **how: Any) -> Any:  # noqa: ANN401  # as it is called
        waited.append(len(futures))
        return await wait(futures, **how)

    monkeypatch.setattr(asyncio, "wait", counted)
    async with (
        running(network.server()) as service,
        service.connect(network.node("che-node")) as channel,
    ):
        assert await say(channel, "who") == "che-node"
    assert set(waited) == {1}


async def test_a_refusal_arrives_as_it_was_raised(network: Network, service: Running) -> None:
    async with service.connect(network.node("che-node")) as channel:
        error = await refusal(say(channel, "refuse"))
    assert error.reason is Reason.SEQUENCE_GAP
    assert error.message == "gap — é"
    assert error.metadata == {"found": "3", "expected": "2", "retry_after_ms": "1000"}
    assert error.retryable


async def test_a_fault_of_ours_shows_nothing_but_an_id(network: Network, service: Running) -> None:
    with capture_logs() as lines:
        async with service.connect(network.node("che-node")) as channel:
            error = await refusal(say(channel, "fail"))
    assert error.reason is Reason.INTERNAL
    assert "secret" not in error.message
    assert not error.retryable
    [found] = [line for line in lines if line["event"] == "unexpected_error"]
    assert found["request_id"] == error.metadata["request_id"]
    assert isinstance(found["exc_info"], RuntimeError)


async def test_a_write_that_fails_before_the_end_is_known_is_no_fault(
    network: Network, service: Running
) -> None:
    """A node that resets a stream in which an answer waits; seen where nobody took any."""
    with capture_logs() as lines:
        async with service.connect(network.node("che-node")) as channel:
            with suppress(grpc.aio.AioRpcError):
                await say(channel, "gone")
    (line,) = [each for each in lines if each["event"] == "rpc"]
    assert line["code"] == "CANCELLED"
    assert not [each for each in lines if each["event"] == "unexpected_error"]


async def test_one_line_per_call_without_contents(network: Network, service: Running) -> None:
    with capture_logs() as lines:
        async with service.connect(network.node("che-node")) as channel:
            await say(channel, "a confidential text")
            await refusal(say(channel, "refuse"))
    served, refused = [line for line in lines if line["event"] == "rpc"]
    assert served["rpc"] == f"/{SERVICE}/Say"
    assert (served["peer"], served["code"]) == ("che-node", "OK")
    assert served["duration_ms"] >= 0
    assert (refused["code"], refused["reason"]) == ("FAILED_PRECONDITION", "SEQUENCE_GAP")
    assert "confidential" not in str(lines)


async def test_bytes_that_do_not_decode_are_a_refusal(network: Network, service: Running) -> None:
    async with service.connect(network.node("che-node")) as channel:
        raw: Any = channel.unary_unary(f"/{SERVICE}/Say")
        assert (await refusal(raw(b"\xff\xff", timeout=5))).reason is Reason.MESSAGE_UNDECODABLE
        stream: Any = channel.stream_stream(f"/{SERVICE}/Chat")
        call = stream()
        await call.write(b"\xff\xff")
        assert (await refusal(call.read())).reason is Reason.MESSAGE_UNDECODABLE


async def test_a_message_above_the_limit_is_refused(network: Network, service: Running) -> None:
    files = network.node("che-node")
    async with service.connect(files) as channel:
        error = await refusal(say(channel, "x" * (1024 * 1024)))
        assert error.reason is Reason.MESSAGE_TOO_LARGE
        assert len(await say(channel, "large")) == 3 * 1024 * 1024  # answers may be larger


async def test_the_server_itself_refuses_a_large_message(
    network: Network, service: Running
) -> None:
    credentials = grpc.ssl_channel_credentials(
        *(file.read_bytes() for file in ordered(network.node("che-node")))
    )
    options = [("grpc.ssl_target_name_override", "localhost")]
    address = f"127.0.0.1:{service.port}"
    async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
        assert (await refusal(say(channel, "x" * 2_000_000))).reason is Reason.MESSAGE_TOO_LARGE
        # Fifty megabytes that travel as fifty kilobytes.
        bomb = say(channel, "0" * 50_000_000, compression=grpc.Compression.Gzip)
        assert (await refusal(bomb)).reason is Reason.MESSAGE_TOO_LARGE
        assert await say(channel, "who") == "che-node"


def ordered(files: TlsFiles) -> tuple[Path, Path, Path]:
    return files.ca, files.key, files.certificate


async def test_a_node_above_its_rate_is_told_when_to_come_back(network: Network) -> None:
    limits = CallLimits(rate_per_second=0.5, burst=2)
    async with running(network.server(), limits=limits) as service:
        async with service.connect(network.node("che-node")) as channel:
            assert [await say(channel, "a") for _ in range(2)] == ["a", "a"]
            error = await refusal(say(channel, "a"))
        assert error.reason is Reason.RATE_LIMITED
        assert 1000 < int(error.metadata["retry_after_ms"]) <= 2001
        async with service.connect(network.node("tha-node")) as channel:
            assert await say(channel, "who") == "tha-node"  # the share of one is not that of all


async def calls_under_way(service: Running, number: int) -> None:
    for _ in range(500):
        if service.guard.calls.taken == number:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the calls never arrived")


async def test_calls_under_way_are_limited_per_node_and_in_all(network: Network) -> None:
    limits = CallLimits(calls=6, calls_per_node=5)
    async with (
        running(network.server(), limits=limits) as service,
        service.connect(network.node("che-node")) as one,
        service.connect(network.node("tha-node")) as other,
    ):
        waiting = [asyncio.ensure_future(say(one, "wait")) for _ in range(5)]
        await calls_under_way(service, 5)
        assert (await refusal(say(one, "a"))).reason is Reason.OVERLOADED
        waiting += [asyncio.ensure_future(say(other, "wait")) for _ in range(GUARANTEED_CALLS)]
        await calls_under_way(service, 5 + GUARANTEED_CALLS)  # more than in all: its share
        assert (await refusal(say(other, "a"))).reason is Reason.OVERLOADED
        service.echo.go.set()
        assert await asyncio.gather(*waiting) == ["wait"] * (5 + GUARANTEED_CALLS)
        assert await say(one, "a") == "a"
        assert service.guard.calls.taken == 0


async def test_streams_work_both_ways_without_deadline(network: Network, service: Running) -> None:
    async with service.connect(network.node("che-node")) as channel:
        chat: Any = channel.stream_stream(
            f"/{SERVICE}/Chat", StringValue.SerializeToString, StringValue.FromString
        )
        call = chat()
        for text in ("a", "b"):
            await call.write(StringValue(value=text))
            assert await read(call) == f"che-node:{text}"
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF


async def test_a_cancelled_stream_closes_its_handler_and_gives_its_place_back(
    network: Network, service: Running
) -> None:
    with capture_logs() as lines:
        async with service.connect(network.node("che-node")) as channel:
            call = count(channel, 3)
            assert [await read(call) for _ in range(3)] == ["0", "1", "2"]
            assert service.guard.streams.taken == 1
            call.cancel()
            await asyncio.wait_for(service.echo.closed.wait(), 5)
            await asyncio.sleep(0.05)
    assert service.guard.streams.taken == 0
    assert [line["code"] for line in lines if line["event"] == "rpc"] == ["CANCELLED"]


async def test_streams_per_node_are_limited(network: Network) -> None:
    limits = CallLimits(streams_per_node=1)
    async with (
        running(network.server(), limits=limits) as service,
        service.connect(network.node("che-node")) as channel,
    ):
        first = count(channel, 1)
        assert await read(first) == "0"
        assert (await refusal(count(channel, 1).read())).reason is Reason.OVERLOADED
        first.cancel()


async def test_what_a_client_starts_on_a_new_connection_is_taken_in(network: Network) -> None:
    """A client starts calls before it is told how many it may: twenty beside its streams lose none."""
    files, limits = network.node("che-node"), CallLimits(rate_per_second=1e6, burst=10**6)
    async with running(network.server(), limits=limits) as service:
        for _ in range(10):
            async with service.connect(files) as channel:
                streams = [count(channel, 1) for _ in range(3)]
                said = [say(channel, "who") for _ in range(20)]
                begun = [read(each) for each in streams]
                assert await asyncio.gather(*said, *begun) == ["che-node"] * 20 + ["0"] * 3


async def test_who_keeps_as_many_calls_under_way_as_it_should_loses_none(network: Network) -> None:
    """An answered call holds its place until the server has let go of it."""
    files, limits = network.node("che-node"), CallLimits(rate_per_second=1e6, burst=10**6)
    async with (
        running(network.server(), limits=limits) as service,
        service.connect(files) as channel,
    ):

        async def keep_on() -> set[str]:
            return {await say(channel, "who") for _ in range(100)}

        said = await asyncio.gather(*(keep_on() for _ in range(MAX_CALLS_UNDER_WAY)))
    assert said == [{"che-node"}] * MAX_CALLS_UNDER_WAY
    # Each may be answered and followed by the next before it is let go of.
    assert 2 * MAX_CALLS_UNDER_WAY <= MAX_STREAMS_PER_CONNECTION


async def test_an_unknown_method_is_unimplemented(network: Network, service: Running) -> None:
    async with service.connect(network.node("che-node")) as channel:
        method: Any = channel.unary_unary("/test.Echo/Nothing")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await method(b"", timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_nobody_answering_is_broker_unreachable(network: Network) -> None:
    async with running(network.server()) as service:
        port = service.port
    dead = Running(service.server, service.guard, service.echo, service.health, port)
    async with dead.connect(network.node("che-node")) as channel:
        error = await refusal(say(channel, "who"))
    assert error.reason is Reason.BROKER_UNREACHABLE
    assert error.retryable


async def test_an_answer_after_the_deadline_is_broker_unreachable(
    network: Network, service: Running
) -> None:
    async with service.connect(network.node("che-node")) as channel:
        error = await refusal(say(channel, "wait", seconds=0.2))
    assert error.reason is Reason.BROKER_UNREACHABLE
