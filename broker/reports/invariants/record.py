# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of the record: log, messages, statements, chains, mailboxes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlalchemy import bindparam, func, literal_column, select

from broker.log.merkle import NO_MESSAGE, leaf_data, leaf_hash
from broker.store import clock_schema
from broker.store import schema as s
from broker.store.archived import archives, unchanged
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement

_M: Final = s.message
_S: Final = s.statement
_L: Final = s.log_leaf
_X: Final = s.mailbox_entry
_LEAVES: Final = Statement(
    select(
        _L.c.log_index,
        _L.c.leaf_hash,
        _L.c.message_id,
        _L.c.decided_at,
        _M.c.payload_hash,
        _M.c.log_index.label("recorded_at"),
    )
    .outerjoin(_M, _M.c.message_id == _L.c.message_id)
    .order_by(_L.c.log_index)
)
_STATEMENTS: Final = Statement(
    select(_S.c.sequence, _S.c.log_index, _S.c.payload, _S.c.payload_hash).order_by(_S.c.sequence)
)
_HASHES: Final = Statement(
    select(_S.c.log_index, _S.c.payload_hash).order_by(_S.c.log_index, _S.c.sequence)
)
_BEYOND: Final = 2**63
"""Behind every decision."""
_MESSAGES: Final = Statement(
    select(
        _M.c.message_id, _M.c.log_index, _M.c.payload, _M.c.payload_hash, _L.c.message_id
    ).outerjoin(_L, _L.c.log_index == _M.c.log_index)
)
_CHAINS: Final = Statement(
    select(
        _M.c.sender_node,
        func.count(),
        func.min(_M.c.sender_sequence),
        func.max(_M.c.sender_sequence),
    ).group_by(_M.c.sender_node)
)
_LAST_SAID: Final = Statement(
    select(_M.c.sender_node, _M.c.sender_sequence, _M.c.payload_hash)
    .join(s.sender, s.sender.c.node == _M.c.sender_node)
    .where(_M.c.sender_sequence == s.sender.c.next_sequence - literal_column("1"))
)
_SENDERS: Final = Statement(select(s.sender))
_BROKER: Final = Statement(select(s.network.c.broker_node))
_MAILBOXES: Final = Statement(select(s.mailbox))
_DELIVERIES: Final = Statement(
    select(_X.c.node, func.count(), func.min(_X.c.sequence), func.max(_X.c.sequence)).group_by(
        _X.c.node
    )
)
_CONTENT: Final = Statement(
    select(_X.c.node, _X.c.sequence, _X.c.statement_ids, _X.c.message_id, _M.c.message_id)
    .outerjoin(_M, _M.c.message_id == _X.c.message_id)
    .order_by(_X.c.node, _X.c.sequence)
)
_ACCEPTED: Final = Statement(
    select(clock_schema.clock_acceptance.c.accepted_at).where(
        clock_schema.clock_acceptance.c.log_index == bindparam("log_index")
    )
)
_STATEMENT_ID: Final = Statement(
    select(_S.c.sequence).where(_S.c.statement_id == bindparam("of_id"))
)


def _accepted(connection: Connection, index: int, decided_at: int) -> bool:
    """Whether the operator took such a time for right after the decision before this one."""
    times = connection.execute(_ACCEPTED, {"log_index": index}).fetchall()
    return any(accepted_at <= decided_at for (accepted_at,) in times)


def log_is_whole(connection: Connection) -> Iterator[str]:
    """The log has no gap, and each leaf is the hash of its message and of its statements."""
    statements = groupby(in_portions(connection, _HASHES), key=itemgetter(0))
    behind: tuple[int, list[bytes]] | None = None
    expected, decided = 0, 0
    for index, leaf, message_id, decided_at, message_hash, recorded_at in in_portions(
        connection, _LEAVES
    ):
        if index != expected:
            yield f"the log has no decision {expected}; the next one is {index}"
        if decided_at < decided and not _accepted(connection, index, decided_at):
            yield f"decision {index} was made before the one in front of it"
        expected, decided = index + 1, decided_at
        if message_id is not None and recorded_at != index:
            yield f"decision {index} is about message {message_id}, which is not recorded there"
        of_message = NO_MESSAGE if message_id is None else (message_hash or b"")
        while behind is None or behind[0] < index:
            if behind is not None:
                yield f"statements name decision {behind[0]}, which is not in the log"
            place, rows = next(statements, (_BEYOND, ()))
            behind = place, [payload_hash for _, payload_hash in rows]
        said = behind[1] if behind[0] == index else []
        if behind[0] == index:
            behind = None
        if leaf != leaf_hash(leaf_data(of_message, said)):
            yield f"the leaf of decision {index} is not the hash of its message and statements"
    left = [behind[0]] if behind is not None and behind[0] < _BEYOND else []
    for index in (*left, *(place for place, _ in statements)):
        yield f"statements name decision {index}, which is not in the log"


def payloads_have_their_hashes(connection: Connection) -> Iterator[str]:
    """Every stored payload still has the hash under which it was decided on."""
    files = archives(connection)
    for message_id, *said, leaf_names in in_portions(connection, _MESSAGES):
        if not unchanged(files, *said):
            yield f"message {message_id} is not what was signed: its hash is another one"
        if leaf_names != message_id:
            yield f"message {message_id} has no decision in the log"
    for expected, (sequence, *said) in enumerate(in_portions(connection, _STATEMENTS), start=1):
        if sequence != expected:
            yield f"the broker's statements have a gap or a double before {sequence}"
            return
        if not unchanged(files, *said):
            yield f"statement {sequence} of the broker is not what was decided: another hash"


def chains_are_gapless(connection: Connection) -> Iterator[str]:
    """Each sender's messages are numbered without gap, and its chain stands at the last one."""
    senders = {row[0]: (row[1], row[2]) for row in connection.execute(_SENDERS)}
    last = {row[0]: row[2] for row in connection.execute(_LAST_SAID)}
    for node, count, low, high in connection.execute(_CHAINS):
        next_sequence, previous = senders.pop(node, (0, b""))
        if low != 1 or high != count:
            yield f"{node} sent {count} messages, numbered {low} to {high}"
        if next_sequence != high + 1 or last.get(node) != previous:
            yield f"the chain of {node} does not stand at its last message, {high}"
    broker = connection.execute(_BROKER).fetchone()
    said = None
    for said in in_portions(connection, _STATEMENTS):  # noqa: B007  # only the last one counts
        pass
    if broker is not None and said is not None:
        stands = senders.pop(broker[0], (0, b""))
        if stands != (said[0] + 1, said[3]):
            yield f"the broker's own chain does not stand at its last statement, {said[0]}"
    for node in senders:
        yield f"{node} has a chain, but no message of it is recorded"


def mailboxes_are_gapless(connection: Connection) -> Iterator[str]:
    """Deliveries are numbered from 1 without gap, and all that they deliver is there."""
    boxes = {row[0]: (row[1], row[2]) for row in connection.execute(_MAILBOXES)}
    for node, count, low, high in connection.execute(_DELIVERIES):
        last, acknowledged = boxes.pop(node, (0, 0))
        if low != 1 or high != count or last != count:
            yield f"the mailbox of {node} ends at {last}; its {count} entries run {low} to {high}"
        if acknowledged > high:
            yield f"{node} has acknowledged {acknowledged} of {high} deliveries"
    for node, (last, _) in boxes.items():
        if last != 0:
            yield f"the mailbox of {node} ends at {last} and is empty"
    for node, sequence, listed, message_id, recorded in in_portions(connection, _CONTENT):
        if message_id != recorded:
            yield f"delivery {sequence} of {node} delivers a message that is not recorded"
        if any(
            connection.execute(_STATEMENT_ID, {"of_id": each}).fetchone() is None
            for each in listed.split(",")
        ):
            yield f"delivery {sequence} of {node} delivers a statement that is not recorded"
