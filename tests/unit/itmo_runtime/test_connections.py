# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The watch over a port's connections looks at all descriptors of the process and keeps none."""

from __future__ import annotations

import socket
from pathlib import Path

from itmo.runtime.rpc.connections import (
    Connections,
    descriptors,
)


def test_looking_at_connections_opens_and_closes_nothing(tmp_path: Path) -> None:
    with (
        (tmp_path / "a file").open("w"),
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as near,
    ):
        far, _ = listening.accept()
        with far:
            connections = Connections(10)
            connections._port = listening.getsockname()[1]
            before = descriptors().used
            for _ in range(3):
                connections.sweep()
                assert (connections.open, descriptors().used) == (1, before)
            near.sendall(b"still there")
            assert far.recv(20) == b"still there"


async def test_a_call_whose_connection_has_gone_disturbs_no_look_at_the_others() -> None:
    connections = Connections(10)
    for peer in ("", "unix:", "ipv4:127.0.0.1:1"):
        connections.note_call(peer, "che")
        connections.hang_up_soon(peer)
    assert connections.hang_up() == 0
    assert connections.sweep() == 0
