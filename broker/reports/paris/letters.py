# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One authorization as its letters: every version with the signatures under it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from broker.store import schema as s
from broker.store.statements import sql
from itmo.authorization_letter import Version
from itmo.clock import from_ms
from itmo.core.v1 import statements_pb2
from itmo.forms import moment
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason

_A, _M, _S, _L = s.authorization, s.message, s.statement, s.log_leaf
_VERSIONS: Final = sql(
    select(
        _M.c.payload,
        _M.c.sender_node,
        _M.c.keyids,
        _S.c.payload_hash,
        _S.c.log_index,
        s.statement_signature.c.keyid,
        _L.c.decided_at,
    )
    .select_from(_A)
    .join(_M, _M.c.message_id == _A.c.message_id)
    .join(_S, _S.c.causation_id == _A.c.message_id)
    .join(_L, _L.c.log_index == _S.c.log_index)
    .outerjoin(s.statement_signature, s.statement_signature.c.statement_id == _S.c.statement_id)
    .where(
        _A.c.party == bindparam("party"),
        _A.c.authorization_id == bindparam("id"),
        _S.c.kind == bindparam("kind"),
    )
    .order_by(_A.c.version)
)


def letters(connection: sqlite3.Connection, party: str, authorization_id: str) -> Sequence[Version]:
    """Every version of an authorization that took effect, oldest first.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    wanted = {"party": party, "id": authorization_id, "kind": PayloadKind.RECEIPT.value}
    found = [_version(*row) for row in connection.execute(_VERSIONS, wanted)]
    if not found:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"{party} has stated no authorization {authorization_id[:40]!a}; see"
            " `broker authorizations`.",
            where="authorization_id",
            found=authorization_id[:40],
        )
    last = len(found) - 1
    return [
        Version(
            statement=each.statement,
            standing=standing(revoked=each.statement.revoked, latest=place == last),
            signed_by=each.signed_by,
            countersigned_by=each.countersigned_by,
            countersigned_at=each.countersigned_at,
            receipt_hash=each.receipt_hash,
            log_index=each.log_index,
        )
        for place, each in enumerate(found)
    ]


def standing(*, revoked: bool, latest: bool) -> str:
    """Where a version that was taken in stands, in the words a node uses."""
    if not latest:
        return "SUPERSEDED"
    return "REVOKED" if revoked else "IN_EFFECT"


def _version(
    payload: bytes,
    node: str,
    keyids: str,
    receipt_hash: bytes,
    log_index: int,
    keyid: str | None,
    decided_at: int,
) -> Version:
    return Version(
        statement=statements_pb2.AuthorizationStatement.FromString(payload),
        standing="",
        signed_by=f"node {node}, key {keyids}",
        countersigned_by=f"the clearing-house, key {keyid}" if keyid else "the clearing-house",
        countersigned_at=moment(from_ms(decided_at)),
        receipt_hash=receipt_hash.hex(),
        log_index=log_index,
    )
