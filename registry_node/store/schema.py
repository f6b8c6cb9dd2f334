# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's tables. What was signed is the record; ledger and lists could be made from it again.

Times are milliseconds since 1970 in UTC. Nullable means "not known (yet)", nothing else.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from itmo.lifecycle import State, TerminationCause
from itmo.payloads import PayloadKind
from itmo.runtime.db.columns import blob_column, flag_column, integer_column, one_of, text_column
from itmo.serials import MAX_SERIAL
from registry_node.store.rows import (
    AccountState,
    Action,
    DeliveryState,
    ItemStatus,
    JobState,
    ReconciliationOutcome,
)

metadata = MetaData()
ROW_WAITS: Final = "job_row.queued = 0 AND job_row.code = ''"
"""Rows of jobs that are still to be queued; said in the same words where they are looked for."""
WAS_REFUSED: Final = "traded.refusal_code <> ''"
"""Transactions that the broker did not take in."""


node_state = Table(
    "node_state",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    text_column("node"),
    text_column("network_id"),
    integer_column("cursor"),
    integer_column("recorded_sequence"),
    blob_column("recorded_hash"),
    integer_column("clock_offset_ms"),
    text_column("record_fault"),
    CheckConstraint("cursor >= 0 AND recorded_sequence >= 0", name="positions_count"),
    sqlite_strict=True,
)
"""One row: who this database belongs to, the mailbox cursor, the sender's chain as recorded, and what
the broker's record lacks of either, as long as it does; empty where it holds all."""

commit_mark = Table(
    "commit_mark",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    text_column("database_id"),
    integer_column("commits"),
    blob_column("mark"),
    blob_column("previous_mark"),
    CheckConstraint("commits >= 0", name="commits_count"),
    sqlite_strict=True,
)
"""One row: how often this database changed, and a chained hash of that, for the head beside it."""

outbox_item = Table(
    "outbox_item",
    metadata,
    Column("item_id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", Text, nullable=False, unique=True),
    text_column("kind"),
    blob_column("body"),
    text_column("transaction_id", nullable=True),
    text_column("status"),
    integer_column("created_at"),
    integer_column("changed_at"),
    flag_column("effective", nullable=True),
    text_column("code"),
    text_column("found"),
    integer_column("after_delivery"),
    one_of("kind", PayloadKind),
    one_of("status", ItemStatus),
    CheckConstraint("(status = 'DECIDED') = (effective IS NOT NULL)", name="decided_has_effect"),
    Index("outbox_item_status", "status", "item_id"),
    Index("outbox_item_transaction", "transaction_id"),
    Index("outbox_item_kind", "kind", "item_id"),
    sqlite_strict=True,
)
"""What the node says: payloads without header, in the order in which they are sent. `after_delivery` is
the last delivery that was applied before, so that the books can be made again in their order."""

signed_version = Table(
    "signed_version",
    metadata,
    Column("payload_hash", LargeBinary, primary_key=True),
    Column("item_id", Integer, ForeignKey("outbox_item.item_id"), nullable=False),
    integer_column("version"),
    integer_column("sender_sequence"),
    text_column("keyid"),
    blob_column("envelope"),
    integer_column("signed_at"),
    UniqueConstraint("item_id", "version", name="signed_version_counts"),
    CheckConstraint("sender_sequence >= 1", name="sequence_counts"),
    sqlite_strict=True,
)
"""Every signing of an item; the last one is sent, any one may turn out to be the recorded one."""

proof = Table(
    "proof",
    metadata,
    Column("payload_hash", LargeBinary, primary_key=True),
    text_column("message_id"),
    text_column("kind"),
    text_column("node"),
    text_column("causation_id"),
    blob_column("envelope"),
    integer_column("log_index", nullable=True),
    integer_column("judged_at"),
    integer_column("received_at"),
    integer_column("delivery_sequence", nullable=True),
    flag_column("effective", nullable=True),
    text_column("code"),
    text_column("found"),
    one_of("kind", PayloadKind),
    Index("proof_message", "message_id"),
    Index("proof_causation", "causation_id"),
    sqlite_strict=True,
)
"""Every verified signed message and statement, as it was signed. Never changed, never deleted."""

proof_transaction = Table(
    "proof_transaction",
    metadata,
    Column("transaction_id", Text, primary_key=True),
    Column("payload_hash", LargeBinary, ForeignKey("proof.payload_hash"), primary_key=True),
    sqlite_strict=True,
)
"""Which transactions a proof speaks of."""

traded = Table(
    "traded",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("transaction_id", Text, nullable=False, unique=True),
    text_column("state"),
    text_column("termination_cause", nullable=True),
    flag_column("proposed_here"),
    flag_column("received_here"),
    blob_column("proposal"),
    text_column("from_registry"),
    text_column("to_registry"),
    text_column("from_account"),
    text_column("to_account"),
    integer_column("quantity"),
    text_column("completion"),
    integer_column("deadline", nullable=True),
    text_column("marks"),
    blob_column("recorded"),
    blob_column("proposal_hash", nullable=True),
    blob_column("verdict_hash", nullable=True),
    blob_column("answer_hash", nullable=True),
    blob_column("closing_hash", nullable=True),
    text_column("refusal_code"),
    text_column("refusal_found"),
    Column("answer_item", Integer, ForeignKey("outbox_item.item_id"), nullable=True),
    integer_column("created_at"),
    integer_column("updated_at"),
    one_of("state", State),
    one_of("termination_cause", TerminationCause),
    CheckConstraint("quantity >= 0", name="quantity_counts"),
    CheckConstraint("proposed_here OR received_here", name="a_side_of_it"),
    Index("traded_state", "state", "number"),
    Index(
        "traded_refused",
        "transaction_id",
        sqlite_where=literal_column(WAS_REFUSED.replace("traded.", "")),
    ),
    sqlite_strict=True,
)
"""Transactions in which this node takes part."""

account = Table(
    "account",
    metadata,
    Column("account_id", Text, primary_key=True),
    text_column("registry"),
    integer_column("account_type"),
    blob_column("statement"),
    text_column("state"),
    text_column("message_id"),
    one_of("state", AccountState),
    CheckConstraint("account_type BETWEEN 0 AND 999", name="account_type_bounds"),
    sqlite_strict=True,
)
"""Own accounts; message_id is the last statement about one."""

mirrored = Table(
    "mirrored",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True),
    integer_column("last"),
    text_column("holder"),
    blob_column("position"),
    integer_column("pulled_at"),
    integer_column("log_size"),
    sqlite_strict=True,
)
"""What the node's Parties hold in other registries, as pulled last. It is no part of the ledger: what
stands here is reserved, offered and moved nowhere but in the registry that holds it."""

holding = Table(
    "holding",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    integer_column("last"),
    Column("account_id", Text, nullable=False),
    blob_column("attributes"),
    text_column("marks"),
    text_column("reserved_by", nullable=True),
    CheckConstraint(f"1 <= first AND first <= last AND last <= {MAX_SERIAL}", name="serials"),
    Index("holding_account", "account_id", "registry", "first"),
    Index("holding_reserved", "reserved_by"),
    sqlite_strict=True,
)
"""Units in own accounts. Rows are deleted and inserted, never updated; a trigger bars overlaps."""

_HOLDING_TRIGGERS: Final = (
    # Of disjoint ranges the last one that begins before the end reaches farthest: no other is looked at.
    """CREATE TRIGGER holding_disjoint BEFORE INSERT ON holding WHEN NEW.first <= (
         SELECT last FROM holding WHERE registry = NEW.registry AND first <= NEW.last
         ORDER BY first DESC LIMIT 1)
       BEGIN SELECT RAISE(ABORT, 'holding overlaps another one'); END""",
    """CREATE TRIGGER holding_final BEFORE UPDATE ON holding
       BEGIN SELECT RAISE(ABORT, 'holdings are replaced, not changed'); END""",
)

_PROOF_TRIGGERS: Final = tuple(
    f"""CREATE TRIGGER proof_no_{verb.lower()} BEFORE {verb} ON proof
        BEGIN SELECT RAISE(ABORT, 'proofs are never changed'); END"""
    for verb in ("UPDATE", "DELETE")
)

delivery = Table(
    "delivery",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    text_column("transaction_id"),
    integer_column("received_at"),
    text_column("state"),
    text_column("code"),
    text_column("found"),
    blob_column("raw", nullable=True),
    integer_column("applied_after", nullable=True),
    blob_column("digest"),
    one_of("state", DeliveryState),
    CheckConstraint("(state = 'QUARANTINED') = (raw IS NOT NULL)", name="quarantine_keeps_it"),
    sqlite_strict=True,
)
"""Every delivery; raw is kept where it did not verify. `digest` came with it and is stated to the broker
with the cursor. `applied_after` is the delivery after which one
was applied out of quarantine."""

alarm = Table(
    "alarm",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    integer_column("at"),
    text_column("code"),
    text_column("found"),
    text_column("transaction_id"),
    integer_column("delivery_sequence", nullable=True),
    integer_column("acknowledged_at", nullable=True),
    sqlite_strict=True,
)
"""What a person must look at, until one says that it was looked at."""

broker_key = Table(
    "broker_key",
    metadata,
    Column("keyid", Text, primary_key=True),
    blob_column("raw"),
    integer_column("not_before", nullable=True),
    integer_column("not_after", nullable=True),
    integer_column("revoked_at", nullable=True),
    integer_column("revoked_index", nullable=True),
    sqlite_strict=True,
)
"""The broker's keys that statements told of, each vouched for by a key that was pinned before."""

catalogue = Table(
    "catalogue",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    blob_column("content"),
    sqlite_strict=True,
)
"""Catalogues of rulebooks, by the digest that verdicts state."""

known_key = Table(
    "known_key",
    metadata,
    Column("keyid", Text, primary_key=True),
    text_column("node"),
    text_column("purpose"),
    blob_column("raw"),
    integer_column("not_before"),
    integer_column("not_after"),
    integer_column("revoked_at", nullable=True),
    sqlite_strict=True,
)
"""Keys of counterparties, as the broker's directory showed them."""

draft = Table(
    "draft",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    blob_column("body"),
    one_of("kind", PayloadKind),
    sqlite_strict=True,
)
"""Statements under way that nobody signed, each by what it is about."""

notice = Table(
    "notice",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("notice_id", Text, nullable=False, unique=True),
    text_column("kind"),
    text_column("node"),
    blob_column("payload"),
    blob_column("payload_hash"),
    blob_column("receipt"),
    integer_column("received_at"),
    integer_column("acknowledged_at", nullable=True),
    text_column("read_by"),
    one_of("kind", PayloadKind),
    sqlite_strict=True,
)
"""Notices, programme events, messages and maintenance that this node was sent, or sent itself."""

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("reconciliation_id", Text, primary_key=True),
    text_column("registry"),
    integer_column("begun_at"),
    integer_column("changed_at"),
    integer_column("log_index"),
    text_column("stage"),
    text_column("outcome"),
    text_column("found"),
    text_column("case_id"),
    blob_column("next_statement"),
    one_of("outcome", ReconciliationOutcome),
    Index("reconciliation_registry", "registry", "begun_at"),
    Index(
        "reconciliation_next",
        "registry",
        sqlite_where=literal_column("next_statement <> x''"),
    ),
    sqlite_strict=True,
)
"""Each time that the books of a registry were compared with the record. `next_statement` states the books
as they were when the receipt before it was applied."""

reconciliation_case = Table(
    "reconciliation_case",
    metadata,
    Column("case_id", Text, primary_key=True),
    text_column("registry"),
    integer_column("opened_at"),
    blob_column("differences"),
    blob_column("resolution"),
    integer_column("resolved_at", nullable=True),
    sqlite_strict=True,
)
"""What differed, as the clearing-house found it, and the operator's word that settled it."""

job = Table(
    "job",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    text_column("name"),
    text_column("state"),
    integer_column("created_at"),
    one_of("state", JobState),
    sqlite_strict=True,
)
"""Files whose rows are proposed, each by its SHA-256."""

job_row = Table(
    "job_row",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    text_column("transaction_id"),
    blob_column("proposal"),
    text_column("from_registry"),
    text_column("to_registry"),
    integer_column("together"),
    flag_column("queued"),
    text_column("code"),
    text_column("found"),
    Index(
        "job_row_waiting",
        "digest",
        "from_registry",
        "to_registry",
        "row",
        sqlite_where=literal_column(ROW_WAITS.replace("job_row.", "")),
    ),
    Index("job_row_transaction", "transaction_id"),
    sqlite_strict=True,
)
"""Their rows, each with the id that its transaction has from the start."""

instruction = Table(
    "instruction",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("instruction_id", Text, nullable=False, unique=True),
    text_column("action"),
    text_column("transaction_id"),
    text_column("account_id"),
    text_column("units"),
    integer_column("created_at"),
    integer_column("done_at", nullable=True),
    integer_column("attempts"),
    text_column("last_error"),
    one_of("action", Action),
    Index("instruction_open", "done_at", "number"),
    sqlite_strict=True,
)
"""What the connected registry system has to do; instruction_id is its idempotency key."""

TRIGGERS: Final[tuple[str, ...]] = (*_HOLDING_TRIGGERS, *_PROOF_TRIGGERS)
