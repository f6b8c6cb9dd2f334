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
)

from itmo.lifecycle import State, TerminationCause
from itmo.payloads import PayloadKind
from itmo.serials import MAX_SERIAL
from registry_node.store.rows import AccountState, Action, DeliveryState, ItemStatus

metadata = MetaData()


def _one_of(column: str, values: object) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)  # type: ignore[attr-defined]  # an enum
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _flag(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, CheckConstraint(f"{name} IN (0, 1)"), nullable=nullable)


def _blob(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


node_state = Table(
    "node_state",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    _text("node"),
    _text("network_id"),
    _integer("cursor"),
    _integer("recorded_sequence"),
    _blob("recorded_hash"),
    _integer("clock_offset_ms"),
    _text("record_fault"),
    CheckConstraint("cursor >= 0 AND recorded_sequence >= 0", name="positions_count"),
    sqlite_strict=True,
)
"""One row: who this database belongs to, the mailbox cursor, the sender's chain as recorded, and what
the broker's record lacks of either, as long as it does; empty where it holds all."""

commit_mark = Table(
    "commit_mark",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    _text("database_id"),
    _integer("commits"),
    _blob("mark"),
    _blob("previous_mark"),
    CheckConstraint("commits >= 0", name="commits_count"),
    sqlite_strict=True,
)
"""One row: how often this database changed, and a chained hash of that, for the head beside it."""

outbox_item = Table(
    "outbox_item",
    metadata,
    Column("item_id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", Text, nullable=False, unique=True),
    _text("kind"),
    _blob("body"),
    _text("transaction_id", nullable=True),
    _text("status"),
    _integer("created_at"),
    _integer("changed_at"),
    _flag("effective", nullable=True),
    _text("code"),
    _text("found"),
    _integer("after_delivery"),
    _one_of("kind", PayloadKind),
    _one_of("status", ItemStatus),
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
    _integer("version"),
    _integer("sender_sequence"),
    _text("keyid"),
    _blob("envelope"),
    _integer("signed_at"),
    UniqueConstraint("item_id", "version", name="signed_version_counts"),
    CheckConstraint("sender_sequence >= 1", name="sequence_counts"),
    sqlite_strict=True,
)
"""Every signing of an item; the last one is sent, any one may turn out to be the recorded one."""

proof = Table(
    "proof",
    metadata,
    Column("payload_hash", LargeBinary, primary_key=True),
    _text("message_id"),
    _text("kind"),
    _text("node"),
    _text("causation_id"),
    _blob("envelope"),
    _integer("log_index", nullable=True),
    _integer("judged_at"),
    _integer("received_at"),
    _integer("delivery_sequence", nullable=True),
    _flag("effective", nullable=True),
    _text("code"),
    _text("found"),
    _one_of("kind", PayloadKind),
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
    _text("type"),
    _text("state"),
    _text("termination_cause", nullable=True),
    _flag("proposed_here"),
    _flag("received_here"),
    _blob("proposal"),
    _text("from_registry"),
    _text("to_registry"),
    _text("from_account"),
    _text("to_account"),
    _integer("quantity"),
    _text("completion"),
    _integer("deadline", nullable=True),
    _text("marks"),
    _blob("recorded"),
    _blob("proposal_hash", nullable=True),
    _blob("verdict_hash", nullable=True),
    _blob("answer_hash", nullable=True),
    _blob("closing_hash", nullable=True),
    _text("refusal_code"),
    _text("refusal_found"),
    _text("asked_because"),
    Column("answer_item", Integer, ForeignKey("outbox_item.item_id"), nullable=True),
    _integer("created_at"),
    _integer("updated_at"),
    _one_of("state", State),
    _one_of("termination_cause", TerminationCause),
    CheckConstraint("quantity >= 0", name="quantity_counts"),
    CheckConstraint("proposed_here OR received_here", name="a_side_of_it"),
    Index("traded_state", "state", "number"),
    sqlite_strict=True,
)
"""Transactions in which this node takes part."""

account = Table(
    "account",
    metadata,
    Column("account_id", Text, primary_key=True),
    _text("registry"),
    _integer("account_type"),
    _integer("ndc_first", nullable=True),
    _integer("ndc_last", nullable=True),
    _text("non_ghg_metric"),
    _text("entity"),
    _text("role"),
    _text("party"),
    _text("state"),
    _text("message_id"),
    _one_of("state", AccountState),
    CheckConstraint("account_type BETWEEN 0 AND 999", name="account_type_bounds"),
    sqlite_strict=True,
)
"""Own accounts; message_id is the last statement about one."""

mirrored = Table(
    "mirrored",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True),
    _integer("last"),
    _text("holder"),
    _integer("account_type"),
    _integer("vintage"),
    _text("cooperative_approach"),
    _integer("first_transferred"),
    _integer("pulled_at"),
    _integer("log_size"),
    sqlite_strict=True,
)
"""What the node's Parties hold in other registries, as pulled last. It is no part of the ledger: what
stands here is reserved, offered and moved nowhere but in the registry that holds it."""

holding = Table(
    "holding",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    _integer("last"),
    Column("account_id", Text, nullable=False),
    _blob("attributes"),
    _text("marks"),
    _text("reserved_by", nullable=True),
    CheckConstraint(f"1 <= first AND first <= last AND last <= {MAX_SERIAL}", name="serials"),
    Index("holding_account", "account_id", "registry", "first"),
    Index("holding_reserved", "reserved_by"),
    sqlite_strict=True,
)
"""Units in own accounts. Rows are deleted and inserted, never updated; a trigger bars overlaps."""

_HOLDING_TRIGGERS: Final = (
    """CREATE TRIGGER holding_disjoint BEFORE INSERT ON holding WHEN EXISTS (
         SELECT 1 FROM holding WHERE registry = NEW.registry
         AND first <= NEW.last AND last >= NEW.first)
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
    _text("transaction_id"),
    _integer("received_at"),
    _text("state"),
    _text("code"),
    _text("found"),
    _blob("raw", nullable=True),
    _integer("applied_after", nullable=True),
    _blob("digest"),
    _one_of("state", DeliveryState),
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
    _integer("at"),
    _text("code"),
    _text("found"),
    _text("transaction_id"),
    _integer("delivery_sequence", nullable=True),
    _integer("acknowledged_at", nullable=True),
    sqlite_strict=True,
)
"""What a person must look at, until one says that it was looked at."""

broker_key = Table(
    "broker_key",
    metadata,
    Column("keyid", Text, primary_key=True),
    _blob("raw"),
    _integer("not_before", nullable=True),
    _integer("not_after", nullable=True),
    _integer("revoked_at", nullable=True),
    _integer("revoked_index", nullable=True),
    sqlite_strict=True,
)
"""The broker's keys that statements told of, each vouched for by a key that was pinned before."""

known_key = Table(
    "known_key",
    metadata,
    Column("keyid", Text, primary_key=True),
    _text("node"),
    _text("purpose"),
    _blob("raw"),
    _integer("not_before"),
    _integer("not_after"),
    _integer("revoked_at", nullable=True),
    sqlite_strict=True,
)
"""Keys of counterparties, as the broker's directory showed them."""

authorization = Table(
    "authorization",
    metadata,
    Column("authorization_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("party", Text, primary_key=True),
    _blob("statement"),
    _text("message_id"),
    sqlite_strict=True,
)
"""Authorizations stated by this node."""

notice = Table(
    "notice",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("notice_id", Text, nullable=False, unique=True),
    _text("kind"),
    _text("node"),
    _blob("payload"),
    _blob("payload_hash"),
    _blob("receipt"),
    _integer("received_at"),
    _integer("acknowledged_at", nullable=True),
    _text("read_by"),
    _one_of("kind", PayloadKind),
    sqlite_strict=True,
)
"""Notices, programme events, messages and maintenance that this node was sent, or sent itself."""

instruction = Table(
    "instruction",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("instruction_id", Text, nullable=False, unique=True),
    _text("action"),
    _text("transaction_id"),
    _text("account_id"),
    _text("units"),
    _integer("created_at"),
    _integer("done_at", nullable=True),
    _integer("attempts"),
    _text("last_error"),
    _one_of("action", Action),
    Index("instruction_open", "done_at", "number"),
    sqlite_strict=True,
)
"""What the connected registry system has to do; instruction_id is its idempotency key."""

TRIGGERS: Final[tuple[str, ...]] = (*_HOLDING_TRIGGERS, *_PROOF_TRIGGERS)
