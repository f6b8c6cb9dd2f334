# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Views of the regime of Paris as reports select from them."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

_views = MetaData()

paris_unit = Table(
    "paris_unit",
    _views,
    *(Column(name, Text) for name in ("registry", "account_id", "account_registry")),
    *(Column(name, Integer) for name in ("first", "last", "quantity", "issued_first")),
    *(Column(name, Integer) for name in ("vintage", "authorization_version")),
    *(Column(name, Integer) for name in ("first_transferred", "first_transfers_reversed")),
    *(Column(name, Text) for name in ("authorization_id", "locked_by", "issued_by")),
    Column("attributes", LargeBinary),
)
"""Live ranges with what their state says, and with what was stated when they were issued."""
