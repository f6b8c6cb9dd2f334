# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever value a store holds, the node answers or says in a sentence that its store is damaged."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, cast

import pytest

from itmo.core.v1 import proposal_pb2
from itmo.message.v1 import ranges_pb2
from itmo.paris.v1 import authorization_pb2, unit_notices_pb2
from itmo.reasons import ProtocolError
from itmo.registry.v1 import (
    notice_service_pb2,
    operator_service_pb2,
    paris_service_pb2,
    sharing_service_pb2,
)
from itmo.runtime.db.sqlite import PassingWriter
from itmo.runtime.db.thread import InlineDatabase
from registry_node.adapters.grpc_meta import GrpcMetaRegistry
from registry_node.api.notice_service import NoticeServicer
from registry_node.api.operator_service import OperatorServicer
from registry_node.api.sharing_service import SharingServicer
from registry_node.paris.paris_service import ParisServicer
from registry_node.service import RegistryNode
from registry_node.store import schema
from registry_node.store.database import Store
from registry_node.store.explaining import explain
from tests.kit import wishes
from tests.unit.registry_node.broker_double import DoubleLink, Network
from tests.unit.registry_node.conftest import Scene, block, paris
from tests.unit.registry_node.test_notices import tell

VALUES: Final = (None, -1, 2**62, "", "x", '[["THA01", 1]]', b"", b"\xff\xff\xff")
TABLES: Final = [table.name for table in schema.metadata.sorted_tables]
operator, noticing, sharing = operator_service_pb2, notice_service_pb2, sharing_service_pb2


@pytest.fixture
async def full(scene: Scene) -> Scene:
    """A scene in whose stores no table is empty."""
    scene.unsound = True
    tha, che = scene.tha, scene.che
    sold = await scene.offer(1, 100)
    await scene.network.settle()
    await che.accept(sold)
    await scene.network.settle()
    letter = authorization_pb2.AuthorizationStatement(
        authorization_id="A1", party="THA", cooperative_approach="CA0003",
        purposes=[authorization_pb2.PURPOSE_NDC], quantity=9,
    )  # fmt: skip
    await paris(tha).authorize(letter)
    await paris(tha).draft(letter)
    await paris(tha).notify(
        unit_notices_pb2.UnitNotice(
            party="THA", vintage=2023, reason="x",
            units=[ranges_pb2.UnitRange(registry="THA01", first=51, last=150)],
        )
    )  # fmt: skip
    await scene.network.settle()
    tell(scene, "che-registry")
    await scene.network.settle()
    await che.propose(wishes.transfer(scene.che_account, scene.tha_account, [block(1, 10)]))
    await scene.offer(200, 210)
    await scene.network.settle()
    tha_box = scene.broker.mailboxes["tha-registry"]
    scene.broker.deliver("tha-registry", "", *tha_box[0].envelopes[:0])  # empty: quarantined
    await scene.network.settle()
    await scene.offer(300, 310)  # signed, on its way
    return scene


def damaged(stored: bytes, table: str, column: str, value: object, *, newest: bool) -> bytes | None:
    """The file with one value exchanged past every constraint; None where it cannot be."""
    db = loaded(stored)
    (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    _write_schema(db, table, re.sub(r"(?<! IS) NOT NULL|STRICT", "", sql))
    db = loaded(db.serialize())
    for (trigger,) in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    db.execute("PRAGMA ignore_check_constraints = ON")
    chosen = "max" if newest else "min"
    try:
        db.execute(
            f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = (SELECT {chosen}(rowid) FROM "{table}")',  # names of our own schema
            (value,),
        )
    except sqlite3.Error:
        return None
    _write_schema(db, table, sql)
    for trigger in schema.TRIGGERS:
        db.execute(trigger)
    return db.serialize()


def loaded(stored: bytes) -> PassingWriter:
    db = sqlite3.connect(
        ":memory:", isolation_level=None, check_same_thread=False, factory=PassingWriter
    )
    db.deserialize(stored)
    return db


def _write_schema(db: sqlite3.Connection, table: str, sql: str) -> None:
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, table))


async def everything(network: Network, name: str, sold: str) -> list[BaseException]:
    """Starts a node over its store, lets it work and asks it everything; what was no sentence."""
    found: list[BaseException] = []

    async def attempt(ask: Callable[[], Awaitable[object]]) -> None:
        try:
            await ask()
        except ProtocolError:
            return
        except Exception as error:  # noqa: BLE001  # what must not come
            if explain(error) is None:
                found.append(error)

    try:
        node = await network.start(name)
    except ProtocolError:
        return []
    except Exception as error:  # noqa: BLE001  # what must not come
        return [error]
    for ask in (*_questions(node, sold), node.pump_outbox, node.pump_inbox,
                node.retry_quarantined, node.pump_instructions, node.pump_reports):  # fmt: skip
        await attempt(ask)
    return found


def _questions(node: RegistryNode, sold: str) -> list[Callable[[], Awaitable[object]]]:
    service, notices, letters = OperatorServicer(node), NoticeServicer(node), ParisServicer(node)
    shared = SharingServicer(node, cast("GrpcMetaRegistry", None))
    context = cast("Any", None)
    back = proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TRANSACTION_TYPE_REVERSAL, reverses=sold
    )
    return [
        lambda: service.GetStatus(operator.GetStatusRequest(), context),
        lambda: service.ListAccounts(operator.ListAccountsRequest(), context),
        lambda: service.ListHoldings(operator.ListHoldingsRequest(), context),
        lambda: service.ListTransactions(operator.ListTransactionsRequest(page_size=100), context),
        lambda: service.GetTransaction(
            operator.GetTransactionRequest(transaction_id=sold), context
        ),
        lambda: service.ListInbox(operator.ListInboxRequest(), context),
        lambda: letters.ListAuthorizations(paris_service_pb2.ListAuthorizationsRequest(), context),
        lambda: service.VerifyReceipts(operator.VerifyReceiptsRequest(), context),
        lambda: service.Accept(operator.AcceptRequest(transaction_id=sold), context),
        lambda: service.Propose(operator.ProposeRequest(transactions=[back]), context),
        lambda: notices.ListNotices(noticing.ListNoticesRequest(page_size=100), context),
        lambda: shared.GetSharing(sharing.GetSharingRequest(), context),
        lambda: shared.ListMirrored(sharing.ListMirroredRequest(), context),
    ]


async def faults(full: Scene, name: str, some: int) -> list[str]:
    network = full.network
    (sold, *_) = network.broker.traded
    sound = _serialized(network.stores[name])
    found: list[str] = []
    cases = [
        (table.name, column.name, value, newest)
        for table in schema.metadata.sorted_tables
        for column in table.columns
        for value in VALUES
        for newest in (True, False)
    ]
    for table, column, value, newest in cases[::some]:
        stored = damaged(sound, table, column, value, newest=newest)
        if stored is None:
            continue
        network.stores[name] = Store(InlineDatabase(loaded(stored)), None)
        network.links[name] = DoubleLink(network.broker, name)
        found += [
            f"{table}.{column} = {value!r}: {_where(error)}"
            for error in await everything(network, name, sold)
        ]
        with suppress(sqlite3.Error):
            await network.stores[name].close()
    network.stores[name] = Store(InlineDatabase(loaded(sound)), None)
    await network.start(name)
    return found


def _serialized(store: Store) -> bytes:
    return cast("InlineDatabase[sqlite3.Connection]", store._database)._connection.serialize()


def _where(error: BaseException) -> str:
    trace, at = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "registry_node" in file and "tests" not in file:
            at = f"{file.split('/registry_node/')[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {str(error)[:80]} at {at}"


async def test_some_values(full: Scene) -> None:
    found = await faults(full, "tha-registry", 41)  # prime: every table, value and column in turn
    assert found == [], "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tha-registry", "che-registry"])
async def test_every_value(full: Scene, name: str) -> None:
    found = await faults(full, name, 1)
    assert found == [], "\n".join(found)
