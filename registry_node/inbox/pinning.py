# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's keys that are pinned: those of node.toml, and those that a pinned key vouched for.

The operator of the clearing-house registers a key with a signed statement; its receipt, signed with
a key that is pinned here, says that it took effect. So trust goes on from key to key, and never
comes from the directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, cast

from sqlalchemy import bindparam

from itmo.clock import to_ms, to_text
from itmo.core.v1 import decision_pb2, statements_pb2
from itmo.ed25519 import check_public_key, key_id, verify
from itmo.identifiers import NodeId
from itmo.joining import proof_of_possession_text
from itmo.keys import KeyPurpose, Keyring, PublicKey
from itmo.payloads import OPERATOR_NODE, Header, PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import moment
from registry_node.commands.trip import Trip, from_ms
from registry_node.damage import of_rows
from registry_node.inbox.opening import Verified
from registry_node.store.rows import BrokerKeyRow
from registry_node.store.tables import BROKER_KEYS

KEY_CHANGED: Final = "BROKER_KEY_CHANGED"
"""Code of the alarm that asks a person to compare a fingerprint."""
_ROW: Final = BROKER_KEYS.select(BROKER_KEYS.table.c.keyid == bindparam("keyid"))
_ROWS: Final = BROKER_KEYS.select(order=BROKER_KEYS.table.c.keyid)


def take_key(trip: Trip, statement: Verified, spoken: Sequence[Verified]) -> None:
    """Pins a key of the broker, or its revocation, once a receipt says that it took effect.

    Raises:
        ProtocolError: KEY_REFUSED, when no verifier may use the key; it is not pinned then.
    """
    row = vouched_for(trip, statement, spoken)
    if row is None:
        return
    known = _ROW.first(trip.db, keyid=row.keyid)
    if known is None:
        BROKER_KEYS.insert(trip.db, row)
    elif row.revoked_at is not None and known.revoked_at is None:
        row = replace(known, revoked_at=row.revoked_at, revoked_index=row.revoked_index)
        BROKER_KEYS.replace(trip.db, row)
    else:
        return  # applied before
    trip.alarm(KEY_CHANGED, _told(trip, row))


def vouched_for(trip: Trip, statement: Verified, spoken: Sequence[Verified]) -> BrokerKeyRow | None:
    """Returns what a verified receipt vouches for of a key of the broker; None where it does not.

    Raises:
        ProtocolError: KEY_REFUSED, when no verifier may use the key.
    """
    receipt = statement.message
    if not isinstance(receipt, decision_pb2.Receipt) or not receipt.effective:
        return None
    said = next((each for each in spoken if each.payload_hash == receipt.message_hash), None)
    if said is None or said.kind is not PayloadKind.KEY_STATEMENT:
        return None
    written = cast("statements_pb2.KeyStatement", said.message)
    ours = (
        said.header.sender_node == OPERATOR_NODE
        and written.node == trip.identity.broker_node
        and written.purpose == statements_pb2.KEY_PURPOSE_SIGN_RECEIPT
    )
    return _row(trip, written, statement.header, receipt.log_index) if ours else None


def _row(
    trip: Trip, written: statements_pb2.KeyStatement, head: Header, log_index: int
) -> BrokerKeyRow:
    raw = written.public_key
    check_public_key(raw)
    row = BrokerKeyRow(
        keyid=key_id(raw),
        raw=raw,
        not_before=None,
        not_after=None,
        revoked_at=None,
        revoked_index=None,
    )
    if written.revoked:
        # As the clearing-house counts it: what it decided in this very millisecond stays good.
        revoked_at = to_ms(head.creation_time) + 1
        return replace(row, revoked_at=revoked_at, revoked_index=log_index)
    text = proof_of_possession_text(trip.identity.network_id, written.node, raw)
    if not verify(raw, text.encode(), written.proof_of_possession):
        raise ProtocolError(
            Reason.KEY_REFUSED,
            f"key {row.keyid} of the clearing-house did not sign its proof of possession",
            keyid=row.keyid,
        )
    return replace(
        row,
        not_before=to_ms(moment(written.not_before, "not_before")),
        not_after=to_ms(moment(written.not_after, "not_after")),
    )


def _told(trip: Trip, row: BrokerKeyRow) -> str:
    broker = trip.identity.broker_node
    if row.revoked_at is not None or row.not_before is None or row.not_after is None:
        return (
            f"{broker} no longer signs with key {row.keyid}: it was revoked. If nobody told you why, ask"
            " the operator of the clearing-house over another channel."
        )
    first, last = to_text(from_ms(row.not_before)), to_text(from_ms(row.not_after))
    return (
        f"{broker} signs with a further key from {first} until {last}, vouched for"
        f" by a key that was pinned here. Compare its fingerprint with the operator of the"
        f" clearing-house over another channel: {row.keyid}"
    )


@of_rows
def pinned_rows(trip: Trip) -> list[BrokerKeyRow]:
    """Returns what statements said of the broker's keys, by key id."""
    return _ROWS.all(trip.db)


def with_rows(keyring: Keyring, rows: Iterable[BrokerKeyRow], broker: NodeId) -> Keyring:
    """Returns a key ring with what statements said; a key that is pinned keeps its validity."""
    changed = []
    for row in rows:
        key = keyring.known(row.keyid) or _key(row, broker)
        if key is not None:
            revoked_at = None if row.revoked_at is None else from_ms(row.revoked_at)
            changed.append(replace(key, revoked_at=revoked_at, revoked_index=row.revoked_index))
    return keyring.with_keys(changed)


def _key(row: BrokerKeyRow, broker: NodeId) -> PublicKey | None:
    """The key of a row; None of a revoked one that was never pinned."""
    if row.not_before is None or row.not_after is None:
        return None
    return PublicKey(
        keyid=row.keyid,
        node=broker,
        purpose=KeyPurpose.SIGN_RECEIPT,
        raw=row.raw,
        not_before=from_ms(row.not_before),
        not_after=from_ms(row.not_after),
    )
