# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Mailboxes: what waits in them for nodes, how far each has read, and that it has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from broker.clearing.decision.rows import StatementRow
from broker.store import decoding
from broker.store import schema as s
from broker.store.archived import statement_whole
from broker.store.messages import SAID, SIGNED, signed
from itmo.envelope import Envelope
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import listed
from itmo.runtime.db.statement import Statement

_DELIVERIES: Final = Statement(
    select(
        s.mailbox_entry.c.sequence,
        s.mailbox_entry.c.transaction_id,
        s.mailbox_entry.c.statement_ids,
        s.mailbox_entry.c.enqueued_at,
        s.mailbox_entry.c.digest,
        *SIGNED,
    )
    .outerjoin(s.message, s.message.c.message_id == s.mailbox_entry.c.message_id)
    .where(
        s.mailbox_entry.c.node == bindparam("of_node"),
        s.mailbox_entry.c.sequence > bindparam("after"),
        s.mailbox_entry.c.sequence <= bindparam("until"),
    )
    .order_by(s.mailbox_entry.c.sequence)
)
_DIGEST: Final = Statement(
    select(s.mailbox_entry.c.digest).where(
        s.mailbox_entry.c.node == bindparam("of_node"),
        s.mailbox_entry.c.sequence == bindparam("at"),
    )
)
_STATEMENTS: Final = Statement(SAID.where(s.statement.c.statement_id.in_(listed("wanted"))))
_STANDING: Final = Statement(select(s.mailbox).where(s.mailbox.c.node == bindparam("of_node")))
_STANDINGS: Final = Statement(select(s.mailbox).order_by(s.mailbox.c.node))

_ACKNOWLEDGE: Final = Statement(
    s.mailbox.update()
    .where(
        s.mailbox.c.node == bindparam("of_node"),
        s.mailbox.c.acknowledged_sequence < bindparam("up_to"),
        s.mailbox.c.last_sequence >= bindparam("up_to"),
    )
    .values(acknowledged_sequence=bindparam("up_to"))
)


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """A delivery as stored: the message's envelope, if any, and the statements to sign."""

    sequence: int
    transaction_id: str
    message: Envelope | None
    statements: tuple[StatementRow, ...]
    enqueued_at: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class MailboxStanding:
    """How far a node has read."""

    node: str
    last_sequence: int
    acknowledged_sequence: int


def standing(connection: Connection, node: str) -> MailboxStanding:
    """How far a node has read; a node without a mailbox has read all of nothing."""
    row = connection.execute(_STANDING, {"of_node": node}).fetchone()
    return MailboxStanding(*row) if row else MailboxStanding(node, 0, 0)


def standings(connection: Connection) -> list[MailboxStanding]:
    """How far every node has read."""
    return [MailboxStanding(*row) for row in connection.execute(_STANDINGS)]


def deliveries(connection: Connection, node: str, after: int, limit: int) -> list[MailboxRow]:
    """Deliveries of a node after a sequence number, in order. The sequence has no gaps."""
    rows = connection.execute(
        _DELIVERIES, {"of_node": node, "after": after, "until": after + limit}
    ).fetchall()
    said_by = _statements(connection, [each for row in rows for each in row[2].split(",")])
    return [
        MailboxRow(
            sequence=sequence,
            transaction_id=transaction_id or "",
            message=signed(connection, (kind, *said)) if kind is not None else None,
            statements=tuple(said_by[each] for each in statement_ids.split(",")),
            enqueued_at=enqueued_at,
            digest=digest,
        )
        for sequence, transaction_id, statement_ids, enqueued_at, digest, kind, *said in rows
    ]


def check_cursor(connection: Connection, node: str, cursor: int, digest: bytes) -> MailboxStanding:
    """Looks whether a node has read what is in its mailbox, and returns how far it is known to be.

    Raises:
        ProtocolError: PAYLOAD_INVALID, when no digest is stated; RECORD_DIFFERS, when the mailbox
            ends before the cursor, or holds something else up to there.
    """
    read = standing(connection, node)
    if cursor == 0:
        return read
    if not digest:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"cursor_digest is empty: state the digest that came with delivery {cursor}",
            where="cursor_digest",
        )
    row = None
    if cursor <= read.last_sequence:
        row = connection.execute(_DIGEST, {"of_node": node, "at": cursor}).fetchone()
    if row is None or row[0] != digest:
        what = "holds something else there" if row else f"ends at {read.last_sequence}"
        raise ProtocolError(
            Reason.RECORD_DIFFERS,
            f"the node has read its mailbox up to {cursor}, the mailbox here {what}: an older copy was"
            " put in place, here or there; see chapter 14 of protocol.md",
            found=cursor,
            last_sequence=read.last_sequence,
        )
    return read


def acknowledge(
    connection: Connection, said: Sequence[tuple[str, int]]
) -> list[int | ProtocolError]:
    """Notes in one commit how far nodes have read.

    Returns:
        Of each the highest sequence number acknowledged; or CURSOR_INVALID, where the mailbox does
        not reach as far as was said.
    """
    with connection:
        if not connection.in_transaction:  # SQLite commits each statement by itself otherwise
            connection.execute("BEGIN IMMEDIATE")
        for node, sequence in said:
            connection.execute(_ACKNOWLEDGE, {"of_node": node, "up_to": sequence})
    return [_reached(connection, *each) for each in said]


def _reached(connection: Connection, node: str, sequence: int) -> int | ProtocolError:
    read = standing(connection, node)
    if sequence > read.last_sequence:
        return ProtocolError(
            Reason.CURSOR_INVALID,
            f"delivery {sequence} was acknowledged, the mailbox ends at {read.last_sequence}",
            found=sequence,
            last_sequence=read.last_sequence,
        )
    return read.acknowledged_sequence


def _statements(connection: Connection, wanted: list[str]) -> dict[str, StatementRow]:
    """Statements by their ids, in one question however many; raises as `archived.statement_whole`."""
    found = connection.execute(_STATEMENTS, {"wanted": json.dumps(wanted)}).fetchall()
    rows = map(decoding.statement, found)
    return {row.statement_id: statement_whole(connection, row) for row in rows}
