# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The table by which issued units are found."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from broker.store.schema import metadata

lookup = Table(
    "lookup",
    metadata,
    Column("space", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("low", Integer, primary_key=True, autoincrement=False),
    Column("high", Integer, nullable=False),
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    CheckConstraint("low <= high", name="lookup_range"),
    ForeignKeyConstraint(["registry", "first"], ["issued_block.registry", "issued_block.first"]),
    Index("lookup_block", "registry", "first"),
    sqlite_strict=True,
)
"""Under which numbers issued blocks are found. Ranges of one name are the same, or share no number."""
