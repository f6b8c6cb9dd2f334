# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The outbox against what was signed, and key ids against keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import bindparam

from itmo.clock import to_ms
from itmo.ed25519 import key_id
from itmo.ids import minted_ms
from itmo.keys import Keyring
from itmo.reasons import ProtocolError
from registry_node.commands.trip import Trip, from_ms
from registry_node.inbox.directory import known_keys
from registry_node.inbox.opening import Opener
from registry_node.inbox.own_messages import body_of, subject_of
from registry_node.outbox.items import envelope_of
from registry_node.store.database import node_state
from registry_node.store.rows import ItemRow, ItemStatus, SignedRow
from registry_node.store.tables import DELIVERIES, ITEMS, PROOFS, SIGNED

_ITEMS: Final = ITEMS.select(order=ITEMS.table.c.item_id)
_SIGNED: Final = SIGNED.select(order=SIGNED.table.c.version)
_OWN: Final = PROOFS.select(PROOFS.table.c.node == bindparam("node"))
_DELIVERIES: Final = DELIVERIES.select(order=DELIVERIES.table.c.sequence)


def key_faults(trip: Trip) -> Iterator[str]:
    """Keys that are filed under the id of another one."""
    for key in known_keys(trip):
        if key_id(key.raw) != key.keyid:
            yield f"known_key ({key.keyid}): it is the id of another key"


def outbox_faults(trip: Trip, opener: Opener) -> Iterator[str]:
    """Messages of the outbox that are not what was signed, and deliveries with a gap."""
    keys = Keyring(known_keys(trip))
    signed: dict[int, list[SignedRow]] = {}
    for version in _SIGNED.all(trip.db):
        signed.setdefault(version.item_id, []).append(version)
    proven = {proof.message_id for proof in _OWN.all(trip.db, node=trip.identity.node)}
    state = node_state(trip.db)
    before = 0
    for item in _ITEMS.all(trip.db):
        name = f"outbox_item ({item.message_id})"
        if not before <= item.after_delivery <= state.cursor:
            yield f"{name}: after_delivery {item.after_delivery} is out of its order"
        before = max(before, item.after_delivery)
        if item.created_at > minted_ms(item.message_id):
            yield f"{name}: created_at lies after the time in its id"
        if item.transaction_id != subject_of(item.kind, item.body):
            yield f"{name}: transaction_id is not that of its body"
        if item.status is ItemStatus.REFUSED and item.message_id in proven:
            yield f"{name}: it is REFUSED here, and the broker has recorded it"
        versions = signed.get(item.item_id or 0, [])
        for number, version in enumerate(versions, 1):
            if version.version != number:
                yield f"{name}: signing {number} is numbered {version.version}"
            yield from _version_faults(name, item, version, opener, keys)
    yield from _delivery_faults(trip, state.cursor)


def _delivery_faults(trip: Trip, cursor: int) -> Iterator[str]:
    last = 0
    for row in _DELIVERIES.all(trip.db):
        if row.sequence != last + 1:
            yield f"delivery ({row.sequence}): it follows delivery {last}"
        last = row.sequence
        if row.raw is None and (row.code or row.found):
            yield f"delivery ({row.sequence}): it is {row.state} and names a fault"
    if last != cursor:
        yield f"node_state: cursor is {cursor}, the last delivery is {last}"


def _version_faults(
    name: str, item: ItemRow, version: SignedRow, opener: Opener, keys: Keyring
) -> Iterator[str]:
    try:
        said = opener.spoken(envelope_of(version.envelope), keys, from_ms(version.signed_at))
    except (ProtocolError, ValueError) as error:
        yield f"{name}: signing {version.version} does not verify: {error}"
        return
    header = said.header
    found = {
        "payload_hash": (version.payload_hash, said.payload_hash),
        "sender_sequence": (version.sender_sequence, header.sender_sequence),
        "keyid": (version.keyid, envelope_of(version.envelope).signatures[0].keyid),
        "signed_at": (version.signed_at, to_ms(header.creation_time)),
        "message_id": (item.message_id, header.message_id),
        "kind": (item.kind, said.kind),
        "body": (item.body, body_of(said)),
    }
    for column, (one, other) in found.items():
        if one != other:
            yield f"{name}: {column} is not that of signing {version.version}"
