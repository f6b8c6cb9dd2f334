# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of what registries share. They lie apart from the ledger and never change it.

As everywhere, the signed messages are the record; these rows can be made from them again.
"""

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

from broker.store.schema import metadata
from itmo.serials import MAX_SERIAL

_COUNT: Final = BigInteger().with_variant(Integer(), "sqlite")
_RANGE: Final = f"1 <= first AND first <= last AND last <= {MAX_SERIAL}"


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, _COUNT, nullable=nullable)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


sharing = Table(
    "sharing",
    metadata,
    Column("registry", Text, ForeignKey("registry.registry"), primary_key=True),
    _text("level"),
    _text("frequency"),
    _text("switched_off"),
    Column("message_id", Text, ForeignKey("message.message_id"), nullable=False),
    _integer("stated_at"),
    _integer("last_as_of", nullable=True),
    _text("last_report", nullable=True),
    _one_of("level", "VIEW", "NOTIFY", "TRANSACT"),
    _one_of("frequency", "AT_ONCE", "DAILY", "YEARLY", ""),
    CheckConstraint("(level = 'TRANSACT') = (frequency = '')", name="frequency_where_reported"),
    sqlite_strict=True,
)
"""How much each registry shares; a registry without a row takes part in full."""

registry_report = Table(
    "registry_report",
    metadata,
    Column("message_id", Text, ForeignKey("message.message_id"), primary_key=True),
    _text("registry"),
    _integer("as_of"),
    _integer("complete"),
    _integer("holdings"),
    _integer("actions"),
    _integer("received_at"),
    Index("registry_report_registry", "registry", "as_of"),
    sqlite_strict=True,
)
"""Reports that were taken in: pointers to their messages."""

reported_holding = Table(
    "reported_holding",
    metadata,
    Column("reporter", Text, ForeignKey("sharing.registry"), primary_key=True),
    Column("registry", Text, primary_key=True),
    Column("first", _COUNT, primary_key=True, autoincrement=False),
    _integer("last"),
    _integer("account_type"),
    _integer("first_transferred"),
    Column("attributes", LargeBinary, nullable=False),
    _text("cooperative_approach"),
    _text("host"),
    _integer("vintage"),
    CheckConstraint(_RANGE, name="reported_range"),
    Index("reported_holding_units", "registry", "reporter", "first"),
    Index("reported_holding_approach", "cooperative_approach"),
    sqlite_strict=True,
)
"""What each registry holds by its own reports, now. Nobody else has to agree with it."""

reported_action = Table(
    "reported_action",
    metadata,
    Column("reporter", Text, primary_key=True),
    Column("action_id", Text, primary_key=True),
    Column("message_id", Text, ForeignKey("registry_report.message_id"), nullable=False),
    _integer("ordinal"),
    _integer("acted_at"),
    _text("type"),
    _text("registry"),
    _integer("first"),
    _integer("last"),
    _integer("account_type"),
    _text("counterparty"),
    _integer("year_of_use"),
    _integer("first_transferred"),
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
    _text("reporter"),
    _text("party"),
    _text("code"),
    _text("registry"),
    _integer("first"),
    _integer("last"),
    _text("other"),
    _text("found"),
    _text("state"),
    _integer("opened_at"),
    _integer("changed_at"),
    _text("answer"),
    _text("closed_by", nullable=True),
    _one_of("state", "OPEN", "ANSWERED", "CLOSED"),
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
