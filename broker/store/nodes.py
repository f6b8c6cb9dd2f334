# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who takes part: nodes, their keys, past ones included, and whom Parties have designated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, or_, select

from broker.clearing.decision.rows import KeyRow, NodeRow
from broker.store import decoding
from broker.store import schema as s
from broker.store.log_head import log_size
from itmo.clock import from_ms
from itmo.identifiers import NodeId
from itmo.keys import PublicKey
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement

_NODES: Final = Statement(select(s.node))
_KEYS: Final = Statement(select(s.key).order_by(s.key.c.node, s.key.c.not_before))
_KEYS_SINCE: Final = Statement(
    select(s.key).where(
        or_(
            s.key.c.registered_index >= bindparam("place"),
            s.key.c.revoked_index >= bindparam("place"),
        )
    )
)
_NODES_SINCE: Final = Statement(
    select(s.node)
    .join(s.message, s.message.c.message_id == s.node.c.message_id)
    .where(s.message.c.log_index >= bindparam("place"))
)
_DESIGNATED: Final = Statement(
    select(s.designation.c.node).where(s.designation.c.party == bindparam("of_party"))
)
REGISTRIES_OF_NODE: Final = Statement(
    select(s.registry.c.registry).where(s.registry.c.node == bindparam("of_node"))
)


def keys(connection: Connection) -> list[PublicKey]:
    """Every key, past ones included."""
    return [public_key(decoding.key(row)) for row in connection.execute(_KEYS)]


def public_key(row: KeyRow) -> PublicKey:
    """A registered key as the gate uses it."""
    return PublicKey(
        keyid=row.keyid,
        node=NodeId(row.node),
        purpose=row.purpose,
        raw=row.public_key,
        not_before=from_ms(row.not_before),
        not_after=from_ms(row.not_after),
        revoked_at=from_ms(row.revoked_at) if row.revoked_at is not None else None,
        revoked_index=row.revoked_index,
    )


def admitted(connection: Connection) -> dict[str, NodeRow]:
    """Every admitted node, with the TLS keys that it connects with."""
    return {row[0]: decoding.node(row) for row in connection.execute(_NODES)}


@dataclass(frozen=True, slots=True)
class DirectoryPart:
    """What a process has to know of keys and nodes.

    Attributes:
        place: The next place in the log that was not looked at.
        keys: Keys.
        nodes: Nodes with the TLS keys that they connect with, by name.
    """

    place: int
    keys: list[PublicKey]
    nodes: dict[str, NodeRow]


def directory_since(connection: Connection, place: int | None) -> DirectoryPart:
    """Keys and nodes that were changed from a place in the log on; None: all there are.

    It may hold what was changed a moment after its place, and never lacks what was changed before.
    """
    reached = log_size(connection)
    if place is None:
        return DirectoryPart(reached, keys(connection), admitted(connection))
    since = {"place": place}
    changed = [public_key(decoding.key(row)) for row in connection.execute(_KEYS_SINCE, since)]
    new = {row[0]: decoding.node(row) for row in connection.execute(_NODES_SINCE, since)}
    return DirectoryPart(reached, changed, new)


def designated(connection: Connection, party: str) -> str | None:
    """The node that a Party has designated for its statements."""
    row = connection.execute(_DESIGNATED, {"of_party": party}).fetchone()
    return row[0] if row else None
