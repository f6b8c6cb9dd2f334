# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Look up what this node stated before."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam

from itmo.core.v1 import statements_pb2
from registry_node.commands.trip import Trip
from registry_node.store.tables import AUTHORIZATIONS

_c = AUTHORIZATIONS.table.c
_AUTHORIZATION: Final = AUTHORIZATIONS.select(
    _c.authorization_id == bindparam("authorization_id"), order=_c.version.desc()
)


def stated_authorization(
    trip: Trip, authorization_id: str
) -> statements_pb2.AuthorizationStatement | None:
    """Return the latest version that this node stated, or None."""
    row = _AUTHORIZATION.first(trip.db, authorization_id=authorization_id)  # a draft comes last
    if row is not None and not row.message_id:
        row = None
    if row is None:
        return None
    return statements_pb2.AuthorizationStatement.FromString(row.statement)
