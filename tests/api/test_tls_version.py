# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""TLS 1.3 and nothing below it: our servers against older clients, our clients against older servers."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc import tls_version
from itmo.runtime.rpc.tls import TlsFiles, channel_credentials
from tests.api.broker_kit import SOON
from tests.kit.raw_http2 import tls_context
from tests.unit.itmo_runtime.echo_service import Network, refusal, running, say


async def handshake(port: int, context: ssl.SSLContext) -> str:
    """The version agreed; nothing where the handshake failed."""
    try:
        async with asyncio.timeout(SOON):
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    except (ssl.SSLError, ConnectionError):
        return ""
    version = writer.get_extra_info("ssl_object").version()
    writer.transport.abort()
    return str(version)


async def test_our_server_takes_tls_1_3_only(tmp_path: Path) -> None:
    network = Network.create(tmp_path)
    async with running(network.server()) as service:
        files = network.node("che-node")
        new = tls_context(files)
        old = tls_context(files, version=ssl.TLSVersion.TLSv1_2)
        every = tls_context(files, version=ssl.TLSVersion.TLSv1_2)
        every.set_ciphers("ALL:@SECLEVEL=0")
        assert await handshake(service.port, new) == "TLSv1.3"
        assert await handshake(service.port, old) == ""
        assert await handshake(service.port, every) == ""


async def test_openssl_cannot_agree_on_tls_1_2_with_our_server(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    network = Network.create(tmp_path)
    async with running(network.server()) as service:
        files = network.node("che-node")
        agreed = {}
        for version in ("-tls1_2", "-tls1_3"):
            client = await asyncio.create_subprocess_exec(
                "openssl", "s_client", "-connect", f"127.0.0.1:{service.port}", version,
                "-cert", files.certificate, "-key", files.key, "-CAfile", files.ca, "-alpn", "h2",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            shown, _ = await asyncio.wait_for(client.communicate(), SOON)
            agreed[version] = b"Verify return code: 0" in shown and b"Cipher is (NONE)" not in shown
    assert agreed == {"-tls1_2": False, "-tls1_3": True}


@pytest.mark.parametrize(
    ("version", "shook_hands"), [(ssl.TLSVersion.TLSv1_2, False), (ssl.TLSVersion.TLSv1_3, True)]
)
async def test_our_clients_talk_to_tls_1_3_only(
    tmp_path: Path, version: ssl.TLSVersion, *, shook_hands: bool
) -> None:
    network = Network.create(tmp_path)
    files = network.server()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(files.ca))
    context.load_cert_chain(str(files.certificate), str(files.key))
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    taken = asyncio.Event()

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.set()
        writer.transport.abort()

    async with running(network.server("other")) as service:
        server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        object.__setattr__(service, "port", port)
        async with service.connect(network.node("che-node")) as channel:
            error = await refusal(say(channel, "who", seconds=2))
        assert error.reason is Reason.BROKER_UNREACHABLE
        assert taken.is_set() is shook_hands
        server.close()


def test_another_choice_in_the_environment_is_overruled(tmp_path: Path) -> None:
    script = (
        "import broker, os, grpc; print(os.environ['GRPC_SSL_CIPHER_SUITES']);"
        "from itmo.runtime.rpc.tls_version import check_tls_1_3; check_tls_1_3()"
    )
    environment = {**os.environ, "GRPC_SSL_CIPHER_SUITES": "ECDHE-ECDSA-AES256-GCM-SHA384"}
    for program in ("broker", "registry_node"):
        run = subprocess.run(
            [sys.executable, "-c", script.replace("broker", program)],
            capture_output=True, text=True, env=environment, check=True, cwd=tmp_path,
        )  # fmt: skip
        assert "PSK" in run.stdout


def test_gRPC_loaded_too_early_is_refused_and_not_weaker(  # noqa: N802  # its name
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GRPC_SSL_CIPHER_SUITES")
    tls_version.require_tls_1_3()  # of no effect: the library is loaded here
    with pytest.raises(ProtocolError) as caught:
        channel_credentials(TlsFiles(tmp_path / "a", tmp_path / "b", tmp_path / "c"))
    assert caught.value.metadata["setting"] == "GRPC_SSL_CIPHER_SUITES"
