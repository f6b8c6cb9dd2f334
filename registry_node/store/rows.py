# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows as they are stored: one class per table, fields named as columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from itmo.keys import KeyPurpose
from itmo.lifecycle import Completion, State, TerminationCause
from itmo.payloads import PayloadKind


class ItemStatus(StrEnum):
    """How far an outbox item has come."""

    QUEUED = "QUEUED"  # not signed yet
    SIGNED = "SIGNED"  # sent or about to be; whether the broker has it is in doubt
    ANSWERED = "ANSWERED"  # the broker has recorded it; the decision comes through the mailbox
    DECIDED = "DECIDED"  # the decision was applied
    REFUSED = "REFUSED"  # not taken in, or withdrawn unsent; it consumed no sequence number


class AccountState(StrEnum):
    """Where an account stands with the broker."""

    PENDING = "PENDING"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    REFUSED = "REFUSED"


class DeliveryState(StrEnum):
    """What became of a delivery."""

    APPLIED = "APPLIED"
    QUARANTINED = "QUARANTINED"


class ReconciliationOutcome(StrEnum):
    """What came of comparing books with the record."""

    OPEN = "OPEN"  # it goes on, or another one was begun before it ended
    AGREED = "AGREED"
    DIFFERS = "DIFFERS"
    REFUSED = "REFUSED"


class Action(StrEnum):
    """What a registry system is told to do."""

    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStateRow:
    """Row of node_state."""

    id: int
    node: str
    network_id: str
    cursor: int
    recorded_sequence: int
    recorded_hash: bytes
    clock_offset_ms: int
    record_fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """Row of outbox_item."""

    item_id: int | None = None
    message_id: str
    kind: PayloadKind
    body: bytes
    transaction_id: str | None
    status: ItemStatus
    created_at: int
    changed_at: int
    effective: bool | None = None
    code: str = ""
    found: str = ""
    after_delivery: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRow:
    """Row of signed_version."""

    payload_hash: bytes
    item_id: int
    version: int
    sender_sequence: int
    keyid: str
    envelope: bytes
    signed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """Row of proof."""

    payload_hash: bytes
    message_id: str
    kind: PayloadKind
    node: str
    causation_id: str
    envelope: bytes
    log_index: int | None
    judged_at: int
    received_at: int
    delivery_sequence: int | None
    effective: bool | None
    code: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofTransactionRow:
    """Row of proof_transaction."""

    transaction_id: str
    payload_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRow:
    """Row of traded."""

    number: int | None = None
    transaction_id: str
    state: State
    termination_cause: TerminationCause | None = None
    proposed_here: bool
    received_here: bool
    proposal: bytes
    from_registry: str
    to_registry: str
    from_account: str
    to_account: str
    quantity: int
    completion: Completion
    deadline: int | None = None
    marks: str = ""
    """What the clearing-house marked it with, spaces between."""
    recorded: bytes = b""
    """The units of a TransactionVerdict; empty until it was validated."""
    proposal_hash: bytes | None = None
    verdict_hash: bytes | None = None
    answer_hash: bytes | None = None
    closing_hash: bytes | None = None
    refusal_code: str = ""
    refusal_found: str = ""
    answer_item: int | None = None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """Row of account.

    Attributes:
        statement: The AccountStatement that opens it, without header; what it says beyond registry and
            type is looked at by those who show it.
    """

    account_id: str
    registry: str
    account_type: int
    statement: bytes
    state: AccountState
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """Row of delivery."""

    sequence: int
    transaction_id: str
    received_at: int
    state: DeliveryState
    code: str
    found: str
    raw: bytes | None
    applied_after: int | None = None
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """Row of alarm."""

    number: int | None = None
    at: int
    code: str
    found: str
    transaction_id: str
    delivery_sequence: int | None
    acknowledged_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerKeyRow:
    """Row of broker_key. Of a revoked key whose validity stands in node.toml there is none here."""

    keyid: str
    raw: bytes
    not_before: int | None
    not_after: int | None
    revoked_at: int | None
    revoked_index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """Row of catalogue."""

    digest: bytes
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """Row of known_key."""

    keyid: str
    node: str
    purpose: KeyPurpose
    raw: bytes
    not_before: int
    not_after: int
    revoked_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """Row of draft: a statement that was not signed yet, by its kind and by what it is about."""

    kind: PayloadKind
    name: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredRow:
    """Row of mirrored: units that the node's Parties hold in another registry.

    Attributes:
        position: The UnitPosition that the clearing-house showed.
    """

    registry: str
    first: int
    last: int
    holder: str
    position: bytes
    pulled_at: int
    log_size: int

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """Row of notice.

    Attributes:
        node: Who sent it; the own node for what went out.
        receipt: The clearing-house's receipt, with the units that the notice is about.
        acknowledged_at: When the clearing-house took in this node's acknowledgement.
        read_by: Nodes that acknowledged an own notice, spaces between.
    """

    number: int | None = None
    notice_id: str
    kind: PayloadKind
    node: str
    payload: bytes
    payload_hash: bytes
    receipt: bytes
    received_at: int
    acknowledged_at: int | None = None
    read_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationRow:
    """Row of reconciliation.

    Attributes:
        reconciliation_id: The own message that began it.
        log_index: Place in the broker's log of the last receipt.
        stage: What is to be stated next, as the protocol names it; empty: nothing.
        found: Why a statement was refused.
        case_id: The case of what differs; empty: nothing does.
        next_statement: The statement that is to be queued; empty: none is.
    """

    reconciliation_id: str
    registry: str
    begun_at: int
    changed_at: int
    log_index: int
    stage: str
    outcome: ReconciliationOutcome
    found: str
    case_id: str
    next_statement: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """Row of reconciliation_case.

    Attributes:
        differences: A ReconciliationAnswer with everything that was found to differ.
        resolution: The operator's CaseResolution; empty: the case is open.
    """

    case_id: str
    registry: str
    opened_at: int
    differences: bytes
    resolution: bytes
    resolved_at: int | None


class JobState(StrEnum):
    """Whether a job has all its rows, and sends them."""

    LOADING = "LOADING"
    STARTED = "STARTED"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """Row of job: a file by its SHA-256, whatever its name."""

    digest: bytes
    name: str
    state: JobState
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRow:
    """Row of job_row.

    Attributes:
        row: Its number in the file.
        together: With how many at most it goes in a message; 0: as many as there may be.
        proposal: What is wanted; empty once it is queued.
        code: Why it could not be queued; empty: it was, or waits.
    """

    digest: bytes
    row: int
    transaction_id: str
    proposal: bytes
    from_registry: str
    to_registry: str
    together: int = 0
    queued: bool = False
    code: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionRow:
    """Row of instruction."""

    number: int | None = None
    instruction_id: str
    action: Action
    transaction_id: str
    account_id: str
    units: str
    created_at: int
    done_at: int | None = None
    attempts: int = 0
    last_error: str = ""
