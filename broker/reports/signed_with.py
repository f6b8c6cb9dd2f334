# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that was signed with one key: what to look through after it was stolen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from google.protobuf.message import Message

from broker.store.archived import whole
from itmo.clock import from_ms, to_ms
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection

_SINCE_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MESSAGES: Final = (
    "SELECT m.log_index, l.decided_at, m.kind, m.message_id, m.payload, m.payload_hash,"
    " l.transaction_id FROM message m"
    " JOIN log_leaf l ON l.log_index = m.log_index"
    " WHERE instr(',' || m.keyids || ',', ',' || :keyid || ',') > 0 AND l.decided_at >= :since"
    " ORDER BY m.log_index"
)
_STATEMENTS: Final = (
    "SELECT s.log_index, l.decided_at, s.kind, s.statement_id, s.payload, s.payload_hash,"
    " l.transaction_id FROM statement s"
    " JOIN statement_signature g ON g.statement_id = s.statement_id"
    " JOIN log_leaf l ON l.log_index = s.log_index"
    " WHERE g.keyid = :keyid AND l.decided_at >= :since ORDER BY s.sequence"
)
_CONFLICTS: Final = (
    "SELECT NULL, c.received_at, c.kind, c.message_id, c.payload, c.payload_hash, NULL"
    " FROM conflicting_message c"
    " WHERE instr(',' || c.keyids || ',', ',' || :keyid || ',') > 0 AND c.received_at >= :since"
    " ORDER BY c.received_at"
)
_CLOCKS: Final = (
    "SELECT a.log_index, a.accepted_at, 'accepted-clock', '', x'', x'', NULL FROM clock_acceptance a"
    " WHERE a.keyid = :keyid AND a.accepted_at >= :since ORDER BY a.number"
)
_LAST: Final = (
    "SELECT m.keyids FROM message m WHERE m.sender_node = :node ORDER BY m.log_index DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedView:
    """One thing that a key signed.

    Attributes:
        log_index: Its place in the log; None of what was not taken in.
        at: When it was decided, or came.
        kind: What it is, as in its label.
        id: Message or statement id.
        transaction_ids: Transactions that it speaks of.
    """

    log_index: int | None
    at: datetime
    kind: str
    id: str
    transaction_ids: tuple[str, ...]


def signed_with(
    connection: Connection, keyid: str, since: datetime | None = None
) -> Iterator[SignedView]:
    """Yields what a key signed, since a moment: messages, statements, conflicting messages, clocks."""
    names = {"keyid": keyid, "since": to_ms(since or _SINCE_EVER)}
    for query in (_MESSAGES, _STATEMENTS, _CONFLICTS, _CLOCKS):
        for log_index, at, kind, name, *said in connection.execute(query, names):
            yield SignedView(
                log_index=log_index,
                at=from_ms(at),
                kind=kind,
                id=name,
                transaction_ids=tuple(_transactions(connection, kind, log_index, *said)),
            )


def signs_lately(connection: Connection, node: str, keyid: str) -> bool:
    """Whether the newest message of a node is signed with a key."""
    found = connection.execute(_LAST, {"node": node}).fetchone()
    keyids = found[0] if found else None
    return keyids is not None and keyid in keyids.split(",")


def _transactions(
    connection: Connection,
    kind: str,
    log_index: int | None,
    stored: bytes,
    payload_hash: bytes,
    decided: str | None,
) -> Iterator[str]:
    try:
        payload = (
            stored if log_index is None else whole(connection, stored, payload_hash, log_index)
        )
        written: Message = decode(PayloadKind(kind), payload)
    except (ValueError, ProtocolError):
        # Archived, and not at hand: the log names the transaction of a decision on one.
        yield from filter(None, [decided])
        return
    if isinstance(written, proposal_pb2.Proposal):
        yield written.transaction.transaction_id
        return
    if isinstance(written, proposal_pb2.ProposalBatch):
        yield from (each.transaction_id for each in written.transactions)
        return
    yield from (each.transaction_id for each in getattr(written, "results", ()))
    if name := getattr(written, "transaction_id", ""):
        yield name
