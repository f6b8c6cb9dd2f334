# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A program and its database server miss each other within seconds when packets vanish between them."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from itmo.runtime.db.server import open_server
from tests.kit.postgres import programs, server

MOST_SECONDS = 15
ASKED = "SELECT name, setting::int FROM pg_settings WHERE name LIKE 'tcp\\_%'"


@pytest.mark.skipif(programs() is None, reason="no PostgreSQL here")
def test_a_server_misses_a_program_whose_packets_vanish() -> None:
    """Before, it kept the session for two hours, and with it the lock of the broker, which came back and was refused."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with server("listen_addresses=127.0.0.1", f"port={port}", "fsync=off") as here:
        url = f"postgresql://{here.user}@127.0.0.1:{port}/postgres"
        with closing(open_server(url, "test", reads=True)) as connection:
            found = dict(connection.execute(ASKED).fetchall())
    probes = found["tcp_keepalives_count"] * found["tcp_keepalives_interval"]
    assert 0 < found["tcp_keepalives_idle"] + probes < MOST_SECONDS
    assert 0 < found["tcp_user_timeout"] < MOST_SECONDS * 1000
