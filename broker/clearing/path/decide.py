# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One verified message, one decision: replay, clock, key, sequence, then its use case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from broker.clearing.decision.books import DeskBooks
from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import ConflictRow, StatementRow, TransactionRow
from broker.clearing.decision.strangers import takes_part
from broker.clearing.directory.directory import admit_node, change_account, set_registry_status
from broker.clearing.directory.keys import change_key
from broker.clearing.notices.notices import (
    Announced,
    acknowledge_notice,
    administrator_message,
    announce,
    state_maintenance,
)
from broker.clearing.path.fault import no_effect
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.received import Received
from broker.clearing.reconciliation import cases, reconciliation
from broker.clearing.sharing.sharing import Remark, state_sharing, take_report
from broker.clearing.transactions.answer import BATCHES, EVENT_OF, answer, answer_each
from broker.clearing.transactions.propose import propose
from broker.clearing.transactions.reversing import agree_to_reversal
from broker.clearing.transactions.unread import unread
from broker.regime.refusals import NoEffect
from itmo.clock import from_ms, to_text
from itmo.core.v1.reconciliation_pb2 import ReconciliationAnswer
from itmo.frozen import quickly_made
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason

Said = tuple[Remark, ...] | Announced | ReconciliationAnswer | None
"""What a statement came to: what was found, what others are to hear, or what is asked for next."""

STATEMENTS: Final[Mapping[PayloadKind, Callable[[Desk, Received], Said]]] = MappingProxyType(
    {
        PayloadKind.NODE_STATEMENT: admit_node,
        PayloadKind.REGISTRY_STATEMENT: set_registry_status,
        PayloadKind.KEY_STATEMENT: change_key,
        PayloadKind.ACCOUNT_STATEMENT: change_account,
        PayloadKind.REVERSAL_STATEMENT: agree_to_reversal,
        PayloadKind.SHARING_STATEMENT: state_sharing,
        PayloadKind.REGISTRY_REPORT: take_report,
        PayloadKind.NOTICE_ACKNOWLEDGEMENT: acknowledge_notice,
        PayloadKind.ADMINISTRATOR_MESSAGE: administrator_message,
        PayloadKind.MAINTENANCE_STATEMENT: state_maintenance,
        PayloadKind.RECONCILIATION_STATEMENT: reconciliation.take_statement,
        PayloadKind.CASE_RESOLUTION: cases.resolve,
    }
)


@quickly_made
@dataclass(frozen=True, slots=True)
class Decided:
    """A decision was made; its statements are signed after the commit."""

    statements: tuple[StatementRow, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The message was decided on before; the first answer is fetched again."""

    message_id: str


Decision = Decided | Replayed | ProtocolError
"""A ProtocolError: nothing was decided, and nothing was recorded but an event."""


def decide(desk: Desk, received: Received) -> Decision:
    """Decides on a message.

    In this order:

    1. same id and content: the first answer again; other content: kept as evidence, refused;
    2. what the gate remembered: outside the clock window, or malformed content;
    3. the key, as it stands at this place in the log;
    4. the sender's sequence and chain;
    5. whether the other side reads this version of the schema;
    6. the use case; what it refuses is a decision like any other.
    """
    head = received.header
    recorded = desk.world.recorded.get(head.message_id)
    if recorded is not None:  # (1)
        if recorded == received.payload_hash:
            return Replayed(head.message_id)
        if received.verified:
            return _reused(desk, received)
    if received.refusal is not None:  # (2)
        return received.refusal
    refusal = (
        _key_refusal(desk, received)  # (3)
        or _sequence_refusal(desk, received)  # (4)
        or unread(desk, received)  # (5)
    )
    if refusal is not None:
        return refusal
    desk.begin()
    desk.record(received)
    transaction_id: str | None = None
    if received.proposed:  # (6)
        propose(desk, received)
        transaction_id = desk.only_transaction(received)
    else:
        transaction_id = _speak(desk, received)
    return Decided(tuple(desk.close(received, transaction_id)))


def _speak(desk: Desk, received: Received) -> str | None:
    """Everything but proposals: answers about transactions, and statements."""
    try:
        if received.faulted:
            raise no_effect()
        if received.kind in BATCHES:
            answer_each(desk, received)
            return None
        if received.kind in EVENT_OF:
            return answer(desk, received)
        said = _take(desk, received) or ()
    except NoEffect as refusal:
        return _no_effect(desk, received, refusal)
    except ProtocolError as error:
        return _no_effect(desk, received, NoEffect(error.reason, error.message))
    if isinstance(said, Announced):
        receipt = desk.receipt(received, None, noticed=said.units)
        announce(desk, received, said, receipt)
    elif isinstance(said, ReconciliationAnswer):
        receipt = desk.receipt(received, None, reconciliation=said)
    else:
        receipt = desk.receipt(received, None, remarks=said)
    _tell_sender(desk, received, receipt)
    return None


def _take(desk: Desk, received: Received) -> Said:
    desk.world.stated_so_far += 1
    statement = desk.charter.regimes.statement(received.kind)
    if statement is None or received.kind in STATEMENTS:
        return STATEMENTS[received.kind](desk, received)
    books = DeskBooks(desk, received, statement)
    remarks = statement.take(books, received.payload)
    if statement.notice or books.to_hear:
        return Announced(frozenset(books.to_hear), tuple(books.noticed))
    return remarks


def _no_effect(desk: Desk, received: Received, refusal: NoEffect) -> str | None:
    # What is known of a transaction may be what the fault was about.
    row = None if received.faulted else _own_transaction(desk, received)
    _tell_sender(desk, received, desk.receipt(received, row, refusal=refusal), row)
    return row.transaction_id if row else None


def _own_transaction(desk: Desk, received: Received) -> TransactionRow | None:
    """The transaction an answer speaks of, where its sender takes part in it."""
    row = desk.world.transactions.get(getattr(received.payload, "transaction_id", ""))
    if row is not None and takes_part(row, received.header.sender_node):
        return row
    return None


def _tell_sender(
    desk: Desk, received: Received, receipt: StatementRow, row: TransactionRow | None = None
) -> None:
    sender = received.header.sender_node
    if sender != OPERATOR_NODE:
        desk.deliver(sender, [receipt], row.transaction_id if row else None)


def _reused(desk: Desk, received: Received) -> ProtocolError:
    head = received.header
    desk.effects.conflicts.append(
        ConflictRow(
            payload_hash=received.payload_hash,
            message_id=head.message_id,
            sender_node=head.sender_node,
            kind=received.kind,
            payload=received.payload_bytes,
            keyids=",".join(received.keyids),
            signatures=b"".join(received.signatures),
            received_at=desk.now_ms,
        )
    )
    return ProtocolError(
        Reason.MESSAGE_ID_REUSED,
        f"message id {head.message_id} was used for other content; both are kept as evidence;"
        " use a new id for a new message",
        message_id=head.message_id,
    )


def _key_refusal(desk: Desk, received: Received) -> ProtocolError | None:
    """Revocation counts from its place in the log, which may be earlier in this very group."""
    for keyid in received.keyids:
        key = desk.world.keys.get(keyid)
        if key is None:
            return ProtocolError(Reason.KEY_UNKNOWN, f"no key {keyid} is registered", keyid=keyid)
        if key.revoked_at is not None:
            return ProtocolError(
                Reason.KEY_REVOKED,
                f"key {keyid} is revoked; sign with another key",
                keyid=keyid,
                revoked_at=to_text(from_ms(key.revoked_at)),
            )
        if not key.not_before <= desk.now_ms < key.not_after:
            return ProtocolError(
                Reason.KEY_NOT_VALID_NOW,
                f"key {keyid} is not valid now",
                keyid=keyid,
                not_before=to_text(from_ms(key.not_before)),
                not_after=to_text(from_ms(key.not_after)),
                now=to_text(desk.now),
            )
    return None


def _sequence_refusal(desk: Desk, received: Received) -> ProtocolError | None:
    if received.validate_only:
        return None
    head = received.header
    chain = desk.world.senders.get(head.sender_node)
    expected = chain.next_sequence if chain else 1
    previous = chain.previous_payload_hash if chain else b""
    if head.sender_sequence > expected:
        return ProtocolError(
            Reason.SEQUENCE_GAP,
            f"message {head.sender_sequence} of {head.sender_node} came, {expected} is expected;"
            " send the missing ones first",
            found=head.sender_sequence,
            expected=expected,
        )
    if head.sender_sequence < expected:
        return ProtocolError(
            Reason.SEQUENCE_USED,
            f"message {head.sender_sequence} of {head.sender_node} is recorded with another id;"
            f" {expected} is next; if nobody else signs for this node, its store is older than the"
            " broker's: see chapter 14 of protocol.md",
            found=head.sender_sequence,
            expected=expected,
        )
    if head.previous_payload_hash != previous:
        return ProtocolError(
            Reason.PREVIOUS_HASH_MISMATCH,
            f"message {head.sender_sequence} does not chain to the payload recorded before it",
            found=head.previous_payload_hash.hex(),
            expected=previous.hex(),
        )
    return None
