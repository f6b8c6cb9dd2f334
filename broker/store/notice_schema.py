# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of notices: pointers to the signed messages, from which they can be made again."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from broker.rulebook.paris.noticed import NoticeOutcome, ProgrammeEventKind
from broker.store.schema import metadata
from itmo.serials import MAX_SERIAL

_COUNT: Final = BigInteger().with_variant(Integer(), "sqlite")
_RANGE: Final = f"1 <= first AND first <= last AND last <= {MAX_SERIAL}"


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _integer(name: str) -> Column[int]:
    return Column(name, _COUNT, nullable=False)


def _message(*, primary_key: bool = False) -> Column[str]:
    key = ForeignKey("message.message_id")
    return Column("message_id", Text, key, primary_key=primary_key, nullable=False)


def _known(
    name: str, column: str, values: type[NoticeOutcome] | type[ProgrammeEventKind]
) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


programme = Table(
    "programme",
    metadata,
    Column("programme", Text, primary_key=True),
    Column("node", Text, ForeignKey("node.node"), nullable=False),
    sqlite_strict=True,
)
"""Which node speaks for a crediting programme."""

notice = Table(
    "notice",
    metadata,
    _message(primary_key=True),
    _text("kind"),
    _text("sender_node"),
    Column("payload_hash", LargeBinary, nullable=False),
    _integer("created_at"),
    sqlite_strict=True,
)
"""Messages that were sent on to others: notices, programme events, administrators' messages."""

noticed_units = Table(
    "noticed_units",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    Column("registry", Text, primary_key=True),
    Column("first", _COUNT, primary_key=True, autoincrement=False),
    _integer("last"),
    _text("party"),
    _text("outcome"),
    CheckConstraint(_RANGE, name="noticed_range"),
    _known("notice_outcome_known", "outcome", NoticeOutcome),
    Index("noticed_units_range", "registry", "outcome", "first"),
    sqlite_strict=True,
)
"""Units a notice is about. Those of outcome OPEN wait until they are in an account that none leaves."""

notice_recipient = Table(
    "notice_recipient",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    Column("node", Text, ForeignKey("node.node"), primary_key=True),
    _integer("sequence"),
    sqlite_strict=True,
)
"""Who was sent a notice; it is retrieved when the mailbox is acknowledged up to its sequence."""

notice_acknowledgement = Table(
    "notice_acknowledgement",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("acknowledged_by", Text, ForeignKey("message.message_id"), nullable=False),
    _integer("acknowledged_at"),
    sqlite_strict=True,
)

programme_event = Table(
    "programme_event",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    _text("kind"),
    _text("programme"),
    _text("series"),
    _integer("first"),
    _integer("last"),
    _integer("step"),
    _known("event_kind_known", "kind", ProgrammeEventKind),
    CheckConstraint("0 <= first AND first <= last", name="programme_event_range"),
    Index("programme_event_units", "programme", "series", "first"),
    sqlite_strict=True,
)
"""What programmes said of their units, each unit once."""

maintenance = Table(
    "maintenance",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    _text("registry"),
    _integer("start_at"),
    _integer("end_at"),
    CheckConstraint("start_at < end_at", name="maintenance_window"),
    Index("maintenance_end", "end_at"),
    sqlite_strict=True,
)

TABLES: Final[tuple[Table, ...]] = (
    programme,
    notice,
    noticed_units,
    notice_recipient,
    notice_acknowledgement,
    programme_event,
    maintenance,
)
