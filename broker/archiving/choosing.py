# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which payloads may go: those of old decisions on ended transactions, which nothing is judged by.

What was stated (authorizations, accounts, keys and all else) stays, because each judgement reads it. So
does the proposal of a transaction whose rulebook reads it again for reports; what is not signed with a
good key yet; and what is in a delivery that its node has not acknowledged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from broker.regime.regimes import Regimes
from broker.store import log_head
from broker.store.archive_files import Kept
from broker.store.archived import types_of
from broker.store.schema import OPEN_STATES
from broker.store.triggers import SIGNED_WELL
from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind, decode
from itmo.runtime.db.connection import Connection

ANSWERS: Final = frozenset(
    {
        PayloadKind.ACCEPTANCE, PayloadKind.ACCEPTANCE_BATCH, PayloadKind.REJECTION,
        PayloadKind.REJECTION_BATCH, PayloadKind.COMPLETION, PayloadKind.WITHDRAWAL,
    }
)  # fmt: skip
"""Messages that only move a transaction."""
PROPOSALS: Final = frozenset({PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH})
PAGE: Final = 100
"""Decisions whose payloads are held together, and deliveries: message and statements of a batch may be
of four megabytes."""
_YOUNGEST: Final = "SELECT min(log_index) FROM log_leaf WHERE decided_at >= ?"
_OPEN: Final = (
    "SELECT min(m.log_index) FROM transaction_record t JOIN message m"  # noqa: S608  # words of our own
    " ON m.message_id = t.message_id"
    f" WHERE t.state IN ({OPEN_STATES})"
)
_BEHIND: Final = (
    "SELECT node, acknowledged_sequence, last_sequence FROM mailbox"
    " WHERE acknowledged_sequence < last_sequence"
)
_UNREAD: Final = (
    "SELECT message_id, statement_ids FROM mailbox_entry"
    " WHERE node = ? AND sequence > ? AND sequence <= ? AND enqueued_at < ?"
)
_BETWEEN: Final = "l.log_index >= :since AND l.log_index < :until"
_MESSAGES: Final = (
    "SELECT l.log_index, m.message_id, m.kind, m.payload_hash, m.payload FROM log_leaf l"  # noqa: S608  # as above
    " JOIN message m ON m.message_id = l.message_id AND m.log_index = l.log_index"
    f" WHERE {_BETWEEN} AND length(m.payload) > 0 ORDER BY l.log_index"
)
_STATEMENTS: Final = tuple(
    "SELECT l.log_index, s.statement_id, s.payload_hash, s.payload, s.sequence FROM log_leaf l"  # noqa: S608  # as above
    f" JOIN statement s ON {cause} AND s.log_index = l.log_index"
    " JOIN statement_signature g ON g.statement_id = s.statement_id"
    f" WHERE {_BETWEEN} AND length(s.payload) > 0"
    f" AND EXISTS ({SIGNED_WELL.format(row='g')})"
    for cause in (
        "s.causation_id = l.message_id",
        "l.message_id IS NULL AND s.transaction_id = l.transaction_id",
    )
)
"""Of messages, and of what the broker did by itself; signed well, so that nothing signs them again."""


@dataclass(frozen=True, slots=True)
class Going:
    """A payload that may go; `name` is the id of the message or statement."""

    table: str
    name: str
    kept: Kept


def horizon(connection: Connection, before: int) -> int:
    """The first decision that stays: one that is not older, or on whose transaction more may come.

    Args:
        connection: The database.
        before: Milliseconds since 1970; what was decided then or later stays.
    """
    young = connection.execute(_YOUNGEST, (before,)).fetchone()[0]
    still_open = connection.execute(_OPEN).fetchone()[0]
    ends = (log_head.log_size(connection), young, still_open)
    return min(end for end in ends if end is not None)


def unread(connection: Connection, before: int) -> set[str]:
    """Ids of messages and statements in deliveries from before a moment that nobody acknowledged.

    They are held in memory: about 300 bytes for each delivery.
    """
    found: set[str] = set()
    for node, after, last in connection.execute(_BEHIND).fetchall():
        for begin in range(after, last, PAGE):
            rows = connection.execute(_UNREAD, (node, begin, begin + PAGE, before)).fetchall()
            for message_id, statement_ids in rows:
                found.update(statement_ids.split(","), [message_id] if message_id else [])
            if not rows:
                break
    return found


def going(
    connection: Connection, since: int, until: int, stay: Collection[str], regimes: Regimes
) -> list[Going]:
    """What may go of some decisions, in the order of the log.

    Args:
        connection: The database.
        since: The first decision.
        until: The one behind the last.
        stay: Ids of messages and statements that do not go.
        regimes: By which the network judges.
    """
    between = {"since": since, "until": until}
    found: list[tuple[int, int, Going]] = []
    for place, name, kind, payload_hash, payload in connection.execute(_MESSAGES, between):
        if name not in stay and _may_go(connection, PayloadKind(kind), payload, regimes):
            kept = Kept(payload_hash, place, payload)
            found.append((place, -1, Going("message", name, kept)))
    for query in _STATEMENTS:
        for place, name, payload_hash, payload, sequence in connection.execute(query, between):
            if name not in stay:
                kept = Kept(payload_hash, place, payload)
                found.append((place, sequence, Going("statement", name, kept)))
    return [each for _, _, each in sorted(found, key=lambda each: each[:2])]


def _may_go(connection: Connection, kind: PayloadKind, payload: bytes, regimes: Regimes) -> bool:
    """Whether nothing asks for a message again but who wants to read it."""
    if kind in ANSWERS:
        return True
    if kind not in PROPOSALS:
        return False
    written = decode(kind, payload)
    proposed = (
        written.transactions
        if isinstance(written, proposal_pb2.ProposalBatch)
        else [written.transaction]  # type: ignore[attr-defined]  # it is a proposal
    )
    ids = {each.transaction_id for each in proposed}
    rows = types_of(connection, ids)
    return (
        len(rows) == len(ids)
        and not any(each.HasField("transition") for each in proposed)
        and not any(
            rulebook not in regimes.names or regimes[rulebook].transaction_types[moved].read_again
            for rulebook, moved in rows
        )
    )
