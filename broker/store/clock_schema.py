# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the machine's clock: where it was last seen right, and what was accepted after a jump."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from broker.store.schema import metadata
from itmo.runtime.db.columns import integer_column

clock_mark = Table(
    "clock_mark",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="clock_mark_one"), primary_key=True),
    integer_column("seen_at"),
    integer_column("since_boot"),
    Column("boot", Text, nullable=False),
    sqlite_strict=True,
)
"""One row: where the machine's clock was last seen right, compared at the next start."""

clock_acceptance = Table(
    "clock_acceptance",
    metadata,
    Column("number", Integer, primary_key=True),
    integer_column("log_index"),
    integer_column("accepted_at"),
    integer_column("expected_at"),
    Column("keyid", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Index("clock_acceptance_index", "log_index"),
    sqlite_strict=True,
)
"""What the operator took for the right time after the clock had jumped. Decisions from log_index on
may be earlier than those before it. Signed with the operator's key: see
`broker.store.timekeeping.acceptance`."""
