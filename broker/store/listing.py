# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Lists in pages: nodes, registries, accounts, authorizations."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from sqlalchemy import and_, bindparam, func, literal_column, or_, select

from broker.regime.paris.statements.authorization import authorization as read_authorization
from broker.regime.paris.tallies import issued, of_authorization, used
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.paris.accounts import ParisAccount
from broker.rulebook.paris.authorization import AuthorizationVersion
from broker.rulebook.paris.purposes import Purpose
from broker.store import decoding, queries
from broker.store import schema as s
from broker.store.statements import sql
from broker.store.tallies import load_tallies
from itmo.core.v1 import statements_pb2
from itmo.envelope import Envelope
from itmo.payloads import PayloadKind


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node with what it speaks for."""

    node: str
    kind: str
    registries: tuple[str, ...]
    designated_parties: tuple[str, ...]
    schema_versions: str


@dataclass(frozen=True, slots=True)
class AuthorizationView:
    """The latest version of an authorization, and what was issued under it."""

    version: AuthorizationVersion
    issued_quantity: int
    used: Mapping[Purpose, int] = field(default_factory=dict)
    """Units used or cancelled, by purpose."""


_AFTER: Final = bindparam("after", type_=s.node.c.node.type)
_NODES: Final = sql(
    select(s.node.c.node, s.node.c.kind, s.node.c.schema_versions)
    .where(s.node.c.node > _AFTER)
    .order_by(s.node.c.node)
)
_REGISTRIES_OF: Final = sql(
    select(s.registry.c.registry)
    .where(s.registry.c.node == bindparam("of_node"))
    .order_by(s.registry.c.registry)
)
_PARTIES_OF: Final = sql(
    select(s.designation.c.party)
    .where(s.designation.c.node == bindparam("of_node"))
    .order_by(s.designation.c.party)
)
_REGISTRIES: Final = sql(
    select(s.registry).where(s.registry.c.registry > _AFTER).order_by(s.registry.c.registry)
)
_ACCOUNTS: Final = sql(
    select(s.account, s.registry.c.node)
    .join(s.registry, s.registry.c.registry == s.account.c.registry)
    .where(
        s.account.c.account_id > _AFTER,
        or_(
            s.registry.c.node == bindparam("visible_to"),
            and_(
                s.account.c.account_type == bindparam("holding_type"),
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
_LATEST: Final = s.authorization.alias("latest")
_AUTHORIZATIONS: Final = sql(
    select(
        s.authorization.c.party,
        s.authorization.c.authorization_id,
        s.message.c.payload,
    )
    .join(s.message, s.message.c.message_id == s.authorization.c.message_id)
    .where(
        s.authorization.c.version
        == select(func.max(_LATEST.c.version))
        .where(
            _LATEST.c.party == s.authorization.c.party,
            _LATEST.c.authorization_id == s.authorization.c.authorization_id,
        )
        .scalar_subquery(),
        or_(
            bindparam("of_party") == literal_column("''"),
            s.authorization.c.party == bindparam("of_party"),
        ),
        or_(
            s.authorization.c.party > bindparam("after_party"),
            and_(
                s.authorization.c.party == bindparam("after_party"),
                s.authorization.c.authorization_id > bindparam("after_id"),
            ),
        ),
    )
    .order_by(s.authorization.c.party, s.authorization.c.authorization_id)
)
_VERSIONS: Final = sql(
    select(s.message.c.payload, s.message.c.keyids, s.message.c.signatures)
    .join(s.authorization, s.message.c.message_id == s.authorization.c.message_id)
    .where(
        s.authorization.c.party == bindparam("of_party"),
        s.authorization.c.authorization_id == bindparam("of_id"),
    )
    .order_by(s.authorization.c.version)
)


def nodes(connection: sqlite3.Connection, after: str, limit: int) -> list[NodeView]:
    """Nodes after a name, by name."""
    found = connection.execute(_NODES, {"after": after}).fetchmany(limit)
    return [
        NodeView(
            node,
            kind,
            tuple(row[0] for row in connection.execute(_REGISTRIES_OF, {"of_node": node})),
            tuple(row[0] for row in connection.execute(_PARTIES_OF, {"of_node": node})),
            versions,
        )
        for node, kind, versions in found
    ]


def registries(connection: sqlite3.Connection, after: str, limit: int) -> list[RegistryFacts]:
    """Registries after an id, by id."""
    rows = connection.execute(_REGISTRIES, {"after": after}).fetchmany(limit)
    return [decoding.registry(row) for row in rows]


def accounts(
    connection: sqlite3.Connection,
    *,
    visible_to: str,
    registry: str,
    holding_type: int,
    after: str,
    limit: int,
) -> list[tuple[ParisAccount, str]]:
    """Accounts that a node may see after an id, with the node that speaks for each."""
    names = {
        "visible_to": visible_to,
        "in_registry": registry,
        "holding_type": holding_type,
        "after": after,
    }
    rows = connection.execute(_ACCOUNTS, names).fetchmany(limit)
    return [(decoding.account(row[:-1]), row[-1]) for row in rows]


def authorizations(
    connection: sqlite3.Connection, *, party: str, after: tuple[str, str], limit: int
) -> list[AuthorizationView]:
    """Latest versions after a (Party, id), by Party and id."""
    names = {"of_party": party, "after_party": after[0], "after_id": after[1]}
    rows = connection.execute(_AUTHORIZATIONS, names).fetchmany(limit)
    keys = [(row[0], row[1]) for row in rows]
    counts = load_tallies(connection, chain.from_iterable(of_authorization(*key) for key in keys))
    return [
        AuthorizationView(
            read_authorization(statements_pb2.AuthorizationStatement.FromString(row[2])),
            counts[issued(*key)].quantity,
            {purpose: counts[used(*key, purpose)].quantity for purpose in Purpose},
        )
        for key, row in zip(keys, rows, strict=True)
    ]


def authorization_versions(
    connection: sqlite3.Connection, party: str, authorization_id: str
) -> list[Envelope]:
    """All versions of an authorization, as they were signed."""
    names = {"of_party": party, "of_id": authorization_id}
    kind = PayloadKind.AUTHORIZATION_STATEMENT.value
    return [queries.envelope(kind, *row) for row in connection.execute(_VERSIONS, names)]
