# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from itmo.identifiers import NetworkId, NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.client import local_channel
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.server import LOCAL, add_unix_port, make_server
from itmo.runtime.rpc.tls import TlsFiles, spiffe_uri
from itmo.runtime.rpc.tls_keys import generate_tls_key
from registry_node.api.operator_service import OPERATOR_LIMITS
from tests.api.broker_kit import until
from tests.unit.itmo_runtime.echo_service import (
    NETWORK,
    Echo,
    Network,
    Running,
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


async def test_on_a_socket_file_the_guard_says_what_is_too_much(tmp_path: Path) -> None:
    """A registry system has as many calls under way as the node lets it, on one connection."""
    guard = CallGuard(
        identify=identify_as(NetworkId("test-net"), NodeId("operator")), limits=OPERATOR_LIMITS
    )
    server, echo, socket = (
        make_server(limits=LOCAL, interceptors=[guard]),
        Echo(guard),
        tmp_path / "op.sock",
    )
    server.add_generic_rpc_handlers([echo.handlers()])
    add_unix_port(server, socket)
    await server.start()
    most = OPERATOR_LIMITS.calls_per_node
    async with local_channel(socket) as channel:
        await say(channel, "who")
        waiting = [asyncio.ensure_future(say(channel, "wait", seconds=30)) for _ in range(most)]
        await until(lambda: guard.calls.taken == most)
        assert (await refusal(say(channel, "who"))).reason is Reason.OVERLOADED
        echo.go.set()
        assert await asyncio.gather(*waiting) == ["wait"] * most
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


async def test_a_local_socket_serves_clients_that_know_no_local_credentials(
    tmp_path: Path,
) -> None:
    guard = CallGuard(identify=identify_as(NetworkId("test-net"), NodeId("operator")))
    server = make_server(interceptors=[guard])
    server.add_generic_rpc_handlers([Echo(guard).handlers()])
    add_unix_port(server, tmp_path / "op.sock")
    await server.start()
    async with grpc.aio.insecure_channel(f"unix:{tmp_path / 'op.sock'}") as channel:
        assert await say(channel, "who") == "operator"
    await server.stop(None)
