# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every version of every authorization, with when the clearing-house took it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from broker.regime.paris import stated_keys
from broker.regime.paris.statements.authorization import authorization
from broker.reports.paris.unit_lots import UnitLot
from broker.rulebook.paris.authorization import AuthorizationVersion
from broker.store.stated import Span, stated_messages
from itmo.clock import from_ms
from itmo.paris.v1 import authorization_pb2
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedVersion:
    """A version of an authorization as it was signed.

    Attributes:
        version: What the rulebook reads of it.
        statement: The signed statement.
        taken_in_at: When the clearing-house decided on it.
    """

    version: AuthorizationVersion
    statement: authorization_pb2.AuthorizationStatement
    taken_in_at: datetime


AuthorizationTerms = Mapping[tuple[str, str, int], AuthorizationVersion]
"""Versions by Party, authorization id and version."""


def authorization_versions(connection: Connection) -> list[StatedVersion]:
    """Every version, by Party, id and version."""
    found = []
    for message in stated_messages(
        connection, Span.every(stated_keys.RULEBOOK, stated_keys.AUTHORIZATION)
    ):
        statement = authorization_pb2.AuthorizationStatement.FromString(message.payload)
        found.append(
            StatedVersion(
                version=authorization(statement),
                statement=statement,
                taken_in_at=from_ms(message.decided_at),
            )
        )
    return found


def authorization_terms(connection: Connection) -> AuthorizationTerms:
    """Every version by Party, id and version."""
    return terms_of(authorization_versions(connection))


def for_use(lot: UnitLot, terms: AuthorizationTerms) -> bool:
    """Whether units are authorized for a purpose: others are reported by nobody."""
    stated = terms.get((lot.host, lot.authorization_id, lot.authorization_version))
    return lot.authorized and (stated is None or bool(stated.purposes))


def terms_of(stated: Iterable[StatedVersion]) -> AuthorizationTerms:
    """Versions by Party, id and version."""
    return {
        (each.version.party, each.version.id, each.version.version): each.version for each in stated
    }
