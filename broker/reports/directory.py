# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who takes part, with which keys, and what was refused of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from broker.rulebook.general.registries import OperationalStatus
from broker.store import nodes
from broker.store import schema as s
from broker.store.event_schema import refused_message
from itmo.clock import from_ms
from itmo.keys import KeyPurpose
from itmo.node_kinds import NodeKind
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.rows import Read
from itmo.runtime.db.statement import Statement, some

_REGISTRIES: Final = Statement(
    select(
        s.registry.c.registry,
        s.registry.c.node,
        s.registry.c.party,
        s.registry.c.status,
        s.node.c.kind,
    )
    .join(s.node, s.node.c.node == s.registry.c.node)
    .order_by(s.registry.c.registry)
)
_NOT_TOLD: Final = Statement(
    select(s.mailbox.c.node)
    .join(
        s.mailbox_entry,
        (s.mailbox_entry.c.node == s.mailbox.c.node)
        & (s.mailbox_entry.c.sequence > s.mailbox.c.acknowledged_sequence),
    )
    .join(s.message, s.message.c.message_id == s.mailbox_entry.c.message_id)
    .join(s.key, s.key.c.registered_index == s.message.c.log_index)
    .where(s.key.c.keyid == bindparam("of_key"))
    .order_by(s.mailbox.c.node)
)
_ADMITTED_BEFORE: Final = Statement(
    select(s.node.c.node)
    .join(s.message, s.message.c.message_id == s.node.c.message_id)
    .where(s.message.c.log_index < bindparam("place"))
    .order_by(s.node.c.node)
)
_DESIGNATIONS: Final = Statement(select(s.designation))
_REFUSED: Final = Statement(select(refused_message).order_by(refused_message.c.refusal_id.desc()))


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryView:
    """A registry, who speaks for it, and for which Parties that node signs."""

    registry: str
    party: str
    status: OperationalStatus
    node: str
    node_kind: NodeKind
    designated_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A registered key."""

    keyid: str
    node: str
    purpose: KeyPurpose
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView:
    """A message that was refused before it could become a decision."""

    refused_at: datetime
    caller: str
    reason: str
    found: str
    payload_hash: bytes


_refusal: Final = Read(RefusalView, refused_message.c.keys(), refused_at=from_ms)


def registries(connection: Connection) -> list[RegistryView]:
    """Every registry, by id."""
    designating: dict[str, list[str]] = {}
    for party, node in connection.execute(_DESIGNATIONS):
        designating.setdefault(node, []).append(party)
    return [
        RegistryView(
            registry=registry,
            party=party,
            status=OperationalStatus(status),
            node=node,
            node_kind=NodeKind(kind),
            designated_by=tuple(sorted(designating.get(node, ()))),
        )
        for registry, node, party, status, kind in connection.execute(_REGISTRIES)
    ]


def keys(connection: Connection, node: str | None = None) -> list[KeyView]:
    """Every key ever registered, or those of one node, oldest first for each node."""
    return [
        KeyView(
            keyid=key.keyid,
            node=key.node,
            purpose=key.purpose,
            not_before=key.not_before,
            not_after=key.not_after,
            revoked_at=key.revoked_at,
        )
        for key in nodes.keys(connection)
        if node in (None, key.node)
    ]


def not_told_of(connection: Connection, keyid: str) -> list[str]:
    """Nodes that have not acknowledged the delivery which tells of a key of the broker, by name."""
    return [row[0] for row in connection.execute(_NOT_TOLD, {"of_key": keyid})]


def admitted_before(connection: Connection, log_index: int) -> list[str]:
    """Nodes whose newest admission lies before a place in the log, by name."""
    return [row[0] for row in connection.execute(_ADMITTED_BEFORE, {"place": log_index})]


def refusals(connection: Connection, limit: int) -> list[RefusalView]:
    """What was refused, newest first."""
    return [_refusal(row) for row in some(connection, _REFUSED, {}, limit)]
