# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What was decided since somebody looked last, by whichever broker on the same database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.clearing.path.deciding import Changes
from broker.store import log_head, mailboxes, messages
from itmo.runtime.db.connection import Connection

_DECIDED = (
    "SELECT transaction_id FROM statement WHERE sequence > ? AND log_index >= ? AND log_index < ?"
)
_LAST_STATEMENT = "SELECT coalesce(max(sequence), 0) FROM statement"


@dataclass(frozen=True, slots=True)
class Seen:
    """How far somebody has looked: decisions in the log, the last delivery of each mailbox, statements."""

    log_size: int = 0
    mailboxes: Mapping[str, int] = field(default_factory=dict)
    statements: int = 0


def seen_now(connection: Connection) -> Seen:
    """How far one sees now."""
    said = _statements(connection)
    size = log_head.log_size(connection)
    boxes = {each.node: each.last_sequence for each in mailboxes.standings(connection)}
    return Seen(size, boxes, said)


def first_look(connection: Connection) -> tuple[Seen, Changes]:
    """How far one sees now, and all of it that a process remembers, as if it had changed just now."""
    seen = seen_now(connection)
    chains = messages.senders(connection)
    return seen, Changes(
        directory=True,
        mailboxes=tuple(seen.mailboxes),
        transactions=(),
        chains={node: chain.next_sequence for node, chain in chains.items()},
    )


def changes_since(connection: Connection, seen: Seen) -> tuple[Seen, Changes | None]:
    """What has changed since; None where nothing has. What it returns at most is seen twice, never missed."""
    said = _statements(connection)  # before the log, which then is no shorter
    size = log_head.log_size(connection)
    if size == seen.log_size:
        return seen, None
    wanted = (seen.statements, seen.log_size, size)
    decided = {row[0] for row in connection.execute(_DECIDED, wanted)}
    now = {each.node: each.last_sequence for each in mailboxes.standings(connection)}
    chains = messages.senders(connection)
    return Seen(size, now, said), Changes(
        # Keys and nodes are stated; what is stated belongs to no transaction.
        directory=None in decided,
        mailboxes=tuple(node for node, last in now.items() if seen.mailboxes.get(node) != last),
        transactions=tuple(sorted(filter(None, decided))),
        chains={node: chain.next_sequence for node, chain in chains.items()},
    )


def _statements(connection: Connection) -> int:
    """The broker's last statement."""
    return int(connection.execute(_LAST_STATEMENT).fetchone()[0])
