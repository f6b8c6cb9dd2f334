# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of notices: pointers to the signed messages, from which they can be made again."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from broker.store.schema import metadata
from itmo.runtime.db.columns import integer_column, one_of, text_column
from itmo.serials import MAX_SERIAL

_RANGE: Final = f"1 <= first AND first <= last AND last <= {MAX_SERIAL}"


def _message(*, primary_key: bool = False) -> Column[str]:
    key = ForeignKey("message.message_id")
    return Column("message_id", Text, key, primary_key=primary_key, nullable=False)


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
    text_column("kind"),
    text_column("sender_node"),
    Column("payload_hash", LargeBinary, nullable=False),
    integer_column("created_at"),
    sqlite_strict=True,
)
"""Messages that were sent on to others: notices, programme events, administrators' messages."""

noticed_units = Table(
    "noticed_units",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    integer_column("last"),
    text_column("party"),
    text_column("outcome"),
    CheckConstraint(_RANGE, name="noticed_range"),
    Index("noticed_units_range", "registry", "outcome", "first"),
    sqlite_strict=True,
)
"""Units a notice is about. Those of outcome OPEN wait until they are in an account that none leaves."""

notice_recipient = Table(
    "notice_recipient",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    Column("node", Text, ForeignKey("node.node"), primary_key=True),
    integer_column("sequence"),
    sqlite_strict=True,
)
"""Who was sent a notice; it is retrieved when the mailbox is acknowledged up to its sequence."""

notice_acknowledgement = Table(
    "notice_acknowledgement",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    Column("node", Text, primary_key=True),
    Column("acknowledged_by", Text, ForeignKey("message.message_id"), nullable=False),
    integer_column("acknowledged_at"),
    sqlite_strict=True,
)

programme_event = Table(
    "programme_event",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    text_column("kind"),
    text_column("programme"),
    text_column("series"),
    integer_column("first"),
    integer_column("last"),
    integer_column("step"),
    one_of("kind", ("CANCELLATION", "USE"), "event_kind_known"),
    CheckConstraint("0 <= first AND first <= last", name="programme_event_range"),
    Index("programme_event_units", "programme", "series", "first"),
    sqlite_strict=True,
)
"""What programmes said of their units, each unit once."""

maintenance = Table(
    "maintenance",
    metadata,
    Column("message_id", Text, ForeignKey("notice.message_id"), primary_key=True),
    text_column("registry"),
    integer_column("start_at"),
    integer_column("end_at"),
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
