# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Registering and revoking keys, each at its place in the log."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import KeyRow
from broker.clearing.notices.notices import Announced
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.received import Received
from broker.regime.refusals import NoEffect
from itmo import limits
from itmo.clock import to_ms
from itmo.core.v1 import statements_pb2
from itmo.ed25519 import check_public_key, key_id, verify
from itmo.identifiers import NodeId, parse_node_id
from itmo.joining import proof_of_possession_text
from itmo.keys import KeyPurpose
from itmo.reasons import Reason
from itmo.timestamps import moment

PURPOSES: Final = {
    statements_pb2.KEY_PURPOSE_SIGN_MESSAGE: KeyPurpose.SIGN_MESSAGE,
    statements_pb2.KEY_PURPOSE_SIGN_RECEIPT: KeyPurpose.SIGN_RECEIPT,
    statements_pb2.KEY_PURPOSE_OPERATE: KeyPurpose.OPERATE,
}


def change_key(desk: Desk, received: Received) -> Announced | None:
    """Adds or revokes a key. A revocation takes effect at its place in the log.

    Every node hears of a change of the broker's own keys, since it pins them: the receipt that comes
    with the statement is signed with a key that it pins already.

    Raises:
        NoEffect, ProtocolError: the key is unsafe, its possession is not proven, it was registered
            before in another form, it signs the statement itself, or nobody could sign without it.
    """
    written = cast("statements_pb2.KeyStatement", received.payload)
    sender = received.header.sender_node
    node = parse_node_id(written.node, "node")
    purpose = PURPOSES.get(written.purpose)
    own = {desk.charter.broker_node: KeyPurpose.SIGN_RECEIPT, OPERATOR_NODE: KeyPurpose.OPERATE}
    expected = own.get(node, KeyPurpose.SIGN_MESSAGE)
    if purpose is not expected:
        raise NoEffect(Reason.KEY_WRONG_PURPOSE, f"a key of {node} is for {expected}")
    if sender not in (node, OPERATOR_NODE):
        raise NoEffect(Reason.PERMISSION_DENIED, f"{sender} may not change keys of {node}")
    if node not in own and node not in desk.world.nodes:
        raise NoEffect(Reason.NODE_UNKNOWN, f"node {node} is not admitted")
    check_public_key(written.public_key)
    keyid = key_id(written.public_key)
    if written.revoked:
        _revoke(desk, received, keyid, node, own=node in own)
    else:
        _register(desk, written, node, purpose, bounded=sender == node)
    if node != desk.charter.broker_node:
        return None
    return Announced(frozenset(desk.world.nodes), notice=False)


def _register(
    desk: Desk,
    written: statements_pb2.KeyStatement,
    node: NodeId,
    purpose: KeyPurpose,
    *,
    bounded: bool,
) -> None:
    text = proof_of_possession_text(desk.charter.network_id, node, written.public_key)
    if not verify(written.public_key, text.encode(), written.proof_of_possession):
        raise NoEffect(Reason.KEY_REFUSED, "the new key did not sign its proof of possession")
    row = key_row(
        node,
        purpose,
        written.public_key,
        to_ms(moment(written.not_before, "not_before")),
        to_ms(moment(written.not_after, "not_after")),
        desk.world.log_size,
    )
    known = desk.world.keys.get(row.keyid)
    if known is not None and known != replace(row, registered_index=known.registered_index):
        raise NoEffect(
            Reason.KEY_REFUSED,
            f"key {row.keyid} was registered before, for another node or validity, or is revoked;"
            " what is registered never changes: make another key",
        )
    has = desk.world.key_counts.get(node, 0)
    if bounded and known is None and has >= limits.MAX_KEYS_PER_NODE:
        raise NoEffect(
            Reason.NODE_LIMIT_REACHED,
            f"{node} has had {has} keys registered, at most {limits.MAX_KEYS_PER_NODE} on its own word; ask"
            " the operator of the clearing-house to register this one",
        )
    add_key(desk, row)


def key_row(
    node: NodeId,
    purpose: KeyPurpose,
    public_key: bytes,
    not_before: int,
    not_after: int,
    registered_index: int | None,
) -> KeyRow:
    """A key that is not revoked; times in milliseconds since 1970."""
    return KeyRow(
        keyid=key_id(public_key),
        node=node,
        purpose=purpose,
        public_key=public_key,
        not_before=not_before,
        not_after=not_after,
        revoked_at=None,
        registered_index=registered_index,
        revoked_index=None,
    )


def add_key(desk: Desk, row: KeyRow) -> None:
    """Registers a key, where the node does not have it already.

    Raises:
        NoEffect: it is another node's, was revoked, or would never be valid.
    """
    known = desk.world.keys.get(row.keyid)
    if known is not None:
        if known.node != row.node or known.revoked_at is not None:
            raise NoEffect(Reason.KEY_REFUSED, "the key was registered before")
        return
    if not row.not_before < row.not_after:
        raise NoEffect(Reason.PAYLOAD_INVALID, "the key's validity is empty")
    desk.world.keys[row.keyid] = row
    desk.world.key_counts[row.node] = desk.world.key_counts.get(row.node, 0) + 1
    desk.effects.keys.add(row.keyid)


def _revoke(desk: Desk, received: Received, keyid: str, node: NodeId, *, own: bool) -> None:
    known = desk.world.keys.get(keyid)
    if known is None or known.node != node or known.revoked_at is not None:
        raise NoEffect(Reason.KEY_UNKNOWN, f"{node} has no key {keyid} that could be revoked")
    if keyid in received.keyids:
        raise NoEffect(Reason.KEY_REFUSED, "a key does not revoke itself; sign with another one")
    now = desk.now_ms
    others = (key for key in desk.world.keys.values() if key.node == node and key.keyid != keyid)
    if own and not any(_good(key, now) for key in others):
        raise NoEffect(
            Reason.KEY_IN_USE,
            f"key {keyid} is the last one that {node} can sign with now; register another one first",
        )
    # One later than now: what was recorded earlier in this very millisecond stays valid for readers.
    desk.world.keys[keyid] = replace(known, revoked_at=now + 1, revoked_index=desk.world.log_size)
    desk.effects.keys.add(keyid)


def _good(key: KeyRow, now: int) -> bool:
    return key.revoked_at is None and key.not_before <= now < key.not_after
