# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What readers ask the database. Plain functions over a connection; but for `acknowledge` nothing writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, literal_column, or_, select

from broker.clearing.decision.rows import KeyRow, NodeRow, SenderRow, StatementRow, TransactionRow
from broker.store import decoding
from broker.store import schema as s
from broker.store.archived import statement_whole, whole
from broker.store.decoding import Row
from broker.store.sql import ACKNOWLEDGE, ALL_KEYS, sql
from itmo.clock import from_ms
from itmo.envelope import Envelope, Signature
from itmo.identifiers import NodeId
from itmo.keys import PublicKey
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import WHOLE, listed
from itmo.runtime.db.statement import some


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


SIGNATURE_BYTES: Final = 64
MAX_OWN_BYTES: Final = 2 * 1024 * 1024
"""Own messages in one answer: half of what a server may send."""
_SIGNED: Final = s.statement.outerjoin(
    s.statement_signature, s.statement_signature.c.statement_id == s.statement.c.statement_id
)
SIGNED: Final = (
    s.message.c.kind,
    s.message.c.payload,
    s.message.c.keyids,
    s.message.c.signatures,
    s.message.c.payload_hash,
    s.message.c.log_index,
)
"""Columns of a message that make its envelope, wherever its payload is."""
_SIGNATURE: Final = (s.statement_signature.c.keyid, s.statement_signature.c.signature)
_NODES: Final = sql(select(s.node))
_KEYS_SINCE: Final = sql(
    select(s.key).where(
        or_(
            s.key.c.registered_index >= bindparam("place"),
            s.key.c.revoked_index >= bindparam("place"),
        )
    )
)
_NODES_SINCE: Final = sql(
    select(s.node)
    .join(s.message, s.message.c.message_id == s.node.c.message_id)
    .where(s.message.c.log_index >= bindparam("place"))
)
_DESIGNATED: Final = sql(
    select(s.designation.c.node).where(s.designation.c.party == bindparam("of_party"))
)
_SENDERS: Final = sql(select(s.sender))
_DELIVERIES: Final = sql(
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
_DIGEST: Final = sql(
    select(s.mailbox_entry.c.digest).where(
        s.mailbox_entry.c.node == bindparam("of_node"),
        s.mailbox_entry.c.sequence == bindparam("at"),
    )
)
_OWN_MESSAGES: Final = sql(
    select(*SIGNED)
    .where(
        s.message.c.sender_node == bindparam("of_node"),
        s.message.c.sender_sequence > bindparam("after"),
    )
    .order_by(s.message.c.sender_sequence)
)
_OWN_LAST: Final = sql(
    select(s.sender.c.next_sequence).where(s.sender.c.node == bindparam("of_node"))
)
_STATEMENTS: Final = sql(
    select(s.statement, *_SIGNATURE)
    .select_from(_SIGNED)
    .where(s.statement.c.statement_id.in_(listed("wanted")))
)
_MAILBOX: Final = sql(select(s.mailbox).where(s.mailbox.c.node == bindparam("of_node")))
_MAILBOX_LIST: Final = sql(select(s.mailbox).order_by(s.mailbox.c.node))
_T: Final = s.transaction
_INVALIDATED: Final[ColumnElement[str]] = literal_column(f"'{State.INVALIDATED}'")
_TRANSACTION: Final = sql(
    select(s.transaction).where(s.transaction.c.transaction_id == bindparam("of_id"))
)
_CATALOGUE: Final = sql(
    select(s.catalogue.c.content).where(s.catalogue.c.digest == bindparam("of_digest"))
)
REGISTRIES_OF_NODE: Final = sql(
    select(s.registry.c.registry).where(s.registry.c.node == bindparam("of_node"))
)
_MOVES: Final = sql(
    select(s.transaction_event.c.log_index).where(
        s.transaction_event.c.transaction_id == bindparam("of_id")
    )
)
_DECISIONS: Final = sql(
    select(s.log_leaf.c.log_index)
    .where(s.log_leaf.c.transaction_id == bindparam("of_id"))
    .order_by(s.log_leaf.c.log_index.desc())
)
_MESSAGES_ABOUT: Final = sql(
    select(
        s.message.c.log_index,
        *SIGNED,
    )
    .where(
        or_(
            s.message.c.message_id == bindparam("proposal"),
            s.message.c.message_id.in_(
                select(s.log_leaf.c.message_id).where(
                    s.log_leaf.c.log_index.in_(listed("wanted", WHOLE))
                )
            ),
        )
    )
    .order_by(s.message.c.log_index)
)
_STATEMENTS_ABOUT: Final = sql(
    select(s.statement, *_SIGNATURE)
    .select_from(_SIGNED)
    .where(
        or_(
            and_(
                s.statement.c.transaction_id == bindparam("of_id"),
                s.statement.c.log_index.in_(listed("wanted", WHOLE)),
            ),
            and_(
                s.statement.c.transaction_id.is_(None),
                s.statement.c.kind == literal_column(f"'{PayloadKind.RECEIPT_BATCH}'"),
                s.statement.c.log_index.in_(listed("wanted", WHOLE)),
            ),
            and_(
                s.statement.c.causation_id == bindparam("proposal"),
                s.statement.c.kind == literal_column(f"'{PayloadKind.VERDICT}'"),
            ),
        )
    )
    .order_by(s.statement.c.sequence)
)
MOST_SAID: Final = 32
"""Decisions on a transaction, the newest, that are shown whether they moved it or not. Each side may say
what has no effect as often as it pays for it, and must not make the evidence too long to be read."""


def keys(connection: Connection) -> list[PublicKey]:
    """Every key, past ones included."""
    return [public_key(decoding.key(row)) for row in connection.execute(ALL_KEYS)]


def public_key(row: KeyRow) -> PublicKey:
    """A registered key as the gate uses it."""
    return PublicKey(
        keyid=row.keyid,
        node=NodeId(row.node),
        purpose=row.purpose,
        raw=row.public_key,
        not_before=from_ms(row.not_before),
        not_after=from_ms(row.not_after),
        revoked_at=from_ms(row.revoked_at) if row.revoked_at is not None else None,
        revoked_index=row.revoked_index,
    )


def nodes(connection: Connection) -> dict[str, NodeRow]:
    """Every admitted node, with the TLS keys that it connects with."""
    return {row[0]: decoding.node(row) for row in connection.execute(_NODES)}


@dataclass(frozen=True, slots=True)
class DirectoryPart:
    """What a process has to know of keys and nodes.

    Attributes:
        place: The next place in the log that was not looked at.
        keys: Keys.
        nodes: Nodes with the TLS keys that they connect with, by name.
    """

    place: int
    keys: list[PublicKey]
    nodes: dict[str, NodeRow]


def directory_since(connection: Connection, place: int | None) -> DirectoryPart:
    """Keys and nodes that were changed from a place in the log on; None: all there are.

    It may hold what was changed a moment after its place, and never lacks what was changed before.
    """
    reached = log_size(connection)
    if place is None:
        return DirectoryPart(reached, keys(connection), nodes(connection))
    since = {"place": place}
    changed = [public_key(decoding.key(row)) for row in connection.execute(_KEYS_SINCE, since)]
    admitted = {row[0]: decoding.node(row) for row in connection.execute(_NODES_SINCE, since)}
    return DirectoryPart(reached, changed, admitted)


def senders(connection: Connection) -> dict[str, SenderRow]:
    """Where every chain stands."""
    return {row[0]: SenderRow(*row) for row in connection.execute(_SENDERS)}


def mailbox(connection: Connection, node: str) -> MailboxStanding:
    """How far a node has read; a node without a mailbox has read all of nothing."""
    row = connection.execute(_MAILBOX, {"of_node": node}).fetchone()
    return MailboxStanding(*row) if row else MailboxStanding(node, 0, 0)


def mailboxes(connection: Connection) -> list[MailboxStanding]:
    """How far every node has read."""
    return [MailboxStanding(*row) for row in connection.execute(_MAILBOX_LIST)]


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
    standing = mailbox(connection, node)
    if cursor == 0:
        return standing
    if not digest:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"cursor_digest is empty: state the digest that came with delivery {cursor}",
            where="cursor_digest",
        )
    row = None
    if cursor <= standing.last_sequence:
        row = connection.execute(_DIGEST, {"of_node": node, "at": cursor}).fetchone()
    if row is None or row[0] != digest:
        what = "holds something else there" if row else f"ends at {standing.last_sequence}"
        raise ProtocolError(
            Reason.RECORD_DIFFERS,
            f"the node has read its mailbox up to {cursor}, the mailbox here {what}: an older copy was"
            " put in place, here or there; see chapter 14 of protocol.md",
            found=cursor,
            last_sequence=standing.last_sequence,
        )
    return standing


def own_messages(
    connection: Connection, node: str, after: int, limit: int
) -> tuple[list[Envelope], int]:
    """A sender's recorded messages after a sequence number, in order, and the number of its last.

    As many as go into an answer, at least one where there is one.
    """
    names = {"of_node": node, "after": after}
    found: list[Envelope] = []
    size = 0
    for row in connection.execute(_OWN_MESSAGES, names):
        if len(found) == limit:
            break
        message = signed(connection, row)
        size += len(message.payload)
        if found and size > MAX_OWN_BYTES:
            break
        found.append(message)
    last = connection.execute(_OWN_LAST, names).fetchone()
    return found, last[0] - 1 if last else 0


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
            connection.execute(ACKNOWLEDGE, {"of_node": node, "up_to": sequence})
    return [_reached(connection, *each) for each in said]


def _reached(connection: Connection, node: str, sequence: int) -> int | ProtocolError:
    standing = mailbox(connection, node)
    if sequence > standing.last_sequence:
        return ProtocolError(
            Reason.CURSOR_INVALID,
            f"delivery {sequence} was acknowledged, the mailbox ends at {standing.last_sequence}",
            found=sequence,
            last_sequence=standing.last_sequence,
        )
    return standing.acknowledged_sequence


def _statements(connection: Connection, wanted: list[str]) -> dict[str, StatementRow]:
    """Statements by their ids, in one question however many; raises as `archived.statement_whole`."""
    found = connection.execute(_STATEMENTS, {"wanted": json.dumps(wanted)}).fetchall()
    rows = map(decoding.statement, found)
    return {row.statement_id: statement_whole(connection, row) for row in rows}


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


def catalogue(connection: Connection, digest: bytes) -> bytes | None:
    """A catalogue that verdicts name by its digest; None where it was never in force here."""
    row = connection.execute(_CATALOGUE, {"of_digest": digest}).fetchone()
    return row[0] if row else None


def transaction(connection: Connection, transaction_id: str) -> TransactionRow | None:
    """One transaction."""
    row = connection.execute(_TRANSACTION, {"of_id": transaction_id}).fetchone()
    return decoding.transaction(row) if row else None


def transactions_named(connection: Connection, names: Iterable[str]) -> list[TransactionRow]:
    """Those of these transactions that there are."""
    found = (transaction(connection, name) for name in names)
    return [row for row in found if row is not None]


def said_about(connection: Connection, row: TransactionRow) -> list[Envelope | StatementRow]:
    """Messages about a transaction, and statements to be signed, in the order recorded.

    Those are what moved it, and of what had no effect the newest (MOST_SAID).
    """
    names = {"of_id": row.transaction_id, "proposal": row.message_id}
    newest = some(connection, _DECISIONS, names, MOST_SAID)
    shown = {each for (each,) in (*connection.execute(_MOVES, names), *newest)}
    names["wanted"] = json.dumps(sorted(shown))
    # Within one decision the message comes before the statements about it.
    said: list[tuple[int, int, Envelope | StatementRow]] = [
        (m[0], -1, signed(connection, m[1:])) for m in connection.execute(_MESSAGES_ABOUT, names)
    ]
    for found in connection.execute(_STATEMENTS_ABOUT, names):
        statement = statement_whole(connection, decoding.statement(found))
        said.append((statement.log_index, statement.sequence, statement))
    return [each for _, _, each in sorted(said, key=lambda one: one[:2])]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionFilter:
    """Which transactions to list; None: any."""

    node: str | None = None
    registry: str | None = None
    state: str | None = None


def transactions(
    connection: Connection, wanted: TransactionFilter, after: str, limit: int
) -> list[TransactionRow]:
    """Transactions after an id, oldest first (ids grow with time).

    A node sees those it proposed, and those it received once they were validated.
    """
    found: dict[str, Row] = {}
    for where, names in _searched(connection, wanted):
        statement = select(_T).where(*where, _T.c.transaction_id > bindparam("after"))
        ordered = sql(statement.order_by(_T.c.transaction_id))
        rows = some(connection, ordered, {**names, "after": after}, limit)
        found.update((row[0], row) for row in rows)
    return [decoding.transaction(found[name]) for name in sorted(found)[:limit]]


_Search = tuple[list[ColumnElement[bool]], dict[str, object]]


def _searched(connection: Connection, wanted: TransactionFilter) -> Iterator[_Search]:
    """Searches that together find what is wanted, each along an index in the order of ids."""
    fits: list[ColumnElement[bool]] = []
    names: dict[str, object] = {}
    if wanted.state is not None:
        fits.append(_T.c.state == bindparam("in_state"))
        names["in_state"] = wanted.state
    if wanted.node is not None:
        names["of_node"] = wanted.node
        fits.append(
            or_(
                _T.c.proposer_node == bindparam("of_node"),
                and_(_T.c.receiver_node == bindparam("of_node"), _T.c.state != _INVALIDATED),
            )
        )
    sides = [wanted.registry] if wanted.registry else []
    if wanted.node is not None and not sides:
        # What a registry's own node neither proposed nor received names it all the same.
        of_node = {"of_node": wanted.node}
        sides = [row[0] for row in connection.execute(REGISTRIES_OF_NODE, of_node)]
        refused = [_T.c.proposer_node == bindparam("of_node"), _T.c.state == _INVALIDATED]
        yield [*fits, *refused], names
    if not sides and wanted.node is None:
        yield fits, names
    for side in sides:
        for column in (_T.c.from_registry, _T.c.to_registry):
            yield [*fits, column == bindparam("side")], {**names, "side": side}


def open_transactions(connection: Connection) -> int:
    """Number of transactions that are not final."""
    row = connection.execute(
        "SELECT count(*) FROM transaction_record WHERE state IN ('VALIDATED', 'ACCEPTED')"
    ).fetchone()
    return int(row[0])


def log_size(connection: Connection) -> int:
    """Number of decisions in the log."""
    row = connection.execute("SELECT coalesce(max(log_index) + 1, 0) FROM log_leaf").fetchone()
    return int(row[0])


def designated(connection: Connection, party: str) -> str | None:
    """The node that a Party has designated for its statements."""
    row = connection.execute(_DESIGNATED, {"of_party": party}).fetchone()
    return row[0] if row else None
