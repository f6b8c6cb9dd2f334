# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading: what came of a command, transactions with their history, holdings, status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, ColumnElement, Table, bindparam, func, literal_column, select, tuple_

from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.receipts import receipts_in
from registry_node.commands import alarming
from registry_node.commands.noticing import suspensions
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.inbox.apply import told_by
from registry_node.inbox.catalogues import every_finding
from registry_node.ledger.holdings import Holding
from registry_node.outbox import items
from registry_node.store.database import node_state
from registry_node.store.rows import (
    AlarmRow,
    DeliveryState,
    ItemRow,
    ItemStatus,
    ProofRow,
    TransactionRow,
)
from registry_node.store.tables import (
    ALARMS,
    DELIVERIES,
    HOLDINGS,
    INSTRUCTIONS,
    ITEMS,
    NOTICES,
    PROOF_TRANSACTIONS,
    PROOFS,
    TRANSACTIONS,
    Statement,
    compiled,
)

BROKEN: Final = frozenset({decision_pb2.OUTCOME_FAILED, decision_pb2.OUTCOME_INCONCLUSIVE})
"""Outcomes of a check that did not pass."""
_GIVING_REASONS: Final[
    dict[
        PayloadKind,
        type[proposal_pb2.Rejection | proposal_pb2.RejectionBatch | proposal_pb2.Withdrawal],
    ]
] = {
    PayloadKind.REJECTION: proposal_pb2.Rejection,
    PayloadKind.REJECTION_BATCH: proposal_pb2.RejectionBatch,
    PayloadKind.WITHDRAWAL: proposal_pb2.Withdrawal,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a range of units is in the list of holdings."""

    account_id: str
    registry: str
    first: int


FIRST: Final = Place("", "", 0)
"""Before the first."""
ALL: Final = -1
"""As many rows as there are."""
_t, _h, _i = TRANSACTIONS.table.c, HOLDINGS.table.c, ITEMS.table.c
_p, _l = PROOFS.table.c, PROOF_TRANSACTIONS.table.c
_SHOWN_ALARMS: Final = 100
_MOST_LIKE: Final = 100
_PAGE: Final = TRANSACTIONS.select(
    _t.number < bindparam("before"), order=_t.number.desc(), limit="most"
)
_PAGE_OF_STATE: Final = TRANSACTIONS.select(
    _t.number < bindparam("before"),
    _t.state == bindparam("state"),
    order=_t.number.desc(),
    limit="most",
)
_WAITING: Final = TRANSACTIONS.select(
    _t.received_here == 1,
    _t.state == bindparam("state"),
    _t.answer_item.is_(None),
    _t.number > bindparam("after"),
    order=_t.number,
    limit="most",
)
_PLACES: Final = (_h.account_id, _h.registry, _h.first)
_HOLDINGS: Final = HOLDINGS.select(
    tuple_(*_PLACES) > tuple_(bindparam("account_id"), bindparam("registry"), bindparam("first")),
    order=_PLACES,
    limit="most",
)
_HOLDINGS_OF: Final = HOLDINGS.select(
    _h.account_id == bindparam("account_id"),
    tuple_(*_PLACES[1:]) > tuple_(bindparam("registry"), bindparam("first")),
    order=_PLACES,
    limit="most",
)
_PROOF: Final = PROOFS.select(_p.payload_hash == bindparam("payload_hash"))
_CAUSED: Final = PROOFS.select(_p.causation_id == bindparam("causation_id"))
_ITEMS_OF: Final = ITEMS.select(_i.transaction_id == bindparam("transaction_id"), order=_i.item_id)
_ALARMS_OF: Final = ALARMS.select(
    ALARMS.table.c.transaction_id == bindparam("transaction_id"), order=ALARMS.table.c.number
)


_ABOUT: Final = PROOFS.select(
    _p.payload_hash.in_(
        select(_l.payload_hash).where(_l.transaction_id == bindparam("transaction_id"))
    ),
    order=literal_column("proof.rowid"),  # the order in which they were stored
)


def _count(table: Table, *where: ColumnElement[bool]) -> Statement:
    return compiled(select(func.count()).select_from(table).where(*where))


_OUTBOX_DEPTH: Final = _count(
    ITEMS.table,
    _i.status.in_([ItemStatus.QUEUED, ItemStatus.SIGNED, ItemStatus.ANSWERED]),
)
_INBOX_DEPTH: Final = _count(
    TRANSACTIONS.table,
    _t.received_here == 1,
    _t.state == State.VALIDATED,
    _t.answer_item.is_(None),
)
_INSTRUCTIONS_DEPTH: Final = _count(INSTRUCTIONS.table, INSTRUCTIONS.table.c.done_at.is_(None))


def _like(column: Column[str]) -> Statement:
    fits = column.like(bindparam("begins")) | column.like(bindparam("ends"))
    return compiled(select(column).where(fits).limit(_MOST_LIKE))


_TRANSACTIONS_LIKE: Final = _like(TRANSACTIONS.table.c.transaction_id)
_NOTICES_LIKE: Final = _like(NOTICES.table.c.notice_id)
_QUARANTINED: Final = _count(
    DELIVERIES.table, DELIVERIES.table.c.state == DeliveryState.QUARANTINED
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command.

    Attributes:
        item: The message that carries it.
        transaction: The transaction, where it concerns exactly one.
        remedy: What the broker says is to be done about its refusal; empty where it says nothing.
    """

    item: ItemRow
    transaction: TransactionRow | None
    remedy: str = ""

    @property
    def final(self) -> bool:
        """Whether the broker decided or refused."""
        return self.item.status in (ItemStatus.DECIDED, ItemStatus.REFUSED)


@dataclass(frozen=True, slots=True)
class Story:
    """A transaction with everything said about it.

    Attributes:
        transaction: The transaction.
        findings: Every check of its verdict.
        remedies: What to do about each check that did not pass.
        reason: Why it was rejected or withdrawn, in the words of the side that did.
        proofs: Signed messages and statements about it, in the order in which they arrived.
        unsent: Own messages about it that the broker is not known to have.
        alarms: What a person must look at.
    """

    transaction: TransactionRow
    findings: tuple[decision_pb2.Finding, ...]
    remedies: tuple[decision_pb2.Remedy, ...]
    reason: str
    proofs: tuple[ProofRow, ...]
    unsent: tuple[ItemRow, ...]
    alarms: tuple[AlarmRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the node is doing, as far as its store knows."""

    cursor: int
    recorded_sequence: int
    outbox_depth: int
    inbox_depth: int
    instructions_depth: int
    quarantined: int
    alarms: tuple[AlarmRow, ...]
    open_alarms: int
    suspensions: tuple[statements_pb2.RegistryStatement, ...]


def outcome(trip: Trip, message_id: str) -> Outcome | None:
    """Returns what came of a command so far, or None when there is no such message."""
    item = items.find_item(trip, message_id)
    if item is None:
        return None
    row = trip.transaction(item.transaction_id) if item.transaction_id else None
    return Outcome(item, row, _remedy(trip, item))


def _remedy(trip: Trip, item: ItemRow) -> str:
    """What the receipt of a message without effect says is to be done."""
    if not item.code:
        return ""
    for proof in _CAUSED.all(trip.db, causation_id=item.message_id):
        said = items.envelope_of(proof.envelope).payload
        if proof.kind is PayloadKind.RECEIPT:
            return decoded(decision_pb2.Receipt, said).refusal.remedy
        if proof.kind is PayloadKind.RECEIPT_BATCH:
            return told_by(receipts_in(decoded(decision_pb2.ReceiptBatch, said))).refusal.remedy
    return ""


def transactions(
    trip: Trip, *, before: int, most: int, state: State | None = None
) -> list[TransactionRow]:
    """Returns transactions, newest first, with numbers below `before`."""
    if state is None:
        return _PAGE.all(trip.db, before=before, most=most)
    return _PAGE_OF_STATE.all(trip.db, before=before, most=most, state=state)


def ids_like(trip: Trip, part: str) -> list[str]:
    """Returns ids of transactions and notices that begin or end with a text; those found first."""
    found = [
        row[0]
        for statement in (_TRANSACTIONS_LIKE, _NOTICES_LIKE)
        for row in statement.run(trip.db, begins=f"{part}%", ends=f"%{part}")
    ]
    return sorted(found)


def waiting(trip: Trip, *, after: int = 0, most: int = ALL) -> list[TransactionRow]:
    """Returns the offers that wait for a person here, oldest first, with numbers above `after`."""
    return _WAITING.all(trip.db, state=State.VALIDATED, after=after, most=most)


def holdings(
    trip: Trip, account_id: str = "", *, after: Place = FIRST, most: int = ALL
) -> list[Holding]:
    """Returns holdings by account and serial number: of one account or of all, those behind a place."""
    statement, of = (_HOLDINGS_OF, account_id) if account_id else (_HOLDINGS, after.account_id)
    return statement.all(
        trip.db, account_id=of, registry=after.registry, first=after.first, most=most
    )


def story(trip: Trip, transaction_id: str) -> Story | None:
    """Returns a transaction with everything said about it, or None."""
    row = trip.transaction(transaction_id)
    if row is None:
        return None
    proofs = _ABOUT.all(trip.db, transaction_id=transaction_id)
    proven = {proof.message_id for proof in proofs}
    findings, remedies = _judged(trip, row)
    return Story(
        transaction=row,
        findings=findings,
        remedies=remedies,
        reason=reason_of(trip, row),
        proofs=tuple(proofs),
        unsent=tuple(
            item
            for item in _ITEMS_OF.all(trip.db, transaction_id=transaction_id)
            if item.message_id not in proven
        ),
        alarms=tuple(_ALARMS_OF.all(trip.db, transaction_id=transaction_id)),
    )


def reason_of(trip: Trip, row: TransactionRow) -> str:
    """Returns why a transaction was rejected or withdrawn, as it was signed; empty for all others."""
    signed = {State.REJECTED: row.answer_hash, State.TERMINATED: row.closing_hash}.get(row.state)
    proof = _PROOF.first(trip.db, payload_hash=signed) if signed else None
    if proof is None or proof.kind not in _GIVING_REASONS:
        return ""
    payload = items.envelope_of(proof.envelope).payload
    return decoded(_GIVING_REASONS[proof.kind], payload).reason


def _judged(
    trip: Trip, row: TransactionRow
) -> tuple[tuple[decision_pb2.Finding, ...], tuple[decision_pb2.Remedy, ...]]:
    """Every check of the verdict, and what to do about those that did not pass."""
    if row.verdict_hash is None:
        return (), ()
    proof = _PROOF.first(trip.db, payload_hash=row.verdict_hash)
    if proof is None or proof.kind is not PayloadKind.VERDICT:
        return (), ()
    verdict = decoded(decision_pb2.Verdict, items.envelope_of(proof.envelope).payload)
    for result in verdict.results:
        if result.transaction_id == row.transaction_id:
            found = every_finding(trip, verdict, result)
            broken = {each.check_id for each in found if each.outcome in BROKEN}
            return found, tuple(each for each in verdict.remedies if each.check_id in broken)
    return (), ()


def status(trip: Trip) -> Status:
    """Returns how the node is doing."""
    state = node_state(trip.db)

    def count(statement: Statement) -> int:
        (found,) = statement.run(trip.db).fetchone()
        return int(found)

    return Status(
        cursor=state.cursor,
        recorded_sequence=state.recorded_sequence,
        outbox_depth=count(_OUTBOX_DEPTH),
        inbox_depth=count(_INBOX_DEPTH),
        instructions_depth=count(_INSTRUCTIONS_DEPTH),
        quarantined=count(_QUARANTINED),
        alarms=tuple(alarming.listed(trip, most=_SHOWN_ALARMS)),
        open_alarms=alarming.open_alarms(trip),
        suspensions=tuple(suspensions(trip)),
    )
