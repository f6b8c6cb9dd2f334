# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the head of the broker's database says: the size of the log and the hash of its last leaf."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import literal_column, select

from broker.store import genesis
from broker.store import schema as s
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.head import End, Head
from itmo.runtime.db.migrations import has_tables
from itmo.runtime.db.shortfall import shortfall
from itmo.runtime.db.statement import Statement

_LAST: Final = "SELECT log_index, leaf_hash FROM log_leaf ORDER BY log_index DESC LIMIT 1"
LAST_LEAF: Final = Statement(
    select(s.log_leaf.c.log_index, s.log_leaf.c.decided_at)
    .order_by(s.log_leaf.c.log_index.desc())
    .limit(literal_column("1"))
)
"""The newest leaf, and when it was decided."""
_SIZE: Final = "SELECT coalesce(max(log_index) + 1, 0) FROM log_leaf"
_AT: Final = "SELECT leaf_hash FROM log_leaf WHERE log_index = ?"

NOTHING: Final = End(Head("", "", 0, b""), lambda _: None, "decisions", "broker")
"""Where a database ends that is not there."""


def log_end(connection: Connection) -> End:
    """Where the log in a database ends; one that was never founded ends before its beginning."""
    known = None
    last = None
    if has_tables(connection):
        known = genesis.read_network(connection)
        last = connection.execute(_LAST).fetchone()
    network, database = (known.network_id, known.database_id) if known else ("", "")
    position, digest = (last[0] + 1, last[1]) if last else (0, b"")

    def leaf_at(position: int) -> bytes | None:
        found = connection.execute(_AT, (position - 1,)).fetchone()
        return found[0] if found else None

    return End(Head(network, database, position, digest), leaf_at, "decisions", "broker")


def log_shortfall(database: Path) -> str:
    """What a database lacks of what was acknowledged; raises as `shortfall`."""
    return shortfall(database, log_end, NOTHING)


def log_size(connection: Connection) -> int:
    """Number of decisions in the log."""
    row = connection.execute(_SIZE).fetchone()
    return int(row[0])
