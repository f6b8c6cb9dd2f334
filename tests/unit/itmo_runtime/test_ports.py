# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A port that cannot be had is found before gRPC asks for it, and the sentence says why."""

from __future__ import annotations

import socket

import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.ports import must_be_free, reserve


def test_a_port_that_is_taken_is_refused_even_by_one_that_shares_it() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        for take in (must_be_free, reserve):
            with pytest.raises(ProtocolError, match="in use by another program") as refused:
                take(address)
            assert refused.value.reason is Reason.CONFIGURATION_INVALID
            assert refused.value.metadata["found"] == address
    must_be_free(address)


def test_what_is_no_address_here_is_told_apart() -> None:
    with pytest.raises(ProtocolError, match="no address of this machine"):
        must_be_free("192.0.2.1:7443")
    with pytest.raises(ProtocolError, match="no address is known for that name"):
        must_be_free("no-such-host.invalid:7443")


def test_a_reserved_port_is_free_for_those_who_share_it_only() -> None:
    with reserve("127.0.0.1:0") as held, socket.socket() as worker:
        where = held.getsockname()
        worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        worker.bind(where)
        with pytest.raises(ProtocolError, match="in use"):
            must_be_free(f"127.0.0.1:{where[1]}")


def test_a_port_whose_connections_have_just_been_closed_can_be_reserved() -> None:
    """Before, a broker that had served alone could not be started with workers within a minute."""
    with socket.create_server(("127.0.0.1", 0)) as alone:
        where = alone.getsockname()
        with socket.create_connection(where) as caller:
            accepted, _ = alone.accept()
            accepted.close()  # who closes first keeps the connection, for the time that TCP waits
            caller.recv(1)
    with reserve(f"127.0.0.1:{where[1]}") as held:
        assert held.getsockname() == where
