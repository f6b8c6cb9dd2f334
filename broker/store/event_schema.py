# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The table of events, which are no part of the record."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from broker.store.schema import metadata

refused_message = Table(
    "refused_message",
    metadata,
    Column("refusal_id", Integer, primary_key=True, autoincrement=True),
    Column("refused_at", Integer, nullable=False),
    Column("caller", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("payload_hash", LargeBinary, nullable=False),
    Index("refused_message_caller", "caller", "refusal_id"),
    sqlite_strict=True,
)
"""What was refused before it could become a decision."""
