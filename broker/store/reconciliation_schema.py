# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of reconciliations, their cases and what is in quarantine; the signed messages make them again."""

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
    literal_column,
)

from broker.clearing.reconciliation.comparing import DifferenceKind
from broker.clearing.reconciliation.reconciliation_rows import (
    CaseEvent,
    CaseRight,
    Outcome,
    Owner,
    Stage,
)
from broker.store.schema import metadata
from itmo.runtime.db.columns import integer_column, one_of, text_column
from itmo.serials import MAX_SERIAL

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("reconciliation_id", Text, ForeignKey("message.message_id"), primary_key=True),
    Column("registry", Text, ForeignKey("registry.registry"), nullable=False),
    text_column("stage", nullable=True),
    text_column("outcome", nullable=True),
    Column("digest", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    integer_column("snapshot_index"),
    integer_column("snapshot_at"),
    text_column("case_id"),
    integer_column("begun_at"),
    one_of("stage", Stage),
    one_of("outcome", Outcome),
    CheckConstraint("outcome IS NULL OR stage IS NULL", name="reconciliation_goes_on"),
    Index("reconciliation_registry", "registry", "begun_at"),
    Index(
        "reconciliation_open",
        "registry",
        unique=True,
        sqlite_where=literal_column("stage IS NOT NULL"),
    ),
    sqlite_strict=True,
)
"""Each time that the books of a registry were compared with the record."""

reconciliation_case = Table(
    "reconciliation_case",
    metadata,
    Column("case_id", Text, ForeignKey("message.message_id"), primary_key=True),
    Column("registry", Text, ForeignKey("registry.registry"), nullable=False),
    integer_column("opened_at"),
    text_column("owner"),
    text_column("found_right", nullable=True),
    text_column("reason"),
    Column("resolved_by", Text, ForeignKey("message.message_id"), nullable=True),
    integer_column("resolved_at", nullable=True),
    one_of("owner", Owner),
    one_of("found_right", CaseRight),
    CheckConstraint("(found_right IS NULL) = (resolved_by IS NULL)", name="resolved_by_somebody"),
    Index(
        "reconciliation_case_open", "registry", sqlite_where=literal_column("found_right IS NULL")
    ),
    sqlite_strict=True,
)

case_event = Table(
    "case_event",
    metadata,
    Column("case_id", Text, ForeignKey("reconciliation_case.case_id"), primary_key=True),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    text_column("event"),
    Column("message_id", Text, ForeignKey("message.message_id"), nullable=False),
    integer_column("at"),
    text_column("found"),
    one_of("event", CaseEvent),
    sqlite_strict=True,
)
"""What happened in a case, in the order of the log."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("case_id", Text, ForeignKey("reconciliation_case.case_id"), primary_key=True),
    text_column("books_of"),
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    integer_column("last"),
    text_column("kind"),
    text_column("recorded_account"),
    text_column("stated_account"),
    text_column("recorded_class"),
    text_column("stated_class"),
    integer_column("lifted"),
    one_of("kind", DifferenceKind),
    CheckConstraint("lifted IN (0, 1)", name="lifted_or_not"),
    CheckConstraint(
        f"1 <= first AND first <= last AND last <= {MAX_SERIAL}", name="quarantine_range"
    ),
    Index(
        "quarantine_held",
        "registry",
        "first",
        sqlite_where=literal_column("lifted = 0"),
    ),
    sqlite_strict=True,
)
"""Units that a registry may not move, until the case is resolved."""

TABLES: Final[tuple[Table, ...]] = (reconciliation, reconciliation_case, case_event, quarantine)
