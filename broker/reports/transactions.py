# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions in one line each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, or_, select

from broker.clearing.decision.rows import TransactionRow
from broker.rulebook.general.proposal import TransactionType
from broker.store import decoding
from broker.store import schema as s
from itmo.clock import from_ms
from itmo.lifecycle import Completion, State, TerminationCause
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement, some
from itmo.short_ids import shortened, the_one

_T: Final = s.transaction
_ID_LENGTH: Final = 36
_MOST_LIKE: Final = 100
_LIKE: Final = Statement(
    select(_T.c.transaction_id)
    .where(
        _T.c.transaction_id.like(bindparam("begins")) | _T.c.transaction_id.like(bindparam("ends"))
    )
    .order_by(_T.c.transaction_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionView:
    """A transaction as it stands."""

    transaction_id: str
    type: TransactionType
    state: State
    termination_cause: TerminationCause | None
    from_registry: str
    to_registry: str
    from_account: str
    to_account: str
    proposer_node: str
    receiver_node: str | None
    quantity: int
    completion: Completion
    marks: tuple[str, ...]
    proposed_at: datetime
    deadline: datetime
    updated_at: datetime


def transactions(
    connection: Connection,
    limit: int,
    *,
    registry: str | None = None,
    state: str | None = None,
) -> list[TransactionView]:
    """Transactions, newest first (ids grow with time).

    Args:
        connection: The database.
        limit: At most so many.
        registry: Only those in which it takes part; None: all.
        state: Only those in this state; None: all.
    """
    statement, names = select(_T), dict[str, object]()
    if registry is not None:
        side = bindparam("side", type_=_T.c.from_registry.type)
        statement = statement.where(or_(_T.c.from_registry == side, _T.c.to_registry == side))
        names["side"] = registry
    if state is not None:
        statement = statement.where(_T.c.state == bindparam("in_state"))
        names["in_state"] = state
    rows = some(connection, Statement(statement.order_by(_T.c.transaction_id.desc())), names, limit)
    return [view(decoding.transaction(row)) for row in rows]


def meant(connection: Connection, written: str) -> str:
    """The id of a transaction that is meant by its beginning or its end.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, where that fits several.
    """
    part = shortened(written, _ID_LENGTH)
    if not part:
        return written
    wanted = {"begins": f"{part}%", "ends": f"%{part}"}
    rows = some(connection, _LIKE, wanted, _MOST_LIKE)
    return the_one(written, [row[0] for row in rows])


def view(row: TransactionRow) -> TransactionView:
    """A stored transaction as people see it."""
    shown: dict[str, Any] = {each.name: getattr(row, each.name) for each in fields(TransactionView)}
    times = {name: from_ms(shown[name]) for name in ("proposed_at", "deadline", "updated_at")}
    return TransactionView(**{**shown, **times})
