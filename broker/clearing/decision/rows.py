# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the command path reads and writes: one frozen row type per table that changes."""

from __future__ import annotations

from dataclasses import dataclass

from broker.rulebook.general.proposal import TransactionType
from itmo.deliveries import NO_DELIVERY
from itmo.frozen import quickly_made
from itmo.keys import KeyPurpose
from itmo.lifecycle import Completion, Event, State, TerminationCause
from itmo.node_kinds import NodeKind
from itmo.payloads import PayloadKind
from itmo.schema_versions import FIRST_SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRow:
    """Signed other content under a message id that was used."""

    payload_hash: bytes
    message_id: str
    sender_node: str
    kind: PayloadKind
    payload: bytes
    keyids: str
    """As of a message."""
    signatures: bytes
    received_at: int


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRow:
    """A transaction. Times are milliseconds since 1970."""

    transaction_id: str
    type: TransactionType
    state: State
    termination_cause: TerminationCause | None
    from_registry: str
    to_registry: str
    from_account: str
    to_account: str
    proposer_node: str
    receiver_node: str | None
    quantity: int
    completion: Completion
    rulebook: str
    marks: tuple[str, ...]
    """Words of its regime for what it is."""
    proposed_at: int
    deadline: int
    updated_at: int
    message_id: str
    ordinal: int
    proposal_hash: bytes
    verdict_hash: bytes
    answer_hash: bytes | None
    closing_hash: bytes | None
    moves: int
    """Number of moves so far; the ordinal of the next event."""
    reason: str = ""
    """Why it was rejected or withdrawn, in the words of the side that did."""

    @property
    def two_party(self) -> bool:
        """True when a receiver takes part."""
        return self.receiver_node is not None


@quickly_made
@dataclass(frozen=True, slots=True)
class EventRow:
    """One move of a transaction."""

    transaction_id: str
    ordinal: int
    event: Event
    from_state: State
    to_state: State
    log_index: int


@quickly_made
@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as it was signed."""

    message_id: str
    sender_node: str
    sender_sequence: int
    kind: PayloadKind
    payload: bytes
    payload_hash: bytes
    keyids: str
    """Key ids, comma between."""
    signatures: bytes
    """64 bytes for each key, in the same order."""
    log_index: int


@quickly_made
@dataclass(frozen=True, slots=True)
class StatementRow:
    """A verdict or receipt, to be signed when it is handed out."""

    statement_id: str
    sequence: int
    kind: PayloadKind
    payload: bytes
    payload_hash: bytes
    causation_id: str | None
    transaction_id: str | None
    log_index: int
    keyid: str | None = None
    """Key of the stored signature, once there is one."""
    signature: bytes | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A signature that was made after its statement's commit."""

    statement_id: str
    keyid: str
    signature: bytes


@quickly_made
@dataclass(frozen=True, slots=True)
class LeafRow:
    """A leaf of the log."""

    log_index: int
    leaf_hash: bytes
    message_id: str | None
    transaction_id: str | None
    decided_at: int


@quickly_made
@dataclass(frozen=True, slots=True)
class SenderRow:
    """Where a sender's chain stands."""

    node: str
    next_sequence: int
    previous_payload_hash: bytes


@dataclass(frozen=True, slots=True)
class NodeRow:
    """An admitted node.

    Attributes:
        previous_tls_key_hash: The TLS key before, where it is still taken for a while.
        previous_tls_key_until: Until when, in milliseconds since 1970.
        schema_versions: Versions of payloads that it reads, with a blank between.
    """

    node: str
    kind: NodeKind
    tls_key_hash: bytes
    message_id: str
    previous_tls_key_hash: bytes | None = None
    previous_tls_key_until: int | None = None
    schema_versions: str = str(FIRST_SCHEMA_VERSION)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A registered key. Times are milliseconds since 1970.

    Attributes:
        registered_index: Place in the log of its registration; None for a key of the founding.
        revoked_index: Place in the log of its revocation: what is decided after it, it cannot sign.
    """

    keyid: str
    node: str
    purpose: KeyPurpose
    public_key: bytes
    not_before: int
    not_after: int
    revoked_at: int | None
    registered_index: int | None = None
    revoked_index: int | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class IssuedRow:
    """A block as it was issued, with where its attributes are written down."""

    registry: str
    first: int
    last: int
    transaction_id: str
    rulebook: str
    attributes: bytes


@dataclass(frozen=True, slots=True)
class LookupRow:
    """Numbers under which an issued block is found."""

    space: str
    name: str
    low: int
    high: int
    registry: str
    first: int


@dataclass(frozen=True, slots=True)
class RestatedRow:
    """Units whose state a statement changed; what transactions change stands in their postings."""

    log_index: int
    registry: str
    first: int
    last: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ReversalRow:
    """The operator's agreement to a reversal, and the transaction that carried it out."""

    transaction_id: str
    message_id: str
    reversed_by: str | None


@quickly_made
@dataclass(frozen=True, slots=True)
class EntryRow:
    """One row of the adjustment ledger."""

    entry_id: int
    kind: str
    debit: str
    credit: str
    amount: int
    metric: str
    party: str
    year: int
    transaction_id: str
    registry: str
    first: int
    last: int
    log_index: int
    booked_at: int
    generation: int = 0
    """How often the same was booked of the units and reversed before."""


@quickly_made
@dataclass(frozen=True, slots=True)
class MailboxEnd:
    """Where a mailbox ends: its last delivery and the digest up to there."""

    sequence: int = 0
    digest: bytes = NO_DELIVERY


@quickly_made
@dataclass(frozen=True, slots=True)
class MailboxEntryRow:
    """A delivery: the counterparty's message, where there is one, and the statements."""

    node: str
    sequence: int
    transaction_id: str | None
    message_id: str | None
    statement_ids: str
    enqueued_at: int
    digest: bytes
