# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Loads and writes notices, as part of a group of decisions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, literal_column, select

from broker.clearing.notices.notice_rows import (
    MaintenanceRow,
    NoticeBooks,
    NoticedUnitsRow,
    NoticeEffects,
    NoticeRow,
    ProgrammeEventRow,
)
from broker.rulebook.general.notices import OPEN
from broker.store import notice_schema as n
from broker.store import schema as s
from broker.store.crossing import overlapping, wanted_rows
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import keys_of
from itmo.runtime.db.rows import Read, add, put
from itmo.runtime.db.statement import Statement

_OPEN: Final[ColumnElement[str]] = literal_column(f"'{OPEN}'")


def bound_crossed() -> Select[Any]:
    """Units of open notices that share a serial with a wanted range, once for each such range.

    An underlying unit ends once, so a unit is in one open notice only.
    """
    wanted, u = wanted_rows("registry", "first", "last"), n.noticed_units
    overlaps = overlapping(
        u, wanted, lambda row: (row.c.registry == wanted.c.registry, row.c.outcome == _OPEN)
    )
    return select(u).select_from(wanted).join(u, overlaps)


def events_crossed() -> Select[Any]:
    """Events about underlying units that share a number with a wanted range; they are disjoint."""
    wanted, e = wanted_rows("programme", "series", "first", "last"), n.programme_event
    overlaps = overlapping(
        e,
        wanted,
        lambda row: (row.c.programme == wanted.c.programme, row.c.series == wanted.c.series),
    )
    return select(e).select_from(wanted).join(e, overlaps)


_PROGRAMMES: Final = Statement(select(n.programme).where(n.programme.c.programme.in_(keys_of())))
_NOTICES: Final = Statement(select(n.notice).where(n.notice.c.message_id.in_(keys_of())))
_RECIPIENTS: Final = Statement(
    select(n.notice_recipient.c.message_id, n.notice_recipient.c.node).where(
        n.notice_recipient.c.message_id.in_(keys_of())
    )
)
_ACKNOWLEDGED: Final = Statement(
    select(n.notice_acknowledgement.c.message_id, n.notice_acknowledgement.c.node).where(
        n.notice_acknowledgement.c.message_id.in_(keys_of())
    )
)
_U: Final = n.noticed_units.c
BOUND: Final = Statement(bound_crossed().distinct().order_by(_U.registry, _U.first, _U.message_id))
_EVENTS: Final = Statement(events_crossed().distinct().order_by(n.programme_event.c.message_id))
MAINTENANCE: Final = Statement(
    select(n.maintenance)
    .where(n.maintenance.c.end_at > bindparam("now"))
    .order_by(n.maintenance.c.end_at, n.maintenance.c.message_id)
)
"""By their ends: windows that are over are never looked at again."""
_notice: Final = Read(NoticeRow, n.notice.c.keys())
_units: Final = Read(NoticedUnitsRow, n.noticed_units.c.keys())
_event: Final = Read(ProgrammeEventRow, n.programme_event.c.keys())
_EVERY_NODE: Final = Statement(select(s.node.c.node).order_by(s.node.c.node))
_PUT_PROGRAMME: Final = put(n.programme)
_ADD: Final = {
    name: add(table)
    for name, table in (
        ("notices", n.notice),
        ("units", n.noticed_units),
        ("recipients", n.notice_recipient),
        ("acknowledgements", n.notice_acknowledgement),
        ("events", n.programme_event),
        ("maintenance", n.maintenance),
    )
}
"""In the order in which rows refer to each other."""


@dataclass(slots=True)
class NoticeNeeds:
    """What a group may touch of notices."""

    programmes: set[str] = field(default_factory=set)
    notices: set[str] = field(default_factory=set)
    everybody: bool = False
    """True when every node is to be told."""


def load_notices(
    connection: Connection,
    needs: NoticeNeeds,
    ranges: Iterable[tuple[str, int, int]],
    now_ms: int,
) -> NoticeBooks:
    """Everything about notices that a group is judged by, but for what programmes said.

    Args:
        connection: Where to read.
        needs: What the group's notices name.
        ranges: Units that the group may move.
        now_ms: The time; windows that ended by then are left out.
    """

    def rows(statement: str, wanted: Iterable[Any]) -> list[tuple[Any, ...]]:
        listed = sorted(set(wanted))
        if not listed:
            return []
        return connection.execute(statement, {"wanted": json.dumps(listed)}).fetchall()

    books = NoticeBooks(
        programmes=dict(rows(_PROGRAMMES, needs.programmes)),
        notices={row[0]: _notice(row) for row in rows(_NOTICES, needs.notices)},
        acknowledged={(row[0], row[1]) for row in rows(_ACKNOWLEDGED, needs.notices)},
        maintenance=[
            MaintenanceRow(message_id=row[0], registry=row[1], start_at=row[2], end_at=row[3])
            for row in connection.execute(MAINTENANCE, {"now": now_ms})
        ],
    )
    books.bound.extend(_units(row) for row in rows(BOUND, ranges))
    for message_id, node in rows(_RECIPIENTS, needs.notices):
        books.recipients.setdefault(message_id, set()).add(node)
    return books


def load_events(
    connection: Connection, underlying: Iterable[tuple[str, str, int, int]]
) -> list[ProgrammeEventRow]:
    """Events about underlying units."""
    wanted = sorted(underlying)
    if not wanted:
        return []
    rows = connection.execute(_EVENTS, {"wanted": json.dumps(wanted)})
    return [_event(row) for row in rows]


def programme_speaker(connection: Connection, programme: str) -> str | None:
    """The node that speaks for a crediting programme."""
    row = connection.execute(_PROGRAMMES, {"wanted": json.dumps([programme])}).fetchone()
    return str(row[1]) if row else None


def every_node(connection: Connection) -> list[str]:
    """Every admitted node."""
    return [row[0] for row in connection.execute(_EVERY_NODE)]


def write_notices(connection: Connection, books: NoticeBooks, effects: NoticeEffects) -> None:
    """Writes what a group decided about notices. Messages and nodes are written before."""
    programmes = ((name, books.programmes[name]) for name in sorted(effects.programmes))
    _PUT_PROGRAMME.run(connection, programmes)
    for name, statement in _ADD.items():
        statement.many(connection, getattr(effects, name))
