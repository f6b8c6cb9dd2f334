# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The books of a broker that does not run: opened and audited as it would, and stated in by the operator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass

from broker.app import Parts, build_house, operator_over
from broker.clearing.directory.operator import Operator
from broker.cli.failing import Unreachable
from broker.serving import open_books
from broker.settings import BrokerSettings
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.in_use import InUse
from itmo.runtime.db.thread import InlineDatabase


@dataclass(frozen=True, slots=True)
class OwnBooks:
    """The database of a broker that does not run, and what a house over it is made of."""

    connection: Connection
    parts: Parts


@contextmanager
def own_books(settings: BrokerSettings) -> Iterator[OwnBooks]:
    """Opens and audits the database of a broker that does not run, as `broker serve` would.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when a key or the database cannot be used;
            Unreachable, when the broker runs after all.
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


@asynccontextmanager
async def own_operator(settings: BrokerSettings) -> AsyncIterator[Operator]:
    """Gives the operator of a broker that does not run; raises as `own_books`."""
    with own_books(settings) as books:
        faults: list[BaseException] = []
        database = InlineDatabase(books.connection)
        house = build_house(books.parts, database, database, faults.append)
        await house.start()
        try:
            yield operator_over(books.parts, house)
        finally:
            await house.stop()
