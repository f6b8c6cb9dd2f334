# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far the log went when something was read from the ledger; what is filed says so."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from broker.reports.forms import number
from broker.reports.parties import until
from broker.store import schema as s
from broker.store.genesis import read_network
from broker.store.statements import sql
from itmo import pages
from itmo.clock import from_ms

_L: Final = s.log_leaf
_LAST: Final = sql(
    select(_L.c.log_index, _L.c.leaf_hash, _L.c.decided_at)
    .where(_L.c.decided_at <= bindparam("until"))
    .order_by(_L.c.log_index.desc())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPosition:
    """A place in a network's log: everything up to it was read, and nothing after it.

    Attributes:
        network: Id of the network.
        decisions: How many decisions the log had.
        last_leaf: Hash of the last one, in hexadecimal; empty where there was none.
        decided_at: When that was.
    """

    network: str
    decisions: int
    last_leaf: str = ""
    decided_at: datetime | None = None

    def fact(self) -> pages.Fact:
        """The place as a page names it."""
        said = f"{pages.number(self.decisions)} decisions of network {pages.text(self.network)}"
        if self.decided_at is not None:
            said += f", the last of {pages.moment(self.decided_at)}"
            said += f"<br>Leaf {pages.digest(self.last_leaf)}"
        return "Place in the log", said

    def __str__(self) -> str:
        last = f", leaf {self.last_leaf}" if self.last_leaf else ""
        return f"{number(self.decisions)} decisions of network {self.network}{last}"


def log_position(connection: sqlite3.Connection, as_of: datetime | None = None) -> LogPosition:
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
