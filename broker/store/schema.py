# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's tables. The signed messages are the record; everything else can be made from them.

Times are milliseconds since 1970 in UTC. Reference data (Parties, cooperative approaches,
authorizations) is kept as a pointer to the signed statement that holds it, so that there is one
form of it and none that could disagree.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    text,
)

from itmo.lifecycle import HOLDS_LOCK, State, TerminationCause
from itmo.serials import MAX_SERIAL

metadata = MetaData()
OPEN_STATES: Final = ", ".join(f"'{state}'" for state in sorted(HOLDS_LOCK))

_COUNT: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer; SQLite has one integer type, and strict tables know it by that name only."""


def _one_of(column: str, values: list[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _flag(name: str) -> Column[int]:
    return Column(name, _COUNT, CheckConstraint(f"{name} IN (0, 1)"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, _COUNT, nullable=nullable)


def _blob(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


network = Table(
    "network",
    metadata,
    Column("network_id", Text, primary_key=True),
    _text("broker_node"),
    _flag("test_network"),
    _integer("clock_offset_ms"),
    _text("database_id"),
    sqlite_strict=True,
)
"""One row: which network this database belongs to, and the id by which its head knows it."""

message = Table(
    "message",
    metadata,
    Column("message_id", Text, primary_key=True),
    _text("sender_node"),
    _integer("sender_sequence"),
    _text("kind"),
    _blob("payload"),
    _blob("payload_hash"),
    _text("keyids"),
    _blob("signatures"),
    _integer("log_index"),
    UniqueConstraint("sender_node", "sender_sequence", name="message_sequence"),
    sqlite_strict=True,
)
"""Every message taken in, as it was signed. Never changed, never deleted."""

conflicting_message = Table(
    "conflicting_message",
    metadata,
    _blob("payload_hash"),
    Column("message_id", Text, primary_key=True),
    _text("sender_node"),
    _text("kind"),
    _blob("payload"),
    _text("keyids"),
    _blob("signatures"),
    _integer("received_at"),
    Index("conflicting_sender", "sender_node"),
    sqlite_strict=True,
)
"""Evidence: signed other content under a used id. Kept are the first of an id, of a node a few ids."""

conflict_count = Table(
    "conflict_count",
    metadata,
    Column("sender_node", Text, primary_key=True),
    _integer("seen"),
    _integer("last_at"),
    sqlite_strict=True,
)

statement = Table(
    "statement",
    metadata,
    Column("statement_id", Text, primary_key=True),
    _integer("sequence"),
    _text("kind"),
    _blob("payload"),
    _blob("payload_hash"),
    _text("causation_id", nullable=True),
    _text("transaction_id", nullable=True),
    _integer("log_index"),
    UniqueConstraint("sequence", name="statement_sequence"),
    Index("statement_causation", "causation_id"),
    Index("statement_transaction", "transaction_id", "log_index"),
    sqlite_strict=True,
)
"""The broker's verdicts and receipts. They are signed after the commit, when first handed out."""

statement_signature = Table(
    "statement_signature",
    metadata,
    Column("statement_id", Text, ForeignKey("statement.statement_id"), primary_key=True),
    _text("keyid"),
    _blob("signature"),
    sqlite_strict=True,
)
"""Signatures of statements, written soon after they were made. A statement without one (a crash
came between) is signed when it is next handed out."""

log_leaf = Table(
    "log_leaf",
    metadata,
    Column("log_index", _COUNT, primary_key=True, autoincrement=False),
    _blob("leaf_hash"),
    _text("message_id", nullable=True),
    _text("transaction_id", nullable=True),
    _integer("decided_at"),
    CheckConstraint("log_index >= 0", name="log_index_counts"),
    Index("log_leaf_transaction", "transaction_id"),
    sqlite_strict=True,
)
"""One leaf per decision, gapless. message_id is null where the broker acted by itself (time-out)."""

sender = Table(
    "sender",
    metadata,
    Column("node", Text, primary_key=True),
    _integer("next_sequence"),
    _blob("previous_payload_hash"),
    sqlite_strict=True,
)
"""Where each sender's chain stands, the broker's own included."""

node = Table(
    "node",
    metadata,
    Column("node", Text, primary_key=True),
    _text("kind"),
    _blob("tls_key_hash"),
    _text("message_id"),
    _blob("previous_tls_key_hash", nullable=True),
    _integer("previous_tls_key_until", nullable=True),
    _text("schema_versions"),
    sqlite_strict=True,
)

registry = Table(
    "registry",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("node", Text, ForeignKey("node.node"), nullable=False),
    _text("party"),
    _text("status"),
    _text("rulebooks"),
    sqlite_strict=True,
)

designation = Table(
    "designation",
    metadata,
    Column("party", Text, primary_key=True),
    Column("node", Text, ForeignKey("node.node"), nullable=False),
    sqlite_strict=True,
)
"""Which node signs a Party's authorizations and inventory statements."""

key = Table(
    "key",
    metadata,
    Column("keyid", Text, primary_key=True),
    _text("node"),
    _text("purpose"),
    _blob("public_key"),
    _integer("not_before"),
    _integer("not_after"),
    _integer("revoked_at", nullable=True),
    _integer("registered_index", nullable=True),
    _integer("revoked_index", nullable=True),
    sqlite_strict=True,
)
"""Indexes are places in the log; keys of the founding were registered before there was one."""

stated = Table(
    "stated",
    metadata,
    Column("rulebook", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("log_index", _COUNT, primary_key=True, autoincrement=False),
    Column("message_id", Text, ForeignKey("message.message_id"), nullable=False),
    sqlite_strict=True,
)
"""Which signed message says what a regime wants to know, each time anew: what was stated last under
a name holds, and what was stated before says how it stood then. Names are written in parts."""
WIDER: Final = func.substr(
    stated.c.name,
    literal_column("1"),
    func.instr(stated.c.name, literal_column("':'")) - literal_column("1"),
)
"""The first part of a name of several."""
Index("stated_under", stated.c.rulebook, stated.c.kind, WIDER, stated.c.log_index)

tally = Table(
    "tally",
    metadata,
    Column("name", Text, primary_key=True),
    _integer("quantity"),
    _integer("reserved"),
    CheckConstraint("quantity >= 0", name="tally_quantity_counts"),
    CheckConstraint("reserved >= 0", name="tally_reserved_counts"),
    sqlite_strict=True,
)
"""Named counts, and what transactions that wait will add to them. A regime says what is counted."""

account = Table(
    "account",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("registry", Text, ForeignKey("registry.registry"), nullable=False),
    _integer("account_type"),
    _flag("final"),
    _integer("ndc_first", nullable=True),
    _integer("ndc_last", nullable=True),
    _text("non_ghg_metric"),
    _text("entity"),
    _flag("closed"),
    _text("role"),
    _text("party"),
    _text("rulebook"),
    UniqueConstraint("account_id", "registry", name="account_kept_in"),
    Index("account_registry", "registry"),
    sqlite_strict=True,
)
"""`final` accounts let no unit out. `role` and `party` are of the mechanism registry's, empty elsewhere."""
_KEPT_IN: Final = [account.c.account_id, account.c.registry]

transaction = Table(
    "transaction_record",
    metadata,
    Column("transaction_id", Text, primary_key=True),
    _text("type"),
    Column("state", Text, _one_of("state", [s.value for s in State]), nullable=False),
    Column(
        "termination_cause",
        Text,
        _one_of("termination_cause", [c.value for c in TerminationCause]),
        nullable=True,
    ),
    _text("from_registry"),
    _text("to_registry"),
    _text("from_account"),
    _text("to_account"),
    _text("proposer_node"),
    _text("receiver_node", nullable=True),
    _integer("quantity"),
    _text("completion"),
    _text("rulebook"),
    _integer("proposed_at"),
    _integer("deadline"),
    _integer("updated_at"),
    _text("message_id"),
    _integer("ordinal"),
    _blob("proposal_hash"),
    _blob("verdict_hash"),
    _blob("answer_hash", nullable=True),
    _blob("closing_hash", nullable=True),
    _integer("moves"),
    _text("reason"),
    _text("marks"),
    _text("postings"),
    Index("transaction_state_deadline", "state", "deadline"),
    Index("transaction_from", "from_registry", "transaction_id"),
    Index("transaction_to", "to_registry", "transaction_id"),
    Index("transaction_waiting", "to_account", sqlite_where=text(f"state IN ({OPEN_STATES})")),
    sqlite_strict=True,
)

transaction_event = Table(
    "transaction_event",
    metadata,
    Column("transaction_id", Text, primary_key=True),
    Column("ordinal", _COUNT, primary_key=True, autoincrement=False),
    _text("event"),
    _text("from_state"),
    _text("to_state"),
    _integer("log_index"),
    sqlite_strict=True,
)
"""Each move of each transaction."""

issued_block = Table(
    "issued_block",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", _COUNT, primary_key=True, autoincrement=False),
    _integer("last"),
    Column("transaction_id", Text, nullable=False),
    _text("rulebook"),
    _blob("attributes"),
    CheckConstraint(f"1 <= first AND first <= last AND last <= {MAX_SERIAL}", name="issued_range"),
    sqlite_strict=True,
)
"""Blocks as they were issued. `attributes` is what the proposal states of them, serialized."""

reserved_serials = Table(
    "reserved_serials",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", _COUNT, primary_key=True, autoincrement=False),
    _integer("last"),
    _text("transaction_id"),
    CheckConstraint(
        f"1 <= first AND first <= last AND last <= {MAX_SERIAL}", name="reserved_range"
    ),
    sqlite_strict=True,
)
"""What issuances that wait will issue. Disjoint, like the units themselves."""

unit_block = Table(
    "unit_block",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", _COUNT, primary_key=True, autoincrement=False),
    _integer("last"),
    _integer("quantity"),
    _integer("issued_first"),
    _text("account_id"),
    _text("state"),
    _text("locked_by", nullable=True),
    _text("moved_by"),
    _text("account_registry"),
    UniqueConstraint("registry", "last", name="unit_block_last"),
    CheckConstraint(f"1 <= first AND first <= last AND last <= {MAX_SERIAL}", name="unit_range"),
    CheckConstraint("quantity = last - first + 1", name="unit_quantity"),
    ForeignKeyConstraint(["account_id", "account_registry"], _KEPT_IN),
    Index("unit_block_account", "account_id", "registry", "first"),
    Index("unit_block_account_registry", "account_registry", "registry", "first"),
    sqlite_strict=True,
)
"""Live ranges: a partition of every issued block, each with one holder and at most one lock. `state` is
what may change of the units, as their rulebook writes it. By `account_registry`, which keeps the account,
its units are found."""

restated = Table(
    "restated",
    metadata,
    Column("log_index", _COUNT, primary_key=True, autoincrement=False),
    Column("registry", Text, primary_key=True),
    Column("first", _COUNT, primary_key=True, autoincrement=False),
    _integer("last"),
    _text("before"),
    _text("after"),
    sqlite_strict=True,
)
"""Units whose state a statement changed; what transactions change stands in their postings."""

adjustment_entry = Table(
    "adjustment_entry",
    metadata,
    Column("entry_id", _COUNT, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("debit"),
    _text("credit"),
    _integer("amount"),
    _text("metric"),
    _text("party"),
    _integer("year"),
    _text("transaction_id"),
    _text("registry"),
    _integer("first"),
    _integer("last"),
    _integer("log_index"),
    _integer("booked_at"),
    _integer("generation"),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("debit <> credit", name="entry_two_sides"),
    CheckConstraint("debit = 'outstanding' OR credit = 'outstanding'", name="entry_outstanding"),
    CheckConstraint("amount = last - first + 1", name="entry_range"),
    UniqueConstraint("kind", "registry", "generation", "first", name="entry_once"),
    Index("adjustment_party_year", "party", "year"),
    sqlite_strict=True,
)
"""Double entry in one row: debit and credit, so that the sum over all accounts is always zero.

`generation` counts the first transfers of the units that were reversed before, so that each first
transfer, and each reversal of one, is booked once.
"""

reversal = Table(
    "reversal",
    metadata,
    Column("transaction_id", Text, primary_key=True),
    Column("message_id", Text, ForeignKey("message.message_id"), nullable=False),
    _text("reversed_by", nullable=True),
    sqlite_strict=True,
)
"""Completed transfers whose reversal the operator agreed to, and what reversed them."""

mailbox = Table(
    "mailbox",
    metadata,
    Column("node", Text, primary_key=True),
    _integer("last_sequence"),
    _integer("acknowledged_sequence"),
    CheckConstraint(
        "0 <= acknowledged_sequence AND acknowledged_sequence <= last_sequence",
        name="mailbox_cursor",
    ),
    sqlite_strict=True,
)

mailbox_entry = Table(
    "mailbox_entry",
    metadata,
    Column("node", Text, primary_key=True),
    Column("sequence", _COUNT, primary_key=True, autoincrement=False),
    _text("transaction_id", nullable=True),
    _text("message_id", nullable=True),
    _text("statement_ids"),
    _integer("enqueued_at"),
    _blob("digest"),
    sqlite_strict=True,
)
"""Deliveries: a counterparty's message, where there is one, then statements (ids, comma between).
`digest` is that of the mailbox up to here (itmo.deliveries): a node states the one it has."""
