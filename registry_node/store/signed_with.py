# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that this node signed with one key, as its store holds it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam

from itmo.payloads import PayloadKind
from registry_node.store.rows import ItemRow, ItemStatus
from registry_node.store.tables import ITEMS, SIGNED

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BY_KEY: Final = SIGNED.select(
    SIGNED.table.c.keyid == bindparam("keyid"), order=SIGNED.table.c.signed_at
)
_ITEM: Final = ITEMS.select(ITEMS.table.c.item_id == bindparam("item_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """One signing of an own message; what was signed again after a refusal stands here twice."""

    message_id: str
    kind: PayloadKind
    signed_at: datetime
    sequence: int
    status: ItemStatus
    transaction_id: str


def signed_with(
    db: sqlite3.Connection, keyid: str, since: datetime | None = None
) -> list[SignedMessage]:
    """Returns what was signed with a key since a moment, oldest first."""
    found = []
    for row in _BY_KEY.all(db, keyid=keyid):
        at = _EPOCH + timedelta(milliseconds=row.signed_at)
        item: ItemRow | None = _ITEM.first(db, item_id=row.item_id)
        if item is None or (since is not None and at < since):
            continue
        found.append(
            SignedMessage(
                message_id=item.message_id,
                kind=item.kind,
                signed_at=at,
                sequence=row.sender_sequence,
                status=item.status,
                transaction_id=item.transaction_id or "",
            )
        )
    return found
