# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Loads and writes reconciliations and their cases, as part of a group of decisions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import and_, bindparam, literal_column, or_, select, tuple_

from broker.clearing.reconciliation.reconciliation_rows import (
    CaseRow,
    QuarantineRow,
    ReconciliationBooks,
    ReconciliationEffects,
    ReconciliationRow,
)
from broker.store import reconciliation_schema as r
from broker.store.crossing import units_of_registry, wanted_rows
from broker.store.decoding import Row
from broker.store.schema import unit_block
from itmo import limits
from itmo.books import Place, Portion, portion_of
from itmo.core.v1 import reconciliation_pb2
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import keys_of
from itmo.runtime.db.rows import Read, add, put
from itmo.runtime.db.statement import Statement, some

_row: Final = Read(ReconciliationRow, r.reconciliation.c.keys())
_case: Final = Read(CaseRow, r.reconciliation_case.c.keys())
_quarantined: Final = Read(QuarantineRow, r.quarantine.c.keys())
_R, _C, _Q, _U = r.reconciliation, r.reconciliation_case, r.quarantine, unit_block.c
_ROWS: Final = Statement(
    select(_R).where(
        or_(
            _R.c.reconciliation_id.in_(keys_of()),
            and_(_R.c.registry.in_(keys_of()), _R.c.stage.is_not(None)),
        )
    )
)
_CASES: Final = Statement(
    select(_C).where(
        or_(
            _C.c.case_id.in_(keys_of()),
            and_(_C.c.registry.in_(keys_of()), _C.c.found_right.is_(None)),
        )
    )
)
_HELD: Final = Statement(
    select(_Q)
    .where(_Q.c.books_of.in_(keys_of()), _Q.c.lifted == literal_column("0"))
    .order_by(_Q.c.registry, _Q.c.first, _Q.c.case_id)
)


def _crossed() -> str:
    """Units in quarantine that share a serial with a wanted range."""
    wanted = wanted_rows("registry", "first", "last")
    overlaps = and_(
        _Q.c.registry == wanted.c.registry,
        _Q.c.lifted == literal_column("0"),
        _Q.c.first <= wanted.c.last,
        _Q.c.last >= wanted.c.first,
    )
    found = select(_Q).select_from(wanted).join(_Q, overlaps).distinct()
    return Statement(found.order_by(_Q.c.registry, _Q.c.first, _Q.c.case_id))


_CROSSED: Final = _crossed()
QUARANTINE: Final = Statement(
    select(literal_column("1")).where(_Q.c.lifted == literal_column("0")).limit(literal_column("1"))
)
"""Whether there is any."""
_REACHES_INTO: Final = Statement(
    units_of_registry().where(
        _U.registry == bindparam("registry"),
        _U.first < bindparam("serial"),
        _U.last >= bindparam("serial"),
    )
)
"""A row that a portion begins within."""
_FROM: Final = Statement(
    units_of_registry()
    .where(tuple_(_U.registry, _U.first) >= tuple_(bindparam("registry"), bindparam("serial")))
    .order_by(_U.registry, _U.first)
)
_READ_AGAIN: Final = frozenset(
    {
        reconciliation_pb2.RECONCILIATION_STAGE_DIGEST,
        reconciliation_pb2.RECONCILIATION_STAGE_TOTALS,
    }
)
"""Stages after which the record's own figures are stated."""
_PUT_ROW: Final = put(_R)
_PUT_CASE: Final = put(_C)
_ADD_EVENT: Final = add(r.case_event)
_ADD_HELD: Final = add(_Q)
_LIFT: Final = "UPDATE quarantine SET lifted = 1 WHERE case_id = ? AND lifted = 0"


@dataclass(slots=True)
class ReconciliationNeeds:
    """What a group may touch of reconciliations."""

    statements: list[reconciliation_pb2.ReconciliationStatement] = field(default_factory=list)
    cases: set[str] = field(default_factory=set)
    """Cases that are to be resolved."""


def load_reconciled(
    connection: Connection,
    needs: ReconciliationNeeds,
    touched: Iterable[tuple[str, int, int]],
) -> tuple[ReconciliationBooks, list[Row]]:
    """What statements about books are compared with, and the rows of units that it is about.

    Such a statement is decided by itself, so that the record is read as it stands then.

    Args:
        connection: Where to read.
        needs: What the group's messages name.
        touched: Units that the group may move or issue.
    """
    loaded = ReconciliationBooks()
    registries = {each.registry for each in needs.statements}
    named = {each.reconciliation_id for each in needs.statements}
    held = {(row.case_id, row.registry, row.first): row for row in _held(connection, touched)}
    loaded.quarantined.extend(held.values())
    if not registries and not needs.cases:
        return loaded, []
    wanted = {"wanted": json.dumps(sorted({*registries, *named}))}
    loaded.rows = {row[0]: _row(row) for row in connection.execute(_ROWS, wanted)}
    wanted = {"wanted": json.dumps(sorted({*registries, *needs.cases}))}
    loaded.cases = {row[0]: _case(row) for row in connection.execute(_CASES, wanted)}
    own = map(_quarantined, connection.execute(_HELD, {"wanted": json.dumps(sorted(registries))}))
    loaded.quarantined.extend(
        row for row in own if (row.case_id, row.registry, row.first) not in held
    )
    units: list[Row] = []
    for each in needs.statements:
        units += _units(connection, loaded, each)
    return loaded, units


def _units(
    connection: Connection,
    loaded: ReconciliationBooks,
    stated: reconciliation_pb2.ReconciliationStatement,
) -> list[Row]:
    """Rows of the portion that is compared, unless it agrees, and of the one after it."""
    registry = stated.registry
    rows: list[Row] = []
    row = loaded.rows.get(stated.reconciliation_id)
    if stated.stage == reconciliation_pb2.RECONCILIATION_STAGE_BEGIN:
        begins: Place | None = Place("", 0)
    elif row is None or not row.answer:
        return []
    else:
        portion = portion_of(reconciliation_pb2.ReconciliationAnswer.FromString(row.answer))
        if stated.stage in _READ_AGAIN and stated.digest != row.digest:
            rows = _portion(connection, registry, portion)
        if len(rows) > 2 * limits.MAX_BOOKS_RANGES:
            loaded.too_many.add(registry)
        begins = portion.until
    if begins is None:
        loaded.ends[registry] = None
        return rows
    following = list(_read(connection, registry, begins, limits.MAX_BOOKS_RANGES + 1))
    ends = None
    if len(following) > limits.MAX_BOOKS_RANGES:
        last = following.pop()
        ends = Place(last[0], last[1])
    loaded.ends[registry] = ends
    return rows + following


def _portion(connection: Connection, registry: str, portion: Portion) -> list[Row]:
    begins = portion.since or Place("", 0)
    rows: list[Row] = []
    for row in _read(connection, registry, begins, 2 * limits.MAX_BOOKS_RANGES + 1):
        if portion.until is not None and Place(row[0], row[1]) >= portion.until:
            break
        rows.append(row)
    return rows


def _read(connection: Connection, registry: str, begins: Place, most: int) -> Iterator[Row]:
    wanted: dict[str, Any] = {
        "of_registry": registry,
        "registry": begins.registry,
        "serial": begins.serial,
    }
    yield from connection.execute(_REACHES_INTO, wanted)
    yield from some(connection, _FROM, wanted, most)


def _held(connection: Connection, ranges: Iterable[tuple[str, int, int]]) -> list[QuarantineRow]:
    """Units in quarantine within ranges."""
    if connection.execute(QUARANTINE).fetchone() is None:
        return []
    wanted = sorted(ranges)
    if not wanted:
        return []
    return [
        _quarantined(row) for row in connection.execute(_CROSSED, {"wanted": json.dumps(wanted)})
    ]


def write_reconciled(
    connection: Connection, reconciled: ReconciliationBooks, effects: ReconciliationEffects
) -> None:
    """Writes what a group decided about reconciliations. Messages are written before."""
    # The one that is replaced goes before the one that replaces it: one is open at a time.
    rows = [reconciled.rows[name] for name in sorted(effects.rows)]
    _PUT_ROW.many(connection, [row for row in rows if row.stage is None])
    _PUT_ROW.many(connection, [row for row in rows if row.stage is not None])
    _PUT_CASE.many(connection, (reconciled.cases[name] for name in sorted(effects.cases)))
    _ADD_EVENT.many(connection, effects.events)
    _ADD_HELD.many(connection, effects.quarantined)
    if effects.lifted:
        connection.executemany(_LIFT, [(name,) for name in sorted(effects.lifted)])
