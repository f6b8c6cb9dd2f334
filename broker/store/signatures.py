# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Statements that were not signed, or with a key that was not good for them, are signed again."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from broker.store import nodes
from broker.store.schema import looked_through
from broker.store.sql import ADD_SIGNATURE
from itmo.clock import from_ms
from itmo.envelope import pae
from itmo.keys import KeyPurpose, Keyring, Signer
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.rows import put
from itmo.runtime.db.statement import Statement

_NOT_SIGNED_WELL: Final = (
    "SELECT s.sequence, s.statement_id, s.kind, s.payload, l.decided_at, s.log_index FROM statement s"
    " JOIN log_leaf l ON l.log_index = s.log_index"
    " LEFT JOIN statement_signature g ON g.statement_id = s.statement_id"
    " LEFT JOIN key k ON k.keyid = g.keyid AND k.purpose = 'SIGN_RECEIPT'"
    " AND k.not_before <= l.decided_at AND l.decided_at < k.not_after"
    " AND (k.revoked_index IS NULL OR s.log_index <= k.revoked_index)"
    " WHERE k.keyid IS NULL AND s.sequence > :after ORDER BY s.sequence"
)
_LAST: Final = "SELECT coalesce(max(sequence), 0) FROM statement"
_LOOKED: Final = Statement(
    select(looked_through.c.place).where(looked_through.c.name == bindparam("of_name"))
)
_LOOK: Final = put(looked_through)
_SIGNATURES: Final = "signatures"


def sign_again(connection: Connection, signer: Signer) -> int:
    """Signs statements that have no signature, or one by a key that was not good for them.

    A crash between commit and signature leaves the former, an older build that was started with a
    wrong key the latter. Statements from before the present key was valid stay as they are: no node
    would take its signature for them.

    What was looked through before, and had good signatures, is not looked at again.

    Returns:
        How many were signed.
    """
    own = Keyring(nodes.keys(connection))
    looked = connection.execute(_LOOKED, {"of_name": _SIGNATURES}).fetchone()
    after = looked[0] if looked else 0
    signed_to = connection.execute(_LAST).fetchone()[0]
    rows = []
    for sequence, *statement in in_portions(connection, _NOT_SIGNED_WELL, {"after": after}):
        statement_id, kind, payload, decided_at, place = statement
        try:
            own.find(signer.keyid, KeyPurpose.SIGN_RECEIPT, from_ms(decided_at), place)
        except ProtocolError:
            signed_to = min(signed_to, sequence - 1)  # another key may be able to
            continue
        signature = signer.sign(pae(PayloadKind(kind).label, payload))
        rows.append((statement_id, signer.keyid, signature))
    if rows or signed_to > after:
        connection.execute("BEGIN IMMEDIATE")
        ADD_SIGNATURE.run(connection, rows)
        _LOOK.run(connection, [(_SIGNATURES, signed_to)])
        connection.execute("COMMIT")
    return len(rows)
