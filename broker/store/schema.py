# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's tables. The signed messages are the record; everything else can be made from them.

Times are milliseconds since 1970 in UTC. What a regime is told is kept as a pointer to the signed
statement that holds it, so that there is one form of it and none that could disagree.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
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
    text,
)

from itmo.lifecycle import HOLDS_LOCK, Event, State, TerminationCause
from itmo.runtime.db.columns import blob_column, flag_column, integer_column, one_of, text_column
from itmo.runtime.db.texts import before_colon
from itmo.serials import MAX_SERIAL

metadata = MetaData()
OPEN_STATES: Final = ", ".join(f"'{state}'" for state in sorted(HOLDS_LOCK))


network = Table(
    "network",
    metadata,
    Column("network_id", Text, primary_key=True),
    text_column("broker_node"),
    flag_column("test_network"),
    integer_column("clock_offset_ms"),
    text_column("database_id"),
    sqlite_strict=True,
)
"""One row: which network this database belongs to, and the id by which its head knows it."""

catalogue = Table(
    "catalogue",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    text_column("rulebook"),
    integer_column("number"),
    integer_column("binds_from"),
    blob_column("content"),
    sqlite_strict=True,
)
"""Catalogues of the rulebooks that were ever in force here, by the digest that verdicts state.

They are numbered for each rulebook in the order in which programs brought them; `binds_from` is the
moment from which a program that does not know one judges nothing any more, 0 where that was at once.
"""

message = Table(
    "message",
    metadata,
    Column("message_id", Text, primary_key=True),
    text_column("sender_node"),
    integer_column("sender_sequence"),
    text_column("kind"),
    blob_column("payload"),
    blob_column("payload_hash"),
    text_column("keyids"),
    blob_column("signatures"),
    integer_column("log_index"),
    UniqueConstraint("sender_node", "sender_sequence", name="message_sequence"),
    sqlite_strict=True,
)
"""Every message taken in, as it was signed. Never changed, never deleted."""

conflicting_message = Table(
    "conflicting_message",
    metadata,
    blob_column("payload_hash"),
    Column("message_id", Text, primary_key=True),
    text_column("sender_node"),
    text_column("kind"),
    blob_column("payload"),
    text_column("keyids"),
    blob_column("signatures"),
    integer_column("received_at"),
    Index("conflicting_sender", "sender_node"),
    sqlite_strict=True,
)
"""Evidence: signed other content under a used id. Kept are the first of an id, of a node a few ids."""

conflict_count = Table(
    "conflict_count",
    metadata,
    Column("sender_node", Text, primary_key=True),
    integer_column("seen"),
    integer_column("last_at"),
    sqlite_strict=True,
)

statement = Table(
    "statement",
    metadata,
    Column("statement_id", Text, primary_key=True),
    integer_column("sequence"),
    text_column("kind"),
    blob_column("payload"),
    blob_column("payload_hash"),
    text_column("causation_id", nullable=True),
    text_column("transaction_id", nullable=True),
    integer_column("log_index"),
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
    text_column("keyid"),
    blob_column("signature"),
    sqlite_strict=True,
)
"""Signatures of statements, written soon after they were made. A statement without one (a crash
came between) is signed when it is next handed out."""

looked_through = Table(
    "looked_through",
    metadata,
    Column("name", Text, primary_key=True),
    integer_column("place"),
    sqlite_strict=True,
)
"""How far the record was looked through by what looks for what is missing in it, so that it goes on
from there: `signatures` up to which statement all have a good one. No part of the record."""

log_leaf = Table(
    "log_leaf",
    metadata,
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    blob_column("leaf_hash"),
    text_column("message_id", nullable=True),
    text_column("transaction_id", nullable=True),
    integer_column("decided_at"),
    CheckConstraint("log_index >= 0", name="log_index_counts"),
    Index("log_leaf_transaction", "transaction_id"),
    sqlite_strict=True,
)
"""One leaf per decision, gapless. message_id is null where the broker acted by itself (time-out)."""

sender = Table(
    "sender",
    metadata,
    Column("node", Text, primary_key=True),
    integer_column("next_sequence"),
    blob_column("previous_payload_hash"),
    sqlite_strict=True,
)
"""Where each sender's chain stands, the broker's own included."""

node = Table(
    "node",
    metadata,
    Column("node", Text, primary_key=True),
    text_column("kind"),
    blob_column("tls_key_hash"),
    text_column("message_id"),
    blob_column("previous_tls_key_hash", nullable=True),
    integer_column("previous_tls_key_until", nullable=True),
    text_column("schema_versions"),
    sqlite_strict=True,
)

registry = Table(
    "registry",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("node", Text, ForeignKey("node.node"), nullable=False),
    text_column("party"),
    text_column("status"),
    text_column("rulebooks"),
    sqlite_strict=True,
)

designation = Table(
    "designation",
    metadata,
    Column("party", Text, primary_key=True),
    Column("node", Text, ForeignKey("node.node"), nullable=False),
    sqlite_strict=True,
)
"""Which node signs the statements of a Party."""

key = Table(
    "key",
    metadata,
    Column("keyid", Text, primary_key=True),
    text_column("node"),
    text_column("purpose"),
    blob_column("public_key"),
    integer_column("not_before"),
    integer_column("not_after"),
    integer_column("revoked_at", nullable=True),
    integer_column("registered_index", nullable=True),
    integer_column("revoked_index", nullable=True),
    Index("key_node", "node"),
    Index("key_registered", "registered_index"),
    Index("key_revoked", "revoked_index"),
    sqlite_strict=True,
)
"""Indexes are places in the log; keys of the founding were registered before there was one."""

stated = Table(
    "stated",
    metadata,
    Column("rulebook", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("message_id", Text, ForeignKey("message.message_id"), nullable=False),
    sqlite_strict=True,
)
"""Which signed message says what a regime wants to know, each time anew: what was stated last under
a name holds, and what was stated before says how it stood then. Names are written in parts."""
WIDER: Final = before_colon(stated.c.name)
"""The first part of a name of several."""
Index("stated_under", stated.c.rulebook, stated.c.kind, WIDER, stated.c.log_index)

tally = Table(
    "tally",
    metadata,
    Column("name", Text, primary_key=True),
    integer_column("quantity"),
    integer_column("reserved"),
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
    text_column("rulebook"),
    integer_column("account_type"),
    flag_column("final"),
    flag_column("listed"),
    flag_column("closed"),
    text_column("terms"),
    UniqueConstraint("account_id", "registry", name="account_kept_in"),
    Index("account_registry", "registry"),
    sqlite_strict=True,
)
"""`final` accounts let no unit out; of others' accounts nodes see those that are `listed` and open. `terms`
is what its rulebook keeps of it."""
_KEPT_IN: Final = [account.c.account_id, account.c.registry]

transaction = Table(
    "transaction_record",
    metadata,
    Column("transaction_id", Text, primary_key=True),
    text_column("type"),
    Column("state", Text, one_of("state", [s.value for s in State]), nullable=False),
    Column(
        "termination_cause",
        Text,
        one_of("termination_cause", [c.value for c in TerminationCause]),
        nullable=True,
    ),
    text_column("from_registry"),
    text_column("to_registry"),
    text_column("from_account"),
    text_column("to_account"),
    text_column("proposer_node"),
    text_column("receiver_node", nullable=True),
    integer_column("quantity"),
    text_column("completion"),
    text_column("rulebook"),
    integer_column("proposed_at"),
    integer_column("deadline"),
    integer_column("updated_at"),
    text_column("message_id"),
    integer_column("ordinal"),
    blob_column("proposal_hash"),
    blob_column("verdict_hash"),
    blob_column("answer_hash", nullable=True),
    blob_column("closing_hash", nullable=True),
    integer_column("moves"),
    text_column("reason"),
    text_column("marks"),
    text_column("postings"),
    Index("transaction_state_deadline", "state", "deadline"),
    Index("transaction_from", "from_registry", "transaction_id"),
    Index("transaction_to", "to_registry", "transaction_id"),
    Index("transaction_waiting", "to_account", sqlite_where=text(f"state IN ({OPEN_STATES})")),
    Index(
        "transaction_invalidated",
        "proposer_node",
        "transaction_id",
        sqlite_where=text(f"state = '{State.INVALIDATED}'"),
    ),
    sqlite_strict=True,
)
"""A node finds what it proposed and received by its registries, and what it was refused by its name."""

transaction_event = Table(
    "transaction_event",
    metadata,
    Column("transaction_id", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    text_column("event"),
    text_column("from_state"),
    text_column("to_state"),
    integer_column("log_index"),
    Index(
        "transaction_event_completed", "log_index", sqlite_where=text(f"event = '{Event.COMPLETE}'")
    ),
    sqlite_strict=True,
)
"""Each move of each transaction."""

issued_block = Table(
    "issued_block",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    integer_column("last"),
    Column("transaction_id", Text, nullable=False),
    text_column("rulebook"),
    blob_column("attributes"),
    CheckConstraint(f"1 <= first AND first <= last AND last <= {MAX_SERIAL}", name="issued_range"),
    sqlite_strict=True,
)
"""Blocks as they were issued. `attributes` is what the proposal states of them, serialized."""

reserved_serials = Table(
    "reserved_serials",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    integer_column("last"),
    text_column("transaction_id"),
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
    Column("first", Integer, primary_key=True, autoincrement=False),
    integer_column("last"),
    integer_column("quantity"),
    integer_column("issued_first"),
    text_column("account_id"),
    text_column("state"),
    text_column("locked_by", nullable=True),
    text_column("moved_by"),
    text_column("account_registry"),
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
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("registry", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    integer_column("last"),
    text_column("before"),
    text_column("after"),
    sqlite_strict=True,
)
"""Units whose state a statement changed; what transactions change stands in their postings."""

adjustment_entry = Table(
    "adjustment_entry",
    metadata,
    Column("entry_id", Integer, primary_key=True, autoincrement=False),
    text_column("kind"),
    text_column("debit"),
    text_column("credit"),
    integer_column("amount"),
    text_column("metric"),
    text_column("party"),
    integer_column("year"),
    text_column("transaction_id"),
    text_column("registry"),
    integer_column("first"),
    integer_column("last"),
    integer_column("log_index"),
    integer_column("booked_at"),
    integer_column("generation"),
    CheckConstraint("amount > 0", name="amount_positive"),
    CheckConstraint("debit <> credit", name="entry_two_sides"),
    CheckConstraint("debit = 'outstanding' OR credit = 'outstanding'", name="entry_outstanding"),
    CheckConstraint("amount = last - first + 1", name="entry_range"),
    UniqueConstraint("kind", "registry", "generation", "first", name="entry_once"),
    Index("adjustment_party_year", "party", "year"),
    sqlite_strict=True,
)
"""Double entry in one row: debit and credit, so that the sum over all accounts is always zero.

`generation` counts how often the same was booked of the units and reversed before, so that each
booking, and each reversal of one, is made once.
"""

reversal = Table(
    "reversal",
    metadata,
    Column("transaction_id", Text, primary_key=True),
    Column("message_id", Text, ForeignKey("message.message_id"), nullable=False),
    text_column("reversed_by", nullable=True),
    sqlite_strict=True,
)
"""Completed transfers whose reversal the operator agreed to, and what reversed them."""

mailbox = Table(
    "mailbox",
    metadata,
    Column("node", Text, primary_key=True),
    integer_column("last_sequence"),
    integer_column("acknowledged_sequence"),
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
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    text_column("transaction_id", nullable=True),
    text_column("message_id", nullable=True),
    text_column("statement_ids"),
    integer_column("enqueued_at"),
    blob_column("digest"),
    sqlite_strict=True,
)
"""Deliveries: a counterparty's message, where there is one, then statements (ids, comma between).
`digest` is that of the mailbox up to here (itmo.deliveries): a node states the one it has."""
