# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices with their recipients: created, retrieved, acknowledged; and the units that still wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, case, func, literal_column, select

from broker.rulebook.general.notices import OPEN
from broker.store import notice_schema as n
from broker.store import schema as s
from itmo.clock import from_ms
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

_UNITS: Final = Statement(
    select(n.noticed_units).order_by(
        n.noticed_units.c.message_id, n.noticed_units.c.registry, n.noticed_units.c.first
    )
)
_RECIPIENTS: Final = Statement(
    select(
        n.notice_recipient.c.message_id,
        n.notice_recipient.c.node,
        n.notice_recipient.c.sequence <= s.mailbox.c.acknowledged_sequence,
        n.notice_acknowledgement.c.acknowledged_at,
    )
    .join(s.mailbox, s.mailbox.c.node == n.notice_recipient.c.node)
    .outerjoin(
        n.notice_acknowledgement,
        and_(
            n.notice_acknowledgement.c.message_id == n.notice_recipient.c.message_id,
            n.notice_acknowledgement.c.node == n.notice_recipient.c.node,
        ),
    )
    .order_by(n.notice_recipient.c.message_id, n.notice_recipient.c.node)
)
_NOTICES: Final = Statement(select(n.notice).order_by(n.notice.c.message_id))


def _waiting() -> str:
    """Units of open notices that lie where they can still leave, by notice."""
    u, live = n.noticed_units, s.unit_block
    low = case((u.c.first >= live.c.first, u.c.first), else_=live.c.first)
    high = case((u.c.last <= live.c.last, u.c.last), else_=live.c.last)
    touches = and_(
        live.c.registry == u.c.registry, live.c.first <= u.c.last, live.c.last >= u.c.first
    )
    return Statement(
        select(u.c.message_id, func.sum(high - low + literal_column("1")))
        .join(live, touches)
        .join(s.account, s.account.c.account_id == live.c.account_id)
        .where(
            u.c.outcome == literal_column(f"'{OPEN}'"),
            s.account.c.final == literal_column("0"),
        )
        .group_by(u.c.message_id)
    )


_WAITING: Final = _waiting()


@dataclass(frozen=True, slots=True)
class RecipientView:
    """A node that was sent a notice: CREATED, RETRIEVED or ACKNOWLEDGED."""

    node: str
    state: str
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoticedView:
    """Units that a notice is about, and the word of its rulebook for what it does to them."""

    party: str
    registry: str
    first: int
    last: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice as it stands; `waiting` counts units that only an acknowledging transaction moves."""

    notice_id: str
    kind: str
    sender: str
    created_at: datetime
    units: tuple[NoticedView, ...]
    recipients: tuple[RecipientView, ...]
    waiting: int

    @property
    def open(self) -> bool:
        """True while units wait, or a recipient has not acknowledged."""
        return self.waiting > 0 or any(each.state != "ACKNOWLEDGED" for each in self.recipients)


def notices(connection: Connection, *, only_open: bool = False) -> list[NoticeView]:
    """Every notice, oldest first; only those that somebody still has to do something about."""
    units: dict[str, list[NoticedView]] = {}
    for message_id, registry, first, last, party, outcome in connection.execute(_UNITS):
        view = NoticedView(party, registry, first, last, outcome)
        units.setdefault(message_id, []).append(view)
    recipients: dict[str, list[RecipientView]] = {}
    for message_id, node, retrieved, acknowledged_at in connection.execute(_RECIPIENTS):
        state = "RETRIEVED" if retrieved else "CREATED"
        at = None
        if acknowledged_at is not None:
            state, at = "ACKNOWLEDGED", from_ms(acknowledged_at)
        recipients.setdefault(message_id, []).append(RecipientView(node, state, at))
    waiting = dict(connection.execute(_WAITING).fetchall())
    listed = [
        NoticeView(
            notice_id=message_id,
            kind=kind,
            sender=sender,
            created_at=from_ms(created_at),
            units=tuple(units.get(message_id, ())),
            recipients=tuple(recipients.get(message_id, ())),
            waiting=waiting.get(message_id, 0),
        )
        for message_id, kind, sender, _, created_at in connection.execute(_NOTICES)
    ]
    return [each for each in listed if each.open or not only_open]
