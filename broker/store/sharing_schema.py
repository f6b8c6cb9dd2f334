# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of what registries share. They lie apart from the ledger and never change it.

As everywhere, the signed messages are the record; these rows can be made from them again.
"""

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


sharing = Table(
    "sharing",
    metadata,
    Column("registry", Text, ForeignKey("registry.registry"), primary_key=True),
    text_column("level"),
    text_column("frequency"),
    text_column("switched_off"),
    Column("message_id", Text, ForeignKey("message.message_id"), nullable=False),
    integer_column("stated_at"),
    integer_column("last_as_of", nullable=True),
    text_column("last_report", nullable=True),
    one_of("level", ("VIEW", "NOTIFY", "TRANSACT")),
    one_of("frequency", ("AT_ONCE", "DAILY", "YEARLY", "")),
    CheckConstraint("(level = 'TRANSACT') = (frequency = '')", name="frequency_where_reported"),
    sqlite_strict=True,
)
"""How much each registry shares; a registry without a row takes part in full."""

registry_report = Table(
    "registry_report",
    metadata,
    Column("message_id", Text, ForeignKey("message.message_id"), primary_key=True),
    text_column("registry"),
    integer_column("as_of"),
    integer_column("complete"),
    integer_column("holdings"),
    integer_column("actions"),
    integer_column("received_at"),
    Index("registry_report_registry", "registry", "as_of"),
    sqlite_strict=True,
)
"""Reports that were taken in: pointers to their messages."""

reported_holding = Table(
    "reported_holding",
    metadata,
    Column("reporter", Text, ForeignKey("sharing.registry"), primary_key=True),
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    integer_column("last"),
    text_column("rulebook"),
    integer_column("account_type"),
    text_column("marks"),
    text_column("listed_under"),
    Column("attributes", LargeBinary, nullable=False),
    CheckConstraint(_RANGE, name="reported_range"),
    Index("reported_holding_units", "registry", "reporter", "first"),
    Index("reported_holding_listed_under", "listed_under"),
    sqlite_strict=True,
)
"""What each registry holds by its own reports, now. Nobody else has to agree with it."""

reported_action = Table(
    "reported_action",
    metadata,
    Column("reporter", Text, primary_key=True),
    Column("action_id", Text, primary_key=True),
    Column("message_id", Text, ForeignKey("registry_report.message_id"), nullable=False),
    integer_column("ordinal"),
    integer_column("acted_at"),
    text_column("type"),
    text_column("registry"),
    integer_column("first"),
    integer_column("last"),
    integer_column("account_type"),
    text_column("counterparty"),
    text_column("rulebook"),
    text_column("marks"),
    CheckConstraint(_RANGE, name="reported_action_range"),
    Index("reported_action_time", "reporter", "acted_at"),
    Index("reported_action_units", "registry", "first"),
    sqlite_strict=True,
)
"""Every action that a registry reported, once."""

report_finding = Table(
    "report_finding",
    metadata,
    Column("finding_id", Text, primary_key=True),
    text_column("reporter"),
    text_column("party"),
    text_column("code"),
    text_column("registry"),
    integer_column("first"),
    integer_column("last"),
    text_column("other"),
    text_column("found"),
    text_column("state"),
    integer_column("opened_at"),
    integer_column("changed_at"),
    text_column("answer"),
    text_column("closed_by", nullable=True),
    one_of("state", ("OPEN", "ANSWERED", "CLOSED")),
    CheckConstraint("(state = 'CLOSED') = (closed_by IS NOT NULL)", name="closed_by_a_message"),
    Index("report_finding_reporter", "reporter", "state"),
    sqlite_strict=True,
)
"""What cannot be as it was reported, with the Party that has to see to it."""

TABLES: Final[tuple[Table, ...]] = (
    sharing,
    registry_report,
    reported_holding,
    reported_action,
    report_finding,
)
