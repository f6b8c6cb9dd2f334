# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How the books of registries stand to the record, and the cases of what differs, with their trails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, literal_column, or_, select

from broker.clearing.reconciliation.comparing import DifferenceKind
from broker.clearing.reconciliation.reconciliation_rows import (
    CaseEvent,
    CaseRight,
    Outcome,
    Owner,
    ReconciliationRow,
    Stage,
)
from broker.clearing.transactions.postings import from_text
from broker.rulebook.general.sharing import SharingLevel
from broker.store import reconciliation_schema as r
from broker.store import schema as s
from broker.store import sharing_schema as shared
from broker.store.decoding import Row
from itmo.clock import from_ms
from itmo.core.v1 import reconciliation_pb2
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.rows import Read
from itmo.runtime.db.statement import Statement, some
from itmo.serials import SerialRange
from itmo.short_ids import the_one

_MOST_LOOKED_AT: Final = 20_000
"""Transactions of a registry in which units are searched, newest first: a second of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksView:
    """How the books of a registry stand.

    Attributes:
        stage: What it has to state next; None: nothing is under way.
        outcome: Of the last reconciliation that ended; None: none did.
        compared_at: When that was.
        snapshot_index: The place in the log as of which it ended.
        open_cases: Cases that nobody has resolved.
        held: Ranges that are held by them.
    """

    registry: str
    stage: Stage | None
    outcome: Outcome | None
    compared_at: datetime | None
    snapshot_index: int | None
    open_cases: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case in one line; `found_right` is None while it is open."""

    case_id: str
    registry: str
    opened_at: datetime
    owner: Owner
    ranges: int
    found_right: CaseRight | None
    reason: str
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldView:
    """Units of a case, and in what books and record differ on them."""

    registry: str
    first: int
    last: int
    kind: DifferenceKind
    recorded_account: str
    stated_account: str
    recorded_class: str
    stated_class: str
    lifted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """A step of a case."""

    log_index: int
    at: datetime
    event: CaseEvent
    message_id: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailView:
    """A transaction that touched units of a case, by the record, by the registry's node, or by both."""

    transaction_id: str
    completed_at: datetime | None
    recorded: bool
    stated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case with everything that is known of it.

    Attributes:
        trail: Newest first; None where the node has not stated its own yet.
    """

    view: CaseView
    held: tuple[HeldView, ...]
    events: tuple[EventView, ...]
    trail: tuple[TrailView, ...]


_R, _C, _Q, _E, _T = (
    r.reconciliation,
    r.reconciliation_case,
    r.quarantine,
    r.case_event,
    s.transaction,
)
_REGISTRIES: Final = Statement(
    select(s.registry.c.registry, shared.sharing.c.level)
    .select_from(
        s.registry.outerjoin(shared.sharing, shared.sharing.c.registry == s.registry.c.registry)
    )
    .order_by(s.registry.c.registry)
)
_ENDED: Final = Statement(
    select(_R).where(_R.c.registry == bindparam("of_registry")).order_by(_R.c.begun_at.desc())
)
_CASES: Final = Statement(
    select(
        *(_C.c[each.name] for each in fields(CaseView) if each.name != "ranges"),
        func.count(_Q.c.first).label("ranges"),
    )
    .select_from(_C.outerjoin(_Q, _Q.c.case_id == _C.c.case_id))
    .group_by(_C.c.case_id)
    .order_by(_C.c.opened_at, _C.c.case_id)
)
_HELD: Final = Statement(
    select(_Q).where(_Q.c.case_id == bindparam("case")).order_by(_Q.c.registry, _Q.c.first)
)
_EVENTS: Final = Statement(
    select(_E).where(_E.c.case_id == bindparam("case")).order_by(_E.c.log_index)
)
_STATED: Final = Statement(
    select(s.message.c.payload)
    .select_from(_E.join(s.message, s.message.c.message_id == _E.c.message_id))
    .where(
        _E.c.case_id == bindparam("case"),
        _E.c.event == literal_column(f"'{CaseEvent.TRAIL}'"),
    )
)
_COMPLETED: Final = Statement(
    select(_T.c.transaction_id, _T.c.updated_at, _T.c.postings)
    .where(
        or_(
            _T.c.from_registry == bindparam("of_registry"),
            _T.c.to_registry == bindparam("of_registry"),
        ),
        _T.c.state == literal_column(f"'{State.COMPLETED}'"),
    )
    .order_by(_T.c.updated_at.desc(), _T.c.transaction_id)
)
_row: Final = Read(ReconciliationRow, _R.c.keys())
_case: Final = Read(
    CaseView,
    [*(each.name for each in fields(CaseView) if each.name != "ranges"), "ranges"],
    opened_at=from_ms,
    resolved_at=from_ms,
)
_held: Final = Read(HeldView, _Q.c.keys(), lifted=bool)
_event: Final = Read(EventView, _E.c.keys(), at=from_ms)


def books(connection: Connection) -> list[BooksView]:
    """How the books of each registry stand that takes part in full."""
    open_cases = [each for each in cases(connection) if each.found_right is None]
    return [
        _books(connection, name, [each for each in open_cases if each.registry == name])
        for name, level in connection.execute(_REGISTRIES)
        if level in (None, SharingLevel.TRANSACT.value)
    ]


def _books(connection: Connection, name: str, known: list[CaseView]) -> BooksView:
    last: ReconciliationRow | None = None
    stage: Stage | None = None
    for stored in connection.execute(_ENDED, {"of_registry": name}):
        row = _row(stored)
        stage = stage or row.stage
        if row.outcome is not None:
            last = row
            break
    return BooksView(
        registry=name,
        stage=stage,
        outcome=last.outcome if last else None,
        compared_at=from_ms(last.snapshot_at) if last else None,
        snapshot_index=last.snapshot_index if last else None,
        open_cases=len(known),
        held=sum(each.ranges for each in known),
    )


def cases(connection: Connection) -> list[CaseView]:
    """Every case, oldest first."""
    return [_case(row) for row in connection.execute(_CASES)]


def case(connection: Connection, case_id: str) -> Case:
    """A case with everything that is known of it.

    Args:
        connection: Where to read.
        case_id: Its id, or how it begins or ends where only one does.

    Raises:
        ProtocolError: NOT_FOUND; several begin or end so.
    """
    known = {each.case_id: each for each in cases(connection)}
    name = case_id if case_id in known else the_one(case_id, _like(known, case_id))
    if name not in known:
        raise ProtocolError(Reason.NOT_FOUND, f"there is no case {case_id[:36]!a}", where="case_id")
    held = tuple(_held(row) for row in connection.execute(_HELD, {"case": name}))
    return Case(
        view=known[name],
        held=held,
        events=tuple(_event(row) for row in connection.execute(_EVENTS, {"case": name})),
        trail=tuple(_trail(connection, known[name], held)),
    )


def _like(known: Iterable[str], part: str) -> list[str]:
    return [each for each in known if part and (each.startswith(part) or each.endswith(part))]


def _trail(
    connection: Connection, view: CaseView, held: tuple[HeldView, ...]
) -> Iterator[TrailView]:
    """What touched the units by the record, and by what the node has stated."""
    stated: dict[str, None] = {}
    for (payload,) in connection.execute(_STATED, {"case": view.case_id}):
        written = reconciliation_pb2.ReconciliationStatement.FromString(payload)
        stated.update((each.transaction_id, None) for each in written.trail)
    found = some(connection, _COMPLETED, {"of_registry": view.registry}, _MOST_LOOKED_AT)
    recorded = {row[0]: row for row in found if _touches(row, held)}
    for name, row in recorded.items():
        yield TrailView(
            transaction_id=name, completed_at=from_ms(row[1]), recorded=True, stated=name in stated
        )
    for name in stated:
        if name not in recorded:
            yield TrailView(transaction_id=name, completed_at=None, recorded=False, stated=True)


def _touches(row: Row, held: tuple[HeldView, ...]) -> bool:
    postings = from_text(row[2])
    units = [each.units for part in postings.parts for each in part.issues]
    units += [each.units for each in postings.moves]
    units += [each.units for each in postings.restates]
    return any(
        each.registry == moved.registry and moved.range.overlaps(SerialRange(each.first, each.last))
        for moved in units
        for each in held
    )
