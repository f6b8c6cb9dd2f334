# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How the operator reaches the books: through the running broker, else by opening them itself.

A broker that runs holds the lock of its database, so the two ways exclude each other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from broker.clearing.decision.rows import SenderRow
from broker.clearing.directory.operator import Operator
from broker.clearing.path.gate import OPERATOR_NODE
from broker.cli.operator_link import OperatorLink, operator_link
from broker.settings import BrokerSettings
from broker.store import messages
from itmo.clock import OffsetClock, SystemClock
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import RandomIds
from itmo.keys import signer_from_uri
from itmo.timestamps import moment


@asynccontextmanager
async def operator_of(settings: BrokerSettings) -> AsyncIterator[Operator]:
    """Gives the operator, who states something, whether the broker runs or not.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when a key or the database cannot be used;
            Unreachable, when the broker runs but does not answer.
    """
    async with operator_link(settings.server.operator_socket) as link:
        if link is not None:
            yield await _remote_operator(settings, link)
            return
    # Whoever speaks to a broker that runs needs nothing of what decides.
    from broker.cli.own_books import own_operator

    async with own_operator(settings) as operator:
        yield operator


async def _remote_operator(settings: BrokerSettings, link: OperatorLink) -> Operator:
    ahead = moment((await link.status()).time, "time") - SystemClock().now()

    async def standing() -> SenderRow:
        with closing(settings.database.books.open_reader()) as connection:
            chains = messages.senders(connection)
        return chains.get(OPERATOR_NODE, SenderRow(OPERATOR_NODE, 1, b""))

    return Operator(
        network_id=NetworkId(settings.network_id),
        broker_node=NodeId(settings.node_id),
        signer=signer_from_uri(settings.signers.operator),
        clock=OffsetClock(SystemClock(), ahead) if settings.test_network else SystemClock(),
        ids=RandomIds(),
        submit=link.submit,
        standing=standing,
    )
