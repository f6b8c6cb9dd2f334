# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the machine's clock: where it was last seen right, and what was accepted after a jump."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from broker.store.schema import metadata

_COUNT: Final = BigInteger().with_variant(Integer(), "sqlite")


def _integer(name: str) -> Column[int]:
    return Column(name, _COUNT, nullable=False)


clock_mark = Table(
    "clock_mark",
    metadata,
    Column("id", _COUNT, CheckConstraint("id = 1", name="clock_mark_one"), primary_key=True),
    _integer("seen_at"),
    _integer("since_boot"),
    Column("boot", Text, nullable=False),
    sqlite_strict=True,
)
"""One row: where the machine's clock was last seen right, compared at the next start."""

clock_acceptance = Table(
    "clock_acceptance",
    metadata,
    Column("number", _COUNT, primary_key=True),
    _integer("log_index"),
    _integer("accepted_at"),
    _integer("expected_at"),
    Column("keyid", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Index("clock_acceptance_index", "log_index"),
    sqlite_strict=True,
)
"""What the operator took for the right time after the clock had jumped. Decisions from log_index on
may be earlier than those before it. Signed with the operator's key: see
`broker.store.timekeeping.acceptance`."""
