# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The books of the node's registries, as they are compared with the broker's record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from google.protobuf.message import DecodeError
from sqlalchemy import bindparam

from itmo.books import Entry, Part, content_of
from itmo.core.v1 import decision_pb2, statements_pb2
from itmo.core.v1 import reconciliation_pb2 as pb
from itmo.identifiers import FIRST_RULEBOOK
from itmo.lifecycle import State
from itmo.message.v1 import ranges_pb2
from itmo.payloads import PayloadKind
from itmo.unit_classes import class_of_bytes
from registry_node.commands.declare import own_registry
from registry_node.commands.sharing import shared
from registry_node.commands.stating import begin
from registry_node.commands.trip import Trip, from_ms
from registry_node.damage import decoded
from registry_node.ledger.holdings import Holding
from registry_node.store.rows import (
    AccountRow,
    CaseRow,
    ItemRow,
    ItemStatus,
    ReconciliationOutcome,
    ReconciliationRow,
    TransactionRow,
)
from registry_node.store.tables import CASES, HOLDINGS, ITEMS, RECONCILIATIONS, TRANSACTIONS

_MOST_LOOKED_AT: Final = 20_000
"""Transactions in which units are searched, newest first: some seconds of work."""
_UNREADABLE: Final = "attributes that cannot be read"
"""The class of units whose attributes were damaged: the record has no such class."""

_h, _i, _t = HOLDINGS.table.c, ITEMS.table.c, TRANSACTIONS.table.c
_r, _c = RECONCILIATIONS.table.c, CASES.table.c
_HELD: Final = HOLDINGS.select(_h.account_id == bindparam("account_id"), order=_h.registry)
_COMPLETED: Final = TRANSACTIONS.select(
    _t.state == State.COMPLETED, order=_t.number.desc(), limit="most"
)
_SAID: Final = ITEMS.select(_i.kind == bindparam("kind"), order=_i.item_id.desc())
_LAST: Final = RECONCILIATIONS.select(
    _r.registry == bindparam("registry"), order=_r.begun_at.desc()
)
_NAMED: Final = RECONCILIATIONS.select(_r.reconciliation_id == bindparam("reconciliation_id"))
_TO_SAY: Final = RECONCILIATIONS.select(_r.next_statement != b"", order=_r.begun_at)
_CASES: Final = CASES.select(order=_c.opened_at)
_CASE: Final = CASES.select(_c.case_id == bindparam("case_id"))
_ON_THE_WAY: Final = frozenset({ItemStatus.QUEUED, ItemStatus.SIGNED, ItemStatus.ANSWERED})


# -- books ----------------------------------------------------------------------------------------


def held_of(trip: Trip, registry: str) -> Iterator[Entry]:
    """Yields everything in the accounts of a registry, by this node's own ledger."""
    for account in trip.accounts():
        if account.registry == registry:
            rulebook = _rulebook(account)
            for row in _HELD.all(trip.db, account_id=account.account_id):
                yield _entry(account, rulebook, row)


def _rulebook(account: AccountRow) -> str:
    stated = decoded(statements_pb2.AccountStatement, account.statement)
    return stated.rulebook or FIRST_RULEBOOK


def _entry(account: AccountRow, rulebook: str, row: Holding) -> Entry:
    marks = tuple(row.marks.split())
    try:
        unit_class = class_of_bytes(row.attributes, marks)
    except DecodeError:
        unit_class = _UNREADABLE
    part = Part(account.account_id, account.account_type, rulebook, unit_class)
    return Entry(row.registry, row.first, row.last, part, content_of(row.attributes, marks))


def trail_of(trip: Trip, units: Sequence[ranges_pb2.UnitRange]) -> Iterator[pb.TrailEntry]:
    """Yields transactions that this node has carried out on some of the units, newest first."""
    for row in _COMPLETED.all(trip.db, most=_MOST_LOOKED_AT):
        if _touches(row, units):
            yield pb.TrailEntry(
                transaction_id=row.transaction_id, proposal_hash=row.proposal_hash or b""
            )


def _touches(row: TransactionRow, units: Sequence[ranges_pb2.UnitRange]) -> bool:
    recorded = decoded(decision_pb2.TransactionVerdict, row.recorded).units
    return any(
        moved.registry == each.registry and moved.first <= each.last and each.first <= moved.last
        for moved in recorded
        for each in units
    )


# -- reconciling ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """How the books of a registry stand to the record.

    Attributes:
        last: The last reconciliation; None: there was none.
        cases: Open cases, oldest first.
    """

    registry: str
    last: ReconciliationRow | None
    cases: tuple[CaseRow, ...]


def compared(trip: Trip) -> list[Compared]:
    """Returns how the books of each registry stand that takes part in full."""
    known = [row for row in _CASES.all(trip.db) if not row.resolution]
    return [
        Compared(
            each.registry,
            last_of(trip, each.registry),
            tuple(row for row in known if row.registry == each.registry),
        )
        for each in shared(trip)
        if not each.reports
    ]


def last_of(trip: Trip, registry: str) -> ReconciliationRow | None:
    """Returns the last reconciliation of a registry."""
    return _LAST.first(trip.db, registry=registry)


def named(trip: Trip, reconciliation_id: str) -> ReconciliationRow | None:
    """Returns a reconciliation."""
    return _NAMED.first(trip.db, reconciliation_id=reconciliation_id)


def case_of(trip: Trip, case_id: str) -> CaseRow | None:
    """Returns a case."""
    return _CASE.first(trip.db, case_id=case_id)


def reconcile(trip: Trip, registry: str) -> ReconciliationRow:
    """Begins to compare the books of a registry with the record.

    Raises:
        ProtocolError: NOT_FOUND, where the node does not speak for it.
    """
    name = own_registry(trip, registry)
    item = trip.queue(PayloadKind.RECONCILIATION_STATEMENT, begin(name), None)
    begun = ReconciliationRow(
        reconciliation_id=item.message_id,
        registry=name,
        begun_at=trip.now_ms,
        changed_at=trip.now_ms,
        log_index=0,
        stage="BEGIN",
        outcome=ReconciliationOutcome.OPEN,
        found="",
        case_id="",
        next_statement=b"",
    )
    RECONCILIATIONS.insert(trip.db, begun)
    return begun


def carry_on(trip: Trip) -> int:
    """Queues what is to be stated next; returns how many statements."""
    said = 0
    for row in _TO_SAY.all(trip.db):
        RECONCILIATIONS.replace(trip.db, replace(row, next_statement=b""))
        last = last_of(trip, row.registry)
        if last is not None and last.reconciliation_id == row.reconciliation_id:
            written = decoded(pb.ReconciliationStatement, row.next_statement)
            if not _was_said(trip, written):
                trip.queue(PayloadKind.RECONCILIATION_STATEMENT, written, None)
                said += 1
    return said


def is_due(trip: Trip, every: timedelta, each: Compared) -> bool:
    """Says whether a reconciliation is to be begun: none is on the way, and the last is some time ago.

    Args:
        trip: The transaction.
        every: How long after the last one the next one begins.
        each: The registry.
    """
    if each.last is not None and trip.now < from_ms(each.last.begun_at) + every:
        return False
    return all(_registry_of(item) != each.registry for item in _on_the_way(trip))


def to_say(trip: Trip) -> bool:
    """Says whether a statement waits to be queued."""
    return _TO_SAY.first(trip.db) is not None


def _on_the_way(trip: Trip) -> Iterator[ItemRow]:
    """Statements of which the receipt was not applied yet; they are the last ones."""
    for stored in _SAID.statement.run(trip.db, kind=PayloadKind.RECONCILIATION_STATEMENT):
        item = _SAID.read(stored)
        if item.status in _ON_THE_WAY:
            yield item
        elif item.status is ItemStatus.DECIDED:
            return


def _registry_of(item: ItemRow) -> str:
    return decoded(pb.ReconciliationStatement, item.body).registry


def _was_said(trip: Trip, written: pb.ReconciliationStatement) -> bool:
    """Says whether a statement of that place went out before this store was restored."""
    for stored in _SAID.statement.run(trip.db, kind=PayloadKind.RECONCILIATION_STATEMENT):
        said = decoded(pb.ReconciliationStatement, _SAID.read(stored).body)
        if said.registry == written.registry:
            place = said.reconciliation_id, said.snapshot_index
            return place == (written.reconciliation_id, written.snapshot_index)
    return False


def ended(trip: Trip, reconciliation_id: str) -> ReconciliationRow | None:
    """Returns a reconciliation once it has ended; None before."""
    row = named(trip, reconciliation_id)
    return None if row is None or row.outcome is ReconciliationOutcome.OPEN else row
