# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The first rows of a database: which network it belongs to, and the broker's own keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from itmo.clock import Clock, OffsetClock, SystemClock
from itmo.identifiers import NetworkId, NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection

if TYPE_CHECKING:
    from broker.clearing.decision.rows import KeyRow


@dataclass(frozen=True, slots=True)
class Network:
    """The network a database belongs to.

    Attributes:
        database_id: Tells databases of one network apart; given at founding.
    """

    network_id: NetworkId
    broker_node: NodeId
    test_network: bool
    clock_offset_ms: int = 0
    database_id: str = ""


_READ: Final = (
    "SELECT network_id, broker_node, test_network, clock_offset_ms, database_id FROM network"
)
_ADD: Final = (
    "INSERT INTO network (network_id, broker_node, test_network, clock_offset_ms, database_id)"
    " VALUES (?, ?, ?, ?, ?)"
)
_SET_OFFSET: Final = "UPDATE network SET clock_offset_ms = ?"


def read_network(connection: Connection) -> Network | None:
    """The network the database belongs to; None where it is new."""
    row = connection.execute(_READ).fetchone()
    if row is None:
        return None
    return Network(NetworkId(row[0]), NodeId(row[1]), bool(row[2]), *row[3:])


def found(connection: Connection, network: Network, keys: Sequence[KeyRow]) -> Network:
    """Makes a new database the network's, or checks that it is already.

    The broker's own keys in the configuration are registered when they are new; from then on they
    change by key statements like every other key.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when the database belongs to another network.
    """
    known = read_network(connection)
    if known is None:
        from broker.store.sql import PUT_KEY

        connection.execute(
            _ADD,
            (
                network.network_id,
                network.broker_node,
                int(network.test_network),
                network.clock_offset_ms,
                network.database_id,
            ),
        )
        PUT_KEY.many(connection, keys)
        return network
    ours = (network.network_id, network.broker_node, network.test_network)
    if (known.network_id, known.broker_node, known.test_network) != ours:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"the database belongs to network {known.network_id} (test: {known.test_network}) of"
            f" {known.broker_node}; the configuration says {network.network_id}"
            f" (test: {network.test_network}) of {network.broker_node}",
            setting="network_id",
        )
    return known


def set_clock_offset(connection: Connection, offset_ms: int) -> None:
    """Keeps a test network's clock over a restart."""
    with connection:
        connection.execute(_SET_OFFSET, (offset_ms,))


def broker_clock(network: Network) -> Clock:
    """The broker's clock: that of the machine, on a test network ahead or behind as it was set."""
    if not network.test_network:
        return SystemClock()
    return OffsetClock(SystemClock(), timedelta(milliseconds=network.clock_offset_ms))
