# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from structlog.testing import capture_logs

from itmo.identifiers import NetworkId, NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.client import local_channel
from itmo.runtime.rpc.errors import from_rpc_error
from itmo.runtime.rpc.interceptors import CallGuard, identify_as
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.server import add_unix_port, make_server, stop_gracefully
from itmo.runtime.rpc.tls import TlsFiles, spiffe_uri
from itmo.runtime.rpc.tls_keys import generate_tls_key
from tests.unit.itmo_runtime.echo_service import (
    NETWORK,
    SERVICE,
    Echo,
    Network,
    Running,
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


async def read(call: Any) -> str:  # noqa: ANN401 - a call that streams
    message = await call.read()
    assert isinstance(message, StringValue)
    return message.value


async def refusal(awaitable: Awaitable[object]) -> ProtocolError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await awaitable
    return from_rpc_error(caught.value)


async def test_the_node_of_the_certificate_is_the_peer(network: Network, service: Running) -> None:
    async with service.connect(network.node("che-node")) as channel:
        assert await say(channel, "who") == "che-node"


async def test_a_certificate_of_another_authority_is_refused(
    tmp_path: Path, network: Network, service: Running
) -> None:
    stranger = Network.create(tmp_path / "other").node("che-node")
    files = TlsFiles(network.directory / "ca.pem", stranger.certificate, stranger.key)
    async with service.connect(files) as channel:
        assert (await refusal(say(channel, "who"))).reason is Reason.BROKER_UNREACHABLE


async def test_a_server_of_another_authority_is_refused(tmp_path: Path, service: Running) -> None:
    async with service.connect(Network.create(tmp_path / "other").node("che-node")) as channel:
        assert (await refusal(say(channel, "who"))).reason is Reason.BROKER_UNREACHABLE


async def test_a_client_without_certificate_is_refused(network: Network, service: Running) -> None:
    credentials = grpc.ssl_channel_credentials((network.directory / "ca.pem").read_bytes())
    async with grpc.aio.secure_channel(f"localhost:{service.port}", credentials) as channel:
        assert (await refusal(say(channel, "who"))).reason is Reason.BROKER_UNREACHABLE


def certificate_with(network: Network, names: list[x509.GeneralName]) -> TlsFiles:
    """A certificate of the right authority that names something else than one node."""
    key = generate_tls_key(network.directory / "odd.key")
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(network.authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    path = network.directory / "odd.pem"
    certificate = builder.sign(network.authority._key, hashes.SHA256())
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return TlsFiles(network.directory / "ca.pem", path, network.directory / "odd.key")


NODE_URI = x509.UniformResourceIdentifier(spiffe_uri(NETWORK, NodeId("che-node")))
ODD_NAMES: dict[str, list[x509.GeneralName]] = {
    "none": [],
    "host name only": [x509.DNSName("che-node")],
    "node as host name": [x509.DNSName("spiffe://test-net/node/che-node")],
    "two nodes": [NODE_URI, x509.UniformResourceIdentifier("spiffe://test-net/node/tha-node")],
    "other network": [x509.UniformResourceIdentifier("spiffe://prod-net/node/che-node")],
    "other path": [x509.UniformResourceIdentifier("spiffe://test-net/user/che-node")],
    "longer path": [x509.UniformResourceIdentifier("spiffe://test-net/node/che-node/x")],
    "other scheme": [x509.UniformResourceIdentifier("https://test-net/node/che-node")],
    "capitals": [x509.UniformResourceIdentifier("spiffe://test-net/node/CHE-node")],
}


@pytest.mark.parametrize("names", ODD_NAMES.values(), ids=ODD_NAMES)
async def test_a_certificate_must_name_exactly_one_node(
    network: Network, service: Running, names: list[x509.GeneralName]
) -> None:
    async with service.connect(certificate_with(network, names)) as channel:
        assert (await refusal(say(channel, "who"))).reason is Reason.UNAUTHENTICATED


@pytest.mark.parametrize("seconds", [None, 62.0])
async def test_a_unary_call_needs_a_deadline(
    network: Network, service: Running, seconds: float | None
) -> None:
    async with service.connect(network.node("che-node")) as channel:
        error = await refusal(say(channel, "who", seconds=seconds))
        assert error.reason is Reason.DEADLINE_REQUIRED
        assert await say(channel, "who", seconds=60.0) == "che-node"


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
        if service.guard.calls_under_way == number:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the calls never arrived")


async def test_calls_under_way_are_limited_per_node_and_in_all(network: Network) -> None:
    limits = CallLimits(calls=3, calls_per_node=2)
    async with (
        running(network.server(), limits=limits) as service,
        service.connect(network.node("che-node")) as one,
        service.connect(network.node("tha-node")) as other,
    ):
        waiting = [asyncio.ensure_future(say(one, "wait")) for _ in range(2)]
        await calls_under_way(service, 2)
        assert (await refusal(say(one, "a"))).reason is Reason.OVERLOADED
        waiting.append(asyncio.ensure_future(say(other, "wait")))
        await calls_under_way(service, 3)
        assert (await refusal(say(other, "a"))).reason is Reason.OVERLOADED
        service.echo.go.set()
        assert await asyncio.gather(*waiting) == ["wait"] * 3
        assert await say(one, "a") == "a"
        assert service.guard.calls_under_way == 0


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


def count(channel: grpc.aio.Channel, number: int) -> grpc.aio.UnaryStreamCall[Any, Any]:
    method: grpc.aio.UnaryStreamMultiCallable[Any, Any] = channel.unary_stream(
        f"/{SERVICE}/Count", StringValue.SerializeToString, StringValue.FromString
    )
    return method(StringValue(value=str(number)))


async def test_a_cancelled_stream_closes_its_handler_and_gives_its_place_back(
    network: Network, service: Running
) -> None:
    with capture_logs() as lines:
        async with service.connect(network.node("che-node")) as channel:
            call = count(channel, 3)
            assert [await read(call) for _ in range(3)] == ["0", "1", "2"]
            assert service.guard.streams_open == 1
            call.cancel()
            await asyncio.wait_for(service.echo.closed.wait(), 5)
            await asyncio.sleep(0.05)
    assert service.guard.streams_open == 0
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


async def test_an_unknown_method_is_unimplemented(network: Network, service: Running) -> None:
    async with service.connect(network.node("che-node")) as channel:
        method: Any = channel.unary_unary("/test.Echo/Nothing")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await method(b"", timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def check_health(channel: grpc.aio.Channel, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
    return int(answer.status)


async def test_stopping_says_not_serving_refuses_calls_and_ends_streams(
    network: Network, service: Running
) -> None:
    serving, not_serving = 1, 2
    async with service.connect(network.node("che-node")) as channel:
        assert await check_health(channel, SERVICE) == serving
        stream = count(channel, 1)
        assert await read(stream) == "0"
        seen: list[object] = []

        async def drain() -> None:
            seen.append(await check_health(channel, ""))
            seen.append(await check_health(channel, SERVICE))
            seen.append((await refusal(say(channel, "a"))).reason)

        await stop_gracefully(
            service.server, guard=service.guard, health=service.health, drain=drain
        )
        assert seen == [not_serving, not_serving, Reason.SHUTTING_DOWN]
        error = await refusal(stream.read())
        assert (error.reason, error.metadata["retry_after_ms"]) == (Reason.SHUTTING_DOWN, "1000")


async def test_a_stop_that_hangs_is_ended_by_the_watchdog(service: Running) -> None:
    bitten = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def drain() -> None:
        await asyncio.wait_for(bitten.wait(), 5)

    await stop_gracefully(
        service.server,
        guard=service.guard,
        drain=drain,
        watchdog_seconds=0.05,
        hung=lambda: loop.call_soon_threadsafe(bitten.set),
    )
    assert bitten.is_set()


async def list_services(channel: grpc.aio.Channel) -> list[str]:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type]
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    answers = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]
    return [service.name for service in answers[0].list_services_response.service]


async def test_reflection_is_off_unless_asked_for(network: Network, service: Running) -> None:
    async with service.connect(network.node("che-node")) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await list_services(channel)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    async with (
        running(network.server("second"), reflect=True) as reflecting,
        reflecting.connect(network.node("tha-node")) as channel,
    ):
        assert "grpc.health.v1.Health" in await list_services(channel)


async def test_a_renewed_certificate_is_shown_to_the_next_connection(network: Network) -> None:
    files, node = network.server(), network.node("che-node")
    async with running(files) as service:
        async with service.connect(node) as channel:
            assert await say(channel, "who") == "che-node"
        # A half-written pair stays unused: the certificate is new, the key still the old one.
        renewed = network.server("renewed")
        files.certificate.write_bytes(renewed.certificate.read_bytes())
        with capture_logs() as lines:
            async with service.connect(node) as channel:
                assert await say(channel, "who") == "che-node"
        assert "tls_certificate_not_renewed" in [line["event"] for line in lines]
        renewed.key.replace(files.key)
        with capture_logs() as lines:
            async with service.connect(node) as channel:
                assert await say(channel, "who") == "che-node"
        assert "tls_certificate_renewed" in [line["event"] for line in lines]


async def test_a_local_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    guard = CallGuard(identify=identify_as(NetworkId("test-net"), NodeId("operator")))
    server = make_server(interceptors=[guard])
    server.add_generic_rpc_handlers([Echo(guard).handlers()])
    socket = tmp_path / "op.sock"
    add_unix_port(server, socket)
    assert socket.stat().st_mode & 0o777 == 0o600
    await server.start()
    async with local_channel(socket) as channel:
        assert await say(channel, "who") == "operator"
    await server.stop(None)


@pytest.mark.parametrize("fault", ["relative", "long", "missing", "open", "occupied"])
async def test_a_bad_place_for_a_socket_is_refused(tmp_path: Path, fault: str) -> None:
    open_directory = tmp_path / "open"
    open_directory.mkdir()
    open_directory.chmod(0o777)
    (tmp_path / "file").write_text("")
    path = {
        "relative": Path("op.sock"),
        "long": tmp_path / ("x" * 104),
        "missing": tmp_path / "none" / "op.sock",
        "open": open_directory / "op.sock",
        "occupied": tmp_path / "file",
    }[fault]
    server = make_server(interceptors=[])
    with pytest.raises(ProtocolError) as caught:
        add_unix_port(server, path)
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    await server.stop(None)


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
