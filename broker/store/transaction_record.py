# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions as they stand, lists of them, and what was said about each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    union_all,
)

from broker.clearing.decision.rows import StatementRow, TransactionRow
from broker.store import decoding
from broker.store import schema as s
from broker.store.archived import statement_whole
from broker.store.decoding import Row
from broker.store.messages import SAID, SIGNED, signed
from broker.store.nodes import REGISTRIES_OF_NODE
from itmo.envelope import Envelope
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import WHOLE, listed
from itmo.runtime.db.statement import Statement, some

_T: Final = s.transaction
_INVALIDATED: Final[ColumnElement[str]] = literal_column(f"'{State.INVALIDATED}'")
_TRANSACTION: Final = Statement(
    select(s.transaction).where(s.transaction.c.transaction_id == bindparam("of_id"))
)
_MOVES: Final = Statement(
    select(s.transaction_event.c.log_index).where(
        s.transaction_event.c.transaction_id == bindparam("of_id")
    )
)
_DECISIONS: Final = Statement(
    select(s.log_leaf.c.log_index)
    .where(s.log_leaf.c.transaction_id == bindparam("of_id"))
    .order_by(s.log_leaf.c.log_index.desc())
)
_MESSAGES_ABOUT: Final = Statement(
    select(
        s.message.c.log_index,
        *SIGNED,
    )
    .where(
        s.message.c.message_id.in_(
            union_all(
                select(bindparam("proposal", type_=Text)),
                select(s.log_leaf.c.message_id).where(
                    s.log_leaf.c.log_index.in_(listed("wanted", WHOLE))
                ),
            )
        )
    )
    .order_by(s.message.c.log_index)
)
"""By one list of ids: for one id or some others a server reads all messages through."""
SAID_ALONE: Final = s.statement.alias("alone")


def statements_about(at: Select[Any], *besides: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Ids of what was stated about a transaction: receipts, by itself and of its batch, and the verdict.

    They are one list, in place of one condition or another: for that a server reads all statements through.

    Args:
        at: Where in the log.
        besides: What is true of receipts about it alone; columns of `SAID_ALONE`.
    """
    alone, batch, verdict = SAID_ALONE, s.statement.alias("of_batch"), s.statement.alias("verdict")
    return union_all(
        select(alone.c.statement_id).where(alone.c.transaction_id == bindparam("of_id"), *besides),
        select(batch.c.statement_id).where(
            batch.c.transaction_id.is_(None),
            batch.c.kind == literal_column(f"'{PayloadKind.RECEIPT_BATCH}'"),
            batch.c.log_index.in_(at),
        ),
        select(verdict.c.statement_id).where(
            verdict.c.causation_id == bindparam("proposal"),
            verdict.c.kind == literal_column(f"'{PayloadKind.VERDICT}'"),
        ),
    )


_WANTED: Final = listed("wanted", WHOLE)
_STATEMENTS_ABOUT: Final = Statement(
    SAID.where(
        s.statement.c.statement_id.in_(
            statements_about(_WANTED, SAID_ALONE.c.log_index.in_(_WANTED))
        )
    ).order_by(s.statement.c.sequence)
)
MOST_SAID: Final = 32
"""Decisions on a transaction, the newest, that are shown whether they moved it or not. Each side may say
what has no effect as often as it pays for it, and must not make the evidence too long to be read."""


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
        ordered = Statement(statement.order_by(_T.c.transaction_id))
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
