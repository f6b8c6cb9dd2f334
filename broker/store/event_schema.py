# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The table of events, which are no part of the record."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from broker.store.schema import metadata

_COUNT: Final = BigInteger().with_variant(Integer(), "sqlite")

refused_message = Table(
    "refused_message",
    metadata,
    Column("refusal_id", _COUNT, primary_key=True, autoincrement=True),
    Column("refused_at", _COUNT, nullable=False),
    Column("caller", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("found", Text, nullable=False),
    Column("payload_hash", LargeBinary, nullable=False),
    Index("refused_message_caller", "caller", "refusal_id"),
    sqlite_strict=True,
)
"""What was refused before it could become a decision."""
