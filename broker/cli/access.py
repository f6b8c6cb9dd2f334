# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How the operator reaches the books: through the running broker, else by opening them itself.

A broker that runs holds the lock of its database, so the two ways exclude each other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass

from broker.app import Parts, build_house, operator_over
from broker.clearing.decision.rows import SenderRow
from broker.clearing.directory.operator import Operator
from broker.clearing.path.gate import OPERATOR_NODE
from broker.cli.failing import Unreachable
from broker.cli.operator_link import OperatorLink, operator_link
from broker.serving import open_books
from broker.settings import BrokerSettings
from broker.store import messages
from itmo.clock import OffsetClock, SystemClock
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import RandomIds
from itmo.keys import signer_from_uri
from itmo.payloads import moment
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.in_use import InUse
from itmo.runtime.db.thread import InlineDatabase


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
    with own_books(settings) as books:
        faults: list[BaseException] = []
        database = InlineDatabase(books.connection)
        house = build_house(books.parts, database, database, faults.append)
        await house.start()
        try:
            yield operator_over(books.parts, house)
        finally:
            await house.stop()


@dataclass(frozen=True, slots=True)
class OwnBooks:
    """The database of a broker that does not run, and what a house over it is made of."""

    connection: Connection
    parts: Parts


@contextmanager
def own_books(settings: BrokerSettings) -> Iterator[OwnBooks]:
    """Opens and audits the database of a broker that does not run, as `broker serve` would.

    Raises:
        ProtocolError: as `operator_of`.
    """
    try:
        parts, connection = open_books(settings)
    except InUse as error:
        raise Unreachable(
            f"The broker runs on {settings.database.books.shown}, but does not answer on its"
            f" operator's socket {settings.server.operator_socket}."
        ) from error
    with closing(connection):
        yield OwnBooks(connection, parts)


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
