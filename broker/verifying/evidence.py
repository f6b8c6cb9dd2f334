# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the replay cannot make again: kept conflicts, mailboxes' positions, events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from broker.clearing.decision.rows import ConflictRow
from broker.clearing.path.gate import OPERATOR_NODE
from broker.rulebook.general.described import rulebook_of
from broker.store import genesis, messages, nodes
from broker.store.catalogues import binding
from broker.store.genesis import Network
from broker.store.sqlite_groups import MAX_EVENTS_KEPT
from broker.store.timekeeping import ACCEPTANCE, acceptance
from itmo.ed25519 import verify as check_signature
from itmo.envelope import pae
from itmo.keys import KeyPurpose, PublicKey
from itmo.payloads import PayloadKind, decode, read_header
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.rows import Read

_CONFLICTS: Final = (
    "SELECT c.payload_hash, c.message_id, c.sender_node, c.kind, c.payload, c.keyids, c.signatures,"
    " c.received_at, m.payload_hash, m.sender_node, l.decided_at FROM conflicting_message c"
    " LEFT JOIN message m ON m.message_id = c.message_id"
    " LEFT JOIN log_leaf l ON l.log_index = m.log_index ORDER BY c.message_id"
)
_MAILBOXES: Final = (
    "SELECT b.node, b.last_sequence, b.acknowledged_sequence,"
    " (SELECT count(*) FROM mailbox_entry e WHERE e.node = b.node),"
    " (SELECT count(*) FROM node n WHERE n.node = b.node) FROM mailbox b ORDER BY b.node"
)
_EVENTS: Final = "SELECT refusal_id, reason, length(payload_hash) FROM refused_message"
_EVENT_COUNT: Final = "SELECT count(*) FROM refused_message"
_ACCEPTED: Final = (
    "SELECT number, log_index, accepted_at, expected_at, keyid, signature FROM clock_acceptance"
    " ORDER BY number"
)
_conflict: Final = Read(ConflictRow)
_SHA256: Final = 32
_MAX_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The message that is recorded under an id, if there is one."""

    payload_hash: bytes | None
    sender_node: str | None
    decided_at: int | None


_CATALOGUES: Final = (
    "SELECT digest, rulebook, number, binds_from, content FROM catalogue ORDER BY rulebook, number"
)


def evidence_problems(stored: Connection) -> Iterator[str]:
    """Yields what does not hold in what is kept beside the record."""
    yield from _conflict_problems(stored)
    yield from _mailbox_problems(stored)
    yield from _event_problems(stored)
    yield from _catalogue_problems(stored)
    known = genesis.read_network(stored)
    if known is not None:
        yield from _acceptance_problems(stored, known)
    if known is not None and known.clock_offset_ms and not known.test_network:
        yield "network: clock_offset_ms is set, and this is not a test network"


def _conflict_problems(stored: Connection) -> Iterator[str]:
    """Each was signed by its sender, and used the id of a recorded message for other content."""
    keys = {key.keyid: key for key in nodes.keys(stored)}
    for *kept, recorded_hash, recorded_sender, decided_at in stored.execute(_CONFLICTS):
        row = _conflict(kept)
        recorded = _Recorded(recorded_hash, recorded_sender, decided_at)
        fault = _conflict_fault(row, recorded, keys)
        if fault:
            yield f"conflicting_message ({row.message_id}): {fault}"


def _conflict_fault(row: ConflictRow, recorded: _Recorded, keys: dict[str, PublicKey]) -> str:
    if recorded.payload_hash is None:
        return "no message of this id is recorded"
    if hashlib.sha256(row.payload).digest() != row.payload_hash:
        return "payload does not hash to payload_hash"
    if row.payload_hash == recorded.payload_hash:
        return "its content is that of the recorded message"
    if row.sender_node != recorded.sender_node:
        return "sender_node is not that of the recorded message"
    if row.received_at < (recorded.decided_at or 0):
        return "received_at lies before the recorded message"
    try:
        envelope = messages.envelope(row.kind, row.payload, row.keyids, row.signatures)
        header = read_header(decode(PayloadKind(row.kind), row.payload).header)  # type: ignore[attr-defined]  # all have one
    except (ProtocolError, ValueError, TypeError) as error:
        return f"it cannot be read: {error}"
    if (header.message_id, header.sender_node) != (row.message_id, row.sender_node):
        return "message_id or sender_node is not that of its header"
    for signature in envelope.signatures:
        key = keys.get(signature.keyid)
        if key is None or key.node != row.sender_node:
            return "keyid is of no key of its sender"
        if not check_signature(key.raw, pae(envelope.payload_type, row.payload), signature.sig):
            return "signature does not verify"
    return ""


def _acceptance_problems(stored: Connection, network: Network) -> Iterator[str]:
    """Each time that was taken for right was signed by the operator, for this place in the log."""
    keys = {key.keyid: key for key in nodes.keys(stored) if key.purpose is KeyPurpose.OPERATE}
    for number, log_index, accepted_at, expected_at, keyid, signature in stored.execute(_ACCEPTED):
        key = keys.get(keyid)
        said = acceptance(network, log_index, accepted_at, expected_at)
        if key is None:
            yield f"clock_acceptance ({number}): keyid is of no key of the operator"
        elif not check_signature(key.raw, pae(ACCEPTANCE, said), signature):
            yield f"clock_acceptance ({number}): signature does not verify"


def _mailbox_problems(stored: Connection) -> Iterator[str]:
    for node, last, acknowledged, entries, admitted in stored.execute(_MAILBOXES):
        if last != entries:
            yield f"mailbox ({node}): last_sequence is {last}, it holds {entries} deliveries"
        if not 0 <= acknowledged <= last:
            yield f"mailbox ({node}): acknowledged_sequence {acknowledged} is beyond {last}"
        if not admitted and node != OPERATOR_NODE:
            yield f"mailbox ({node}): there is no such node"


def _event_problems(stored: Connection) -> Iterator[str]:
    """Events are not part of the record; here is what can be said of them."""
    (kept,) = stored.execute(_EVENT_COUNT).fetchone()
    if kept > MAX_EVENTS_KEPT:
        yield f"refused_message: {kept} events are kept, at most {MAX_EVENTS_KEPT} may be"
    shown = 0
    for refusal_id, reason, length in stored.execute(_EVENTS):
        if reason in Reason.__members__ and length in {0, _SHA256}:
            continue
        shown += 1
        if shown > _MAX_SHOWN:
            return
        yield f"refused_message ({refusal_id}): reason or payload_hash is none"


def _catalogue_problems(stored: Connection) -> Iterator[str]:
    """Catalogues have their digests, are those of the rulebook that they name, are numbered in a row, and bind when what they say has it."""
    last: tuple[str, int, bytes | None] = "", 0, None
    for digest, rulebook, number, at, content in stored.execute(_CATALOGUES):
        where = f"catalogue ({digest.hex()})"
        if hashlib.sha256(content).digest() != digest:
            yield f"{where}: its content does not hash to its digest"
            continue
        if rulebook != rulebook_of(content):
            yield f"{where}: it is one of {rulebook_of(content)}, and is listed under {rulebook}"
        if rulebook != last[0]:
            last = rulebook, 0, None
        if number != last[1] + 1:
            yield f"{where}: it is number {number} of {rulebook}, behind number {last[1]}"
        if at != binding(last[2], content):
            yield f"{where}: it does not bind from the moment that follows from its checks"
        last = rulebook, number, content
