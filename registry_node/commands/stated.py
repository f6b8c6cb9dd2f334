# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Look up what this node stated before."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam

from itmo.paris.v1 import authorization_pb2
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.store.rows import AuthorizationRow, ItemStatus
from registry_node.store.tables import AUTHORIZATIONS, ITEMS

_c = AUTHORIZATIONS.table.c
_AUTHORIZATION: Final = AUTHORIZATIONS.select(
    _c.authorization_id == bindparam("authorization_id"), order=_c.version.desc()
)
_ITEM: Final = ITEMS.select(ITEMS.table.c.message_id == bindparam("message_id"))


def refused(trip: Trip, row: AuthorizationRow) -> bool:
    """Say whether the clearing-house did not take a version in; its number is then free."""
    item = _ITEM.first(trip.db, message_id=row.message_id)
    return item is not None and (item.status is ItemStatus.REFUSED or item.effective is False)


def stated_authorization(
    trip: Trip, authorization_id: str
) -> authorization_pb2.AuthorizationStatement | None:
    """Return the latest version that this node stated, drafts and refused ones left out."""
    for row in _AUTHORIZATION.all(trip.db, authorization_id=authorization_id):
        if row.message_id and not refused(trip, row):
            return decoded(authorization_pb2.AuthorizationStatement, row.statement)
    return None
