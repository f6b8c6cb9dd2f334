# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far the log went when something was read from the ledger; what is filed says so."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, literal_column, select

from broker.reports.snapshot import until
from broker.store import schema as s
from broker.store.genesis import read_network
from itmo.clock import from_ms
from itmo.log_position import LogPosition
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

_L: Final = s.log_leaf
_LAST: Final = Statement(
    select(_L.c.log_index, _L.c.leaf_hash, _L.c.decided_at)
    .where(_L.c.decided_at <= bindparam("until"))
    .order_by(_L.c.log_index.desc())
    .limit(literal_column("1"))
)


def log_position(connection: Connection, as_of: datetime | None = None) -> LogPosition:
    """The place of the last decision.

    Args:
        connection: The database; inside a snapshot, the place that the snapshot shows.
        as_of: The last decision up to this time; None: of all.
    """
    known = read_network(connection)
    network = known.network_id if known else ""
    row = connection.execute(_LAST, {"until": until(as_of)}).fetchone()
    if row is None:
        return LogPosition(network=network, decisions=0)
    index, leaf, decided_at = row
    return LogPosition(
        network=network, decisions=index + 1, last_leaf=leaf.hex(), decided_at=from_ms(decided_at)
    )
