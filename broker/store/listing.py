# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Lists in pages: nodes, registries, accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, literal_column, or_, select

from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.registries import RegistryFacts
from broker.store import decoding
from broker.store import schema as s
from itmo.node_kinds import NodeKind
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement, some


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node with what it speaks for."""

    node: str
    kind: NodeKind
    registries: tuple[str, ...]
    designated_parties: tuple[str, ...]
    schema_versions: str


_AFTER: Final = bindparam("after", type_=s.node.c.node.type)
_NODES: Final = Statement(
    select(s.node.c.node, s.node.c.kind, s.node.c.schema_versions)
    .where(s.node.c.node > _AFTER)
    .order_by(s.node.c.node)
)
_REGISTRIES_OF: Final = Statement(
    select(s.registry.c.registry)
    .where(s.registry.c.node == bindparam("of_node"))
    .order_by(s.registry.c.registry)
)
_PARTIES_OF: Final = Statement(
    select(s.designation.c.party)
    .where(s.designation.c.node == bindparam("of_node"))
    .order_by(s.designation.c.party)
)
_REGISTRIES: Final = Statement(
    select(s.registry).where(s.registry.c.registry > _AFTER).order_by(s.registry.c.registry)
)
_ACCOUNTS: Final = Statement(
    select(s.account, s.registry.c.node)
    .join(s.registry, s.registry.c.registry == s.account.c.registry)
    .where(
        s.account.c.account_id > _AFTER,
        or_(
            s.registry.c.node == bindparam("visible_to"),
            and_(
                s.account.c.listed == literal_column("1"),
                s.account.c.closed == literal_column("0"),
            ),
        ),
        or_(
            bindparam("in_registry") == literal_column("''"),
            s.account.c.registry == bindparam("in_registry"),
        ),
    )
    .order_by(s.account.c.account_id)
)


def nodes(connection: Connection, after: str, limit: int) -> list[NodeView]:
    """Nodes after a name, by name."""
    found = some(connection, _NODES, {"after": after}, limit)
    return [
        NodeView(
            node,
            NodeKind(kind),
            tuple(row[0] for row in connection.execute(_REGISTRIES_OF, {"of_node": node})),
            tuple(row[0] for row in connection.execute(_PARTIES_OF, {"of_node": node})),
            versions,
        )
        for node, kind, versions in found
    ]


def registries(connection: Connection, after: str, limit: int) -> list[RegistryFacts]:
    """Registries after an id, by id."""
    rows = some(connection, _REGISTRIES, {"after": after}, limit)
    return [decoding.registry(row) for row in rows]


def accounts(
    connection: Connection,
    *,
    visible_to: str,
    registry: str,
    after: str,
    limit: int,
) -> list[tuple[AccountFacts, str]]:
    """Accounts that a node may see after an id, with the node that speaks for each."""
    names = {
        "visible_to": visible_to,
        "in_registry": registry,
        "after": after,
    }
    rows = some(connection, _ACCOUNTS, names, limit)
    return [(decoding.account(row[:-1]), row[-1]) for row in rows]
