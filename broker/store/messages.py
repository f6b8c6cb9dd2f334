# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was signed, as it is read again: messages of nodes in the order of their chains, and statements."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from sqlalchemy import bindparam, select

from broker.clearing.decision.rows import SenderRow
from broker.store import schema as s
from broker.store.archived import whole
from broker.store.decoding import Row
from itmo.envelope import Envelope, Signature
from itmo.payloads import PayloadKind
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement, some

SIGNATURE_BYTES: Final = 64
_AT_ONCE: Final = 16
MAX_OWN_BYTES: Final = 2 * 1024 * 1024
"""Own messages in one answer: half of what a server may send."""
SIGNED: Final = (
    s.message.c.kind,
    s.message.c.payload,
    s.message.c.keyids,
    s.message.c.signatures,
    s.message.c.payload_hash,
    s.message.c.log_index,
)
"""Columns of a message that make its envelope, wherever its payload is."""
SAID: Final = select(
    s.statement, s.statement_signature.c.keyid, s.statement_signature.c.signature
).select_from(
    s.statement.outerjoin(
        s.statement_signature, s.statement_signature.c.statement_id == s.statement.c.statement_id
    )
)
"""Statements with their signatures, where they have them: rows that `decoding.statement` takes."""
_SENDERS: Final = Statement(select(s.sender))
_OWN_MESSAGES: Final = Statement(
    select(*SIGNED)
    .where(
        s.message.c.sender_node == bindparam("of_node"),
        s.message.c.sender_sequence > bindparam("after"),
    )
    .order_by(s.message.c.sender_sequence)
)
_OWN_LAST: Final = Statement(
    select(s.sender.c.next_sequence).where(s.sender.c.node == bindparam("of_node"))
)


def signed(connection: Connection, row: Row) -> Envelope:
    """A message as it was signed, from the columns SIGNED; raises as `archived.whole`."""
    kind, payload, keyids, signatures, payload_hash, log_index = row
    return envelope(kind, whole(connection, payload, payload_hash, log_index), keyids, signatures)


def envelope(kind: str, payload: bytes, keyids: str, signatures: bytes) -> Envelope:
    """A message as it was signed, from its stored columns."""
    each = (
        signatures[at : at + SIGNATURE_BYTES] for at in range(0, len(signatures), SIGNATURE_BYTES)
    )
    return Envelope(
        payload,
        PayloadKind(kind).label,
        tuple(Signature(keyid, sig) for keyid, sig in zip(keyids.split(","), each, strict=True)),
    )


def senders(connection: Connection) -> dict[str, SenderRow]:
    """Where every chain stands."""
    return {row[0]: SenderRow(*row) for row in connection.execute(_SENDERS)}


def own_messages(
    connection: Connection, node: str, after: int, limit: int
) -> tuple[list[Envelope], int]:
    """A sender's recorded messages after a sequence number, in order, and the number of its last.

    As many as go into an answer, at least one where there is one.
    """
    found: list[Envelope] = []
    size = 0
    for row in islice(_own(connection, node, after), limit):
        message = signed(connection, row)
        size += len(message.payload)
        if found and size > MAX_OWN_BYTES:
            break
        found.append(message)
    last = connection.execute(_OWN_LAST, {"of_node": node}).fetchone()
    return found, last[0] - 1 if last else 0


def _own(connection: Connection, node: str, after: int) -> Iterator[Row]:
    """Some at a time: they may be of a megabyte each. No chain has a gap."""
    while rows := some(connection, _OWN_MESSAGES, {"of_node": node, "after": after}, _AT_ONCE):
        yield from rows
        after += len(rows)
