# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was decided since somebody looked last, by whichever broker on the same database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.clearing.path.deciding import Changes
from broker.store import queries
from itmo.runtime.db.connection import Connection

_DECIDED = (
    "SELECT DISTINCT transaction_id FROM statement WHERE log_index >= ? AND log_index < ?"
    " ORDER BY transaction_id"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """How far somebody has looked: decisions in the log, and the last delivery of each mailbox."""

    log_size: int = 0
    mailboxes: Mapping[str, int] = field(default_factory=dict)


def seen_now(connection: Connection) -> Seen:
    """How far one sees now."""
    size = queries.log_size(connection)
    return Seen(size, {each.node: each.last_sequence for each in queries.mailboxes(connection)})


def changes_since(connection: Connection, seen: Seen) -> tuple[Seen, Changes | None]:
    """What has changed since; None where nothing has. What it returns at most is seen twice, never missed."""
    size = queries.log_size(connection)
    if size == seen.log_size:
        return seen, None
    decided = [row[0] for row in connection.execute(_DECIDED, (seen.log_size, size))]
    now = {each.node: each.last_sequence for each in queries.mailboxes(connection)}
    chains = queries.senders(connection)
    return Seen(size, now), Changes(
        # Keys and nodes are stated; what is stated belongs to no transaction.
        directory=None in decided,
        mailboxes=tuple(node for node, last in now.items() if seen.mailboxes.get(node) != last),
        transactions=tuple(filter(None, decided)),
        chains={node: chain.next_sequence for node, chain in chains.items()},
    )
