# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether statements are signed with keys that were valid when they were made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from broker.verifying.put_away import payload_or_none
from itmo.clock import from_ms
from itmo.ed25519 import verify
from itmo.envelope import pae
from itmo.keys import KeyPurpose, Keyring, PublicKey
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions

_SIGNED: Final = (
    "SELECT s.statement_id, s.kind, s.payload, s.payload_hash, l.decided_at, s.log_index, g.keyid,"
    " g.signature"
    " FROM statement s"
    " JOIN statement_signature g ON g.statement_id = s.statement_id"
    " JOIN log_leaf l ON l.log_index = s.log_index"
    " WHERE s.sequence > ? ORDER BY s.sequence"
)


def signature_problems(
    stored: Connection, keys: list[PublicKey], broker_node: str, after: int = 0
) -> Iterator[str]:
    """Statements' stored signatures: by a key of the broker that was valid when it decided.

    Only statements behind `after`, which were not verified before.
    """
    keyring = Keyring(keys)
    rows = in_portions(stored, _SIGNED, (after,))
    for statement_id, kind, stated, stated_hash, decided_at, place, keyid, signature in rows:
        where = f"statement_signature ({statement_id})"
        try:
            key = keyring.find(keyid, KeyPurpose.SIGN_RECEIPT, from_ms(decided_at), place)
        except ProtocolError as error:
            yield f"{where}: keyid is of no key of the broker that was valid then: {error}"
            continue
        if key.node != broker_node:
            yield f"{where}: keyid is of a key of {key.node}"
            continue
        try:
            payload = payload_or_none(stored, stated, stated_hash, place)
        except ProtocolError as error:
            yield f"{where}: {error.message}"
            continue
        if payload is None:
            continue  # archived, and not at hand: its hash is in the log
        if not verify(key.raw, pae(PayloadKind(kind).label, payload), signature):
            yield f"{where}: signature does not verify"
