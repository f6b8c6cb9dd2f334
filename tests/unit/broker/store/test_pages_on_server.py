# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A page of a list costs a server a page, and not the list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest

from broker.reports import adjustments, directory, transactions
from broker.reports.paris import tracing
from broker.store import listing, transaction_record
from broker.store.fence import Decider
from broker.store.stated import Span, last_stated
from broker.store.transaction_record import TransactionFilter
from itmo.runtime.db.connection import Connection
from tests.kit import clearing, postgres
from tests.kit.clearing import ClearingWorld, trading_world, transfer

PAGE = 1
LISTS: dict[str, tuple[int, Callable[[Connection], object]]] = {
    # With how many rows the server sends besides: of each node what it speaks for.
    "nodes": (2 * PAGE, lambda c: listing.nodes(c, "", PAGE)),
    "registries": (0, lambda c: listing.registries(c, "", PAGE)),
    "accounts": (
        0,
        lambda c: listing.accounts(c, visible_to="tha", registry="", after="", limit=PAGE),
    ),
    "transactions": (
        0,
        lambda c: transaction_record.transactions(c, TransactionFilter(), "", PAGE),
    ),
    "transactions, newest first": (0, lambda c: transactions.transactions(c, PAGE)),
    "refusals": (0, lambda c: directory.refusals(c, PAGE)),
    "entries": (0, lambda c: adjustments.adjustments(c, limit=PAGE)),
    "entries with their transactions": (0, lambda c: tracing.traced(c, None, limit=PAGE)),
    "statements": (0, lambda c: last_stated(c, Span.every("paris", "party"), "", PAGE)),
}
COUNTED = (
    "SELECT min(found) FROM (SELECT count(*) AS found FROM node UNION ALL SELECT count(*) FROM registry"
    " UNION ALL SELECT count(*) FROM account UNION ALL SELECT count(*) FROM transaction_record) AS each"
)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClearingWorld]:
    monkeypatch.setattr(clearing, "memory_database", postgres.on_server)
    made = await trading_world()
    for first in (1, 11, 21, 31):
        await made.senders["tha"].propose(transfer(made, first, first + 9))
    yield made
    await made.house.stop()
    made.connection.close()


async def test_a_page_is_all_that_a_server_sends(world: ClearingWorld) -> None:
    connection = cast("Decider", world.connection)
    assert connection.execute(COUNTED).fetchone()[0] > PAGE
    sent = {}
    for name, (besides, read) in LISTS.items():
        with postgres.traced(connection) as found:
            read(connection)
        if found.rows > PAGE + besides:
            sent[name] = found.rows
    assert sent == {}
