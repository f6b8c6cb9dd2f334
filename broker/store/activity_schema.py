# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The table of activities and when they were registered."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Table, Text

from broker.store.schema import metadata

activity = Table(
    "activity",
    metadata,
    Column("cooperative_approach", Text, primary_key=True),
    Column("activity", Text, primary_key=True),
    Column("registered", Text, nullable=False),
    Column("message_id", Text, ForeignKey("message.message_id"), nullable=False),
    sqlite_strict=True,
)
"""What was stated last of each; `registered` is a day, as yyyy-mm-dd."""

TABLES: Final = (activity,)
