# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything about one transaction, read from what was signed: who did what, when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Text, bindparam, select, union_all

from broker.clearing.decision.rows import TransactionRow
from broker.reports.adjustments import AdjustmentView, adjustments
from broker.reports.snapshot import snapshot
from broker.reports.transactions import TransactionView, view
from broker.reports.verdicts import Checks, FindingView, findings_about
from broker.rulebook.general.proposal import UnitRole
from broker.store import schema as s
from broker.store import transaction_record
from broker.store.archived import whole
from broker.store.decoding import Row
from itmo.clock import from_ms
from itmo.core.v1 import decision_pb2, proposal_pb2, units_pb2
from itmo.lifecycle import ACTOR_OF, Actor, Completion, Event
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError
from itmo.receipts import receipts_in
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.stated_words import as_stated


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """A move of the life cycle: from where to where, when, and who acted."""

    event: Event
    from_state: str
    to_state: str
    actor: Actor
    node: str
    in_advance: bool
    """The proposer's signature under the proposal was its consent to complete on acceptance."""
    at: datetime
    log_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """A block as it was proposed, and what its proposer stated of its units."""

    registry: str
    first: int
    last: int
    role: UnitRole
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentView:
    """What the proposer wrote besides accounts and registries; `terms` are those of the rulebook.

    In a transition the blocks that begin follow those that end.
    """

    blocks: tuple[BlockView, ...]
    terms: Mapping[str, object]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictView:
    """The broker's verdict on the proposal."""

    rulebook_digest: bytes
    payload_hash: bytes
    log_index: int
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidView:
    """A signed message or statement about the transaction."""

    kind: PayloadKind
    message_id: str
    sender_node: str
    payload_hash: bytes
    log_index: int
    reason: str
    """Why it was rejected, withdrawn, or took no effect; empty elsewhere."""
    effective: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A transaction and everything that is recorded about it.

    Attributes:
        winners: For each transaction that a failed check names as standing in the way, where it
            stands; None where this broker does not know it.
        content: Empty where the proposal is archived, and its file is not at hand.
        archived: Where to find what was signed and is not at hand, and what to do; empty: all is.
    """

    transaction: TransactionView
    moves: tuple[MoveView, ...]
    content: ContentView
    verdict: VerdictView | None
    winners: dict[str, TransactionView | None]
    adjustments: tuple[AdjustmentView, ...]
    said: tuple[SaidView, ...]
    archived: str = ""


_E: Final = s.transaction_event
_M: Final = s.message
_S: Final = s.statement
_L: Final = s.log_leaf
_MOVED_AT: Final = select(_E.c.log_index).where(_E.c.transaction_id == bindparam("of_id"))
_MOVES: Final = Statement(
    select(_E.c.event, _E.c.from_state, _E.c.to_state, _E.c.log_index, _L.c.decided_at)
    .join(_L, _L.c.log_index == _E.c.log_index)
    .where(_E.c.transaction_id == bindparam("of_id"))
    .order_by(_E.c.ordinal)
)
_MESSAGES: Final = Statement(
    select(
        _M.c.kind,
        _M.c.message_id,
        _M.c.sender_node,
        _M.c.payload,
        _M.c.payload_hash,
        _M.c.log_index,
    )
    .where(
        _M.c.message_id.in_(
            union_all(
                select(bindparam("proposal", type_=Text)),
                select(_L.c.message_id).where(_L.c.transaction_id == bindparam("of_id")),
                # Many were spoken of together.
                select(_L.c.message_id).where(_L.c.log_index.in_(_MOVED_AT)),
            )
        )
    )
    .order_by(_M.c.log_index)
)
_STATEMENTS: Final = Statement(
    select(_S.c.kind, _S.c.statement_id, _S.c.payload, _S.c.payload_hash, _S.c.log_index)
    .where(_S.c.statement_id.in_(transaction_record.statements_about(_MOVED_AT)))
    .order_by(_S.c.sequence)
)
_BROKER: Final = Statement(select(s.network.c.broker_node))


def explain(connection: Connection, transaction_id: str, checks: Checks) -> Explanation | None:
    """Everything that is recorded about a transaction; None where there is no such transaction.

    Args:
        connection: The database.
        transaction_id: The transaction.
        checks: Those of the regimes in force.
    """
    with snapshot(connection):
        row = transaction_record.transaction(connection, transaction_id)
        if row is None:
            return None
        names = {"of_id": transaction_id, "proposal": row.message_id}
        missing: dict[str, None] = {}
        messages, statements = (
            [_whole(connection, each, missing) for each in connection.execute(query, names)]
            for query in (_MESSAGES, _STATEMENTS)
        )
        verdict = _verdict(connection, transaction_id, statements, checks)
        winners = {
            finding.conflicting_transaction_id: _winner(
                connection, finding.conflicting_transaction_id
            )
            for finding in (verdict.findings if verdict else ())
            if finding.conflicting_transaction_id
        }
        broker = connection.execute(_BROKER).fetchone()[0]
        said = [
            *map(_message, messages),
            *(_statement(broker, transaction_id, *each) for each in statements),
        ]
        return Explanation(
            transaction=view(row),
            moves=_moves(connection, row, broker),
            content=_content(row, messages),
            verdict=verdict,
            winners=winners,
            adjustments=tuple(adjustments(connection, transaction_id=transaction_id)),
            said=tuple(sorted(said, key=lambda each: each.log_index)),
            archived=" ".join(missing),
        )


def _whole(connection: Connection, row: Row, missing: dict[str, None]) -> Row:
    """A row whose last columns are payload, hash and place, with its payload; empty where it is missing."""
    *before, payload, payload_hash, log_index = row
    try:
        payload = whole(connection, payload, payload_hash, log_index)
    except ProtocolError as error:
        missing[error.message] = None
    return (*before, payload, payload_hash, log_index)


def _moves(connection: Connection, row: TransactionRow, broker: str) -> tuple[MoveView, ...]:
    nodes = {
        Actor.BROKER: broker,
        Actor.PROPOSER: row.proposer_node,
        Actor.RECEIVER: row.receiver_node or "",
    }
    moves = []
    for name, from_state, to_state, log_index, decided_at in connection.execute(
        _MOVES, {"of_id": row.transaction_id}
    ):
        event = Event(name)
        actor = ACTOR_OF[event]
        moves.append(
            MoveView(
                event=event,
                from_state=from_state,
                to_state=to_state,
                actor=actor,
                node=nodes[actor],
                in_advance=event is Event.COMPLETE and row.completion is Completion.ON_ACCEPTANCE,
                at=from_ms(decided_at),
                log_index=log_index,
            )
        )
    return tuple(moves)


def _content(row: TransactionRow, messages: list[Row]) -> ContentView:
    kind, payload = next((m[0], m[3]) for m in messages if m[1] == row.message_id)
    if not payload:
        return ContentView(blocks=(), terms={}, note="")
    written = decode(PayloadKind(kind), payload)
    if isinstance(written, proposal_pb2.ProposalBatch):
        proposed = written.transactions[row.ordinal]
    else:
        proposed = cast("proposal_pb2.Proposal", written).transaction
    return ContentView(
        blocks=tuple(map(_block, (*proposed.blocks, *proposed.transition.blocks))),
        terms=as_stated(proposed.terms),
        note=proposed.note,
    )


def _block(block: units_pb2.UnitBlock) -> BlockView:
    return BlockView(
        registry=block.registry,
        first=block.first,
        last=block.last,
        role=UnitRole.NAMED if block.role == units_pb2.UNIT_ROLE_NAMED else UnitRole.ACTS,
        attributes=as_stated(block.attributes),
    )


def _verdict(
    connection: Connection, transaction_id: str, statements: list[Row], checks: Checks
) -> VerdictView | None:
    for kind, _, payload, payload_hash, log_index in statements:
        if kind == PayloadKind.VERDICT and payload:
            written = decode(PayloadKind.VERDICT, payload)
            verdict = cast("decision_pb2.Verdict", written)
            return VerdictView(
                rulebook_digest=verdict.rulebook_digest,
                payload_hash=payload_hash,
                log_index=log_index,
                findings=findings_about(connection, verdict, transaction_id, checks),
            )
    return None


def _winner(connection: Connection, transaction_id: str) -> TransactionView | None:
    row = transaction_record.transaction(connection, transaction_id)
    return view(row) if row is not None else None


def _message(row: Row) -> SaidView:
    word, message_id, sender_node, payload, payload_hash, log_index = row
    kind = PayloadKind(word)
    reason = ""
    may_say = (PayloadKind.REJECTION, PayloadKind.REJECTION_BATCH, PayloadKind.WITHDRAWAL)
    if kind in may_say and payload:
        written = decode(kind, payload)
        reason = cast("proposal_pb2.Rejection | proposal_pb2.Withdrawal", written).reason
    return SaidView(
        kind=kind,
        message_id=message_id,
        sender_node=sender_node,
        payload_hash=payload_hash,
        log_index=log_index,
        reason=reason,
        effective=True,
    )


def _statement(
    broker: str,
    transaction_id: str,
    word: str,
    statement_id: str,
    payload: bytes,
    payload_hash: bytes,
    log_index: int,
) -> SaidView:
    kind, reason, effective = PayloadKind(word), "", True
    for receipt in receipts_in(decode(kind, payload)) if payload else ():
        if receipt.transaction_id == transaction_id:
            effective = receipt.effective
        if not effective:
            reason = f"{receipt.refusal.code}: {receipt.refusal.found}"
            break
    return SaidView(
        kind=kind,
        message_id=statement_id,
        sender_node=broker,
        payload_hash=payload_hash,
        log_index=log_index,
        reason=reason,
        effective=effective,
    )
