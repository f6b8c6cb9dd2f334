# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Many handshakes at once. They run in a process of their own: the fault this guards against, a
configuration handed to gRPC at every connection, ended the whole process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from broker.authority import create_authority
from itmo.identifiers import NetworkId, NodeId
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.server import add_tls_port, make_server
from itmo.runtime.rpc.tls import TlsFiles
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

async def main(folder):
    now = datetime.now(UTC)
    authority = create_authority(NetworkId("crowd"), folder / "ca.pem", folder / "ca.key", now)
    from cryptography.hazmat.primitives.asymmetric import ec
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "k").touch(0o600)
    (folder / "k").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    issued = authority.certify_server(NodeId("broker"), key.public_key(), [], now)
    (folder / "c.pem").write_text(issued.pem)
    files = TlsFiles(folder / "ca.pem", folder / "c.pem", folder / "k")
    for _ in range(6):
        server = make_server(interceptors=[])
        port = add_tls_port(server, "127.0.0.1:0", files)
        await server.start()
        channels = [secure_channel(f"127.0.0.1:{port}", files, server_name="localhost")
                    for _ in range(48)]
        await asyncio.wait_for(asyncio.gather(*(c.channel_ready() for c in channels)), 20)
        for channel in channels:
            await channel.close()
        await server.stop(0)
    print("all shook hands")

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.slow
def test_many_handshakes_at_once_leave_the_server_standing(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert "all shook hands" in run.stdout
