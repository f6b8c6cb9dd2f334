# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Guards of the broker's tables: what no constraint can say, and the database refuses all the same."""

from __future__ import annotations

from typing import Final

from broker.store.schema import message, statement
from itmo.runtime.db.postgres_schema import one_at_a_time

SIGNED_WELL: Final = """SELECT 1 FROM key k
      JOIN statement s ON s.statement_id = {row}.statement_id
      JOIN log_leaf l ON l.log_index = s.log_index
      WHERE k.keyid = {row}.keyid AND k.purpose = 'SIGN_RECEIPT'
        AND k.not_before <= l.decided_at AND l.decided_at < k.not_after
        AND (k.revoked_index IS NULL OR s.log_index <= k.revoked_index)"""
"""A row where the key of a stored signature was good for what it signs (protocol, chapter 7)."""

SIGNED: Final = tuple(
    (table.name, ", ".join(column.name for column in table.c if column.name != "payload"))
    for table in (message, statement)
)
"""Tables of what was signed, and their columns but for the payload, which may go into an archive file."""

IN_A_FILE: Final = """
    WHEN length(NEW.payload) > 0 OR NOT EXISTS (SELECT 1 FROM archive_file
      WHERE first_index <= OLD.log_index AND OLD.log_index <= last_index)
    BEGIN SELECT RAISE(ABORT, 'a payload only goes into an archive file'); END"""

TRIGGERS: Final[tuple[str, ...]] = (
    """CREATE TRIGGER unit_block_no_overlap_insert BEFORE INSERT ON unit_block
    WHEN EXISTS (SELECT 1 FROM unit_block WHERE registry = NEW.registry
      AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM unit_block WHERE registry = NEW.registry AND first < NEW.first
          ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'unit ranges overlap'); END""",
    """CREATE TRIGGER unit_block_no_overlap_update BEFORE UPDATE OF last ON unit_block
    WHEN NEW.last > OLD.last AND EXISTS (SELECT 1 FROM unit_block WHERE registry = OLD.registry
      AND first > OLD.last AND first <= NEW.last)
    BEGIN SELECT RAISE(ABORT, 'unit ranges overlap'); END""",
    """CREATE TRIGGER unit_block_stays BEFORE UPDATE OF registry, first, issued_first ON unit_block
    WHEN NEW.registry <> OLD.registry OR NEW.first <> OLD.first
      OR NEW.issued_first <> OLD.issued_first
    BEGIN SELECT RAISE(ABORT, 'a unit range keeps its place'); END""",
    """CREATE TRIGGER unit_block_no_growth BEFORE UPDATE OF last ON unit_block
    WHEN NEW.last > OLD.last AND NEW.last > (SELECT last FROM issued_block
      WHERE registry = OLD.registry AND first = OLD.issued_first)
    BEGIN SELECT RAISE(ABORT, 'a unit range stays inside its issued block'); END""",
    """CREATE TRIGGER unit_block_final_stays BEFORE UPDATE OF account_id ON unit_block
    WHEN NEW.account_id <> OLD.account_id
      AND (SELECT final FROM account WHERE account_id = OLD.account_id) = 1
    BEGIN SELECT RAISE(ABORT, 'used and cancelled units never move'); END""",
    """CREATE TRIGGER unit_block_kept BEFORE DELETE ON unit_block
    WHEN NOT EXISTS (SELECT 1 FROM unit_block WHERE registry = OLD.registry
      AND last = OLD.first - 1 AND issued_first = OLD.issued_first)
    BEGIN SELECT RAISE(ABORT, 'a unit range vanishes only into the one before it'); END""",
    """CREATE TRIGGER issued_block_no_overlap BEFORE INSERT ON issued_block
    WHEN EXISTS (SELECT 1 FROM issued_block WHERE registry = NEW.registry
      AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM issued_block WHERE registry = NEW.registry AND first < NEW.first
          ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'serial numbers are issued once'); END""",
    """CREATE TRIGGER lookup_no_crossing BEFORE INSERT ON lookup
    WHEN EXISTS (SELECT 1 FROM lookup WHERE space = NEW.space AND name = NEW.name
        AND low <= NEW.high AND low >= NEW.low AND (low <> NEW.low OR high <> NEW.high))
      OR EXISTS (SELECT 1 FROM (SELECT low, high FROM lookup WHERE space = NEW.space
          AND name = NEW.name AND low <= NEW.low ORDER BY low DESC LIMIT 1) AS below
        WHERE high >= NEW.low AND (low <> NEW.low OR high <> NEW.high))
    BEGIN SELECT RAISE(ABORT, 'numbers of one name are the same, or share none'); END""",
    """CREATE TRIGGER programme_event_once BEFORE INSERT ON programme_event
    WHEN EXISTS (SELECT 1 FROM programme_event WHERE programme = NEW.programme
      AND series = NEW.series AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM programme_event WHERE programme = NEW.programme
          AND series = NEW.series AND first < NEW.first ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'an underlying unit ends once'); END""",
    """CREATE TRIGGER reserved_serials_no_overlap BEFORE INSERT ON reserved_serials
    WHEN EXISTS (SELECT 1 FROM reserved_serials WHERE registry = NEW.registry
      AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM reserved_serials WHERE registry = NEW.registry AND first < NEW.first
          ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'two issuances wait for one serial number'); END""",
    """CREATE TRIGGER adjustment_entry_once BEFORE INSERT ON adjustment_entry
    WHEN EXISTS (SELECT 1 FROM adjustment_entry WHERE kind = NEW.kind AND registry = NEW.registry
      AND generation = NEW.generation AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM adjustment_entry WHERE kind = NEW.kind AND registry = NEW.registry
          AND generation = NEW.generation AND first < NEW.first ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'a unit is booked once for each cause'); END""",
    """CREATE TRIGGER reversal_once BEFORE UPDATE ON reversal
    WHEN OLD.reversed_by IS NOT NULL OR NEW.transaction_id <> OLD.transaction_id
      OR NEW.message_id <> OLD.message_id
    BEGIN SELECT RAISE(ABORT, 'a transaction is reversed once'); END""",
    """CREATE TRIGGER reversal_delete BEFORE DELETE ON reversal
    BEGIN SELECT RAISE(ABORT, 'reversal rows are never changed'); END""",
    f"""CREATE TRIGGER statement_signature_update BEFORE UPDATE ON statement_signature
    WHEN NEW.statement_id <> OLD.statement_id OR EXISTS ({SIGNED_WELL.format(row="OLD")})
    BEGIN SELECT RAISE(ABORT, 'a good signature is never changed'); END""",
    """CREATE TRIGGER statement_signature_delete BEFORE DELETE ON statement_signature
    BEGIN SELECT RAISE(ABORT, 'statement_signature rows are never deleted'); END""",
    """CREATE TRIGGER transaction_record_final_stays BEFORE UPDATE OF state ON transaction_record
    WHEN OLD.state IN ('INVALIDATED', 'REJECTED', 'COMPLETED', 'TERMINATED')
    BEGIN SELECT RAISE(ABORT, 'a final state is final'); END""",
    *(
        sql
        for table, kept in SIGNED
        for sql in (
            f"""CREATE TRIGGER {table}_update BEFORE UPDATE OF {kept} ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} rows are never changed'); END""",
            f"CREATE TRIGGER {table}_put_away BEFORE UPDATE OF payload ON {table}" + IN_A_FILE,
            f"""CREATE TRIGGER {table}_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} rows are never changed'); END""",
        )
    ),
    *(
        f"""CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} rows are never changed'); END"""
        for table in (
            "log_leaf", "issued_block", "lookup", "restated",
            "adjustment_entry", "transaction_event", "stated",
            "conflicting_message", "clock_acceptance", "registry_report", "reported_action",
            "notice", "noticed_units", "notice_recipient", "notice_acknowledgement",
            "programme_event", "maintenance", "case_event",
        )
        for verb in ("UPDATE", "DELETE")
    ),
)  # fmt: skip
"""What a constraint cannot say. A trigger that fires is a bug of ours: the group is undone."""

DISJOINT: Final = (
    "unit_block",
    "issued_block",
    "reserved_serials",
    "programme_event",
    "adjustment_entry",
    "lookup",
)
"""Tables of ranges that share no number, as their guards find by looking at the neighbours."""
DECIDER: Final = (
    """CREATE TABLE decider (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    epoch BIGINT NOT NULL,
    turns BIGINT NOT NULL,
    holder TEXT NOT NULL,
    needs TEXT NOT NULL,
    catalogues BIGINT NOT NULL
)""",
    "INSERT INTO decider (one, epoch, turns, holder, needs, catalogues) VALUES (1, 0, 0, '', '', 0)",
    """CREATE TABLE serving (
    process TEXT PRIMARY KEY,
    program TEXT NOT NULL,
    knows TEXT NOT NULL,
    since BIGINT NOT NULL,
    seen BIGINT NOT NULL
)""",
    *one_at_a_time("decider", DISJOINT),
)
"""One row, which every transaction that writes takes first, see `broker.store.fence`, and a row for each
process that serves, see `broker.store.processes`."""
