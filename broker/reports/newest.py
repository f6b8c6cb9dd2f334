# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a start looks at where the record is long: its newest part, and where everything stands.

The whole is audited by `broker verify`. What a crash or a lost write could have broken is at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from sqlalchemy import bindparam, func, literal_column, or_, select

from broker.clearing.transactions.postings import from_text, locked_by
from broker.log.merkle import NO_MESSAGE, leaf_data, leaf_hash
from broker.regime.postings import Units
from broker.store import schema as s
from broker.store.archived import archives, unchanged
from itmo.lifecycle import HOLDS_LOCK
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement, some

MOST_WHOLE: Final = 20_000
"""Decisions and transactions up to which a record is audited whole at each start: a few seconds. Of a longer
one so many of the newest are looked at: a second. A decision on a batch is one of a thousand transactions."""
_MOST_OPEN: Final = 1_000
"""Open transactions whose locks are looked at."""
_S, _M, _L, _T, _U = s.statement, s.message, s.log_leaf, s.transaction, s.unit_block
_STATEMENTS: Final = Statement(
    select(_S.c.log_index, _S.c.sequence, _S.c.payload, _S.c.payload_hash).order_by(
        _S.c.sequence.desc()
    )
)
_LEAVES: Final = Statement(
    select(_L.c.log_index, _L.c.leaf_hash, _L.c.message_id, _M.c.payload, _M.c.payload_hash)
    .outerjoin(_M, _M.c.message_id == _L.c.message_id)
    .where(_L.c.log_index >= bindparam("since"))
    .order_by(_L.c.log_index)
)
_SENDERS: Final = Statement(
    select(
        s.sender.c.node,
        s.sender.c.next_sequence,
        s.sender.c.previous_payload_hash,
        func.coalesce(_M.c.payload_hash, _S.c.payload_hash),
    )
    .select_from(s.sender)
    .outerjoin(
        _M,
        (_M.c.sender_node == s.sender.c.node)
        & (_M.c.sender_sequence == s.sender.c.next_sequence - literal_column("1")),
    )
    .outerjoin(
        _S,
        (s.sender.c.node == select(s.network.c.broker_node).scalar_subquery())
        & (_S.c.sequence == s.sender.c.next_sequence - literal_column("1")),
    )
)
_ENTRY: Final = s.mailbox_entry
_MAILBOXES: Final = Statement(
    select(
        s.mailbox.c.node,
        s.mailbox.c.last_sequence,
        select(func.max(_ENTRY.c.sequence))
        .where(_ENTRY.c.node == s.mailbox.c.node)
        .scalar_subquery(),
    )
)
_TRANSACTIONS: Final = Statement(select(func.count()).select_from(_T))
_OPEN: Final = Statement(
    select(_T.c.transaction_id, _T.c.postings)
    .where(or_(*(_T.c.state == literal_column(f"'{each}'") for each in sorted(HOLDS_LOCK))))
    .order_by(_T.c.state, _T.c.deadline)
)
_B: Final = _U.alias("b")
_LOCKED: Final = Statement(
    select(_U.c.first, _U.c.last)
    .where(
        _U.c.registry == bindparam("of_registry"),
        _U.c.first <= bindparam("upto"),
        _U.c.last >= bindparam("since"),
        _U.c.first
        >= func.coalesce(
            select(func.max(_B.c.first))
            .where(
                _B.c.registry == bindparam("of_registry"),
                _B.c.first <= bindparam("since"),
            )
            .scalar_subquery(),
            bindparam("since"),
        ),
        _U.c.locked_by == bindparam("of_id"),
    )
    .order_by(_U.c.first)
)


def newest_since(connection: Connection, decisions: int) -> int | None:
    """From which place in the log on a start looks at the record; None: at the whole of it.

    Args:
        connection: The database.
        decisions: In the log.
    """
    transactions: int = connection.execute(_TRANSACTIONS).fetchall()[0][0]
    work = max(decisions, transactions)
    if work <= MOST_WHOLE:
        return None
    return decisions - max(1, MOST_WHOLE * decisions // work)


def newest_faults(connection: Connection, since: int) -> Iterator[str]:
    """Sentences about what does not hold in the decisions from a place in the log on, and at the ends.

    Looked at are those decisions, with their messages and statements; where each chain and each
    mailbox stands; and the locks of transactions that are open.
    """
    yield from _record(connection, since)
    for node, next_sequence, previous, last in connection.execute(_SENDERS):
        if next_sequence > 1 and last != previous:
            yield f"the chain of {node} does not stand at its last message, {next_sequence - 1}"
    for node, last, entry in connection.execute(_MAILBOXES):
        if (entry or 0) != last:
            yield f"the mailbox of {node} ends at {last}; its last entry is {entry or 0}"
    for name, written in some(connection, _OPEN, {}, _MOST_OPEN):
        for units in locked_by(from_text(written)):
            if not _locked(connection, name, units):
                yield f"transaction {name} is open, but {units.registry}:{units.range} is not locked for it"


def _record(connection: Connection, since: int) -> Iterator[str]:
    files = archives(connection)
    hashes: dict[int, list[bytes]] = {}
    every = in_portions(connection, _STATEMENTS)
    statements = takewhile(lambda row: row[0] >= since, every)
    for place, sequence, payload, payload_hash in statements:
        if not unchanged(files, place, payload, payload_hash):
            yield f"statement {sequence} of the broker is not what was decided: another hash"
        hashes.setdefault(place, []).insert(0, payload_hash)
    expected = since
    for place, leaf, message_id, payload, payload_hash in in_portions(
        connection, _LEAVES, {"since": since}
    ):
        if place != expected:
            yield f"the log has no decision {expected}; the next one is {place}"
        expected = place + 1
        said = (payload or b"", payload_hash)
        if message_id is not None and not unchanged(files, place, *said):
            yield f"message {message_id} is not what was signed: its hash is another one"
        of_message = NO_MESSAGE if message_id is None else (payload_hash or b"")
        if leaf != leaf_hash(leaf_data(of_message, hashes.pop(place, []))):
            yield f"the leaf of decision {place} is not the hash of its message and statements"
    for place in sorted(hashes):
        yield f"statements name decision {place}, which is not in the log"


def _locked(connection: Connection, name: str, units: Units) -> bool:
    """Whether every unit of a range is locked for a transaction."""
    run = units.range
    names = {
        "of_id": name, "of_registry": units.registry, "since": run.first, "upto": run.last,
    }  # fmt: skip
    covered = run.first
    for first, last in connection.execute(_LOCKED, names):
        if first > covered:
            return False
        covered = max(covered, last + 1)
    return covered > run.last
