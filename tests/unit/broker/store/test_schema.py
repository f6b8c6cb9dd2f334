# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every constraint and trigger of the database fires: they are the last guard of the ledger."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import CheckConstraint

from broker.regime.paris.regime import PARIS
from broker.store import schema
from broker.store.triggers import TRIGGERS as GUARDS
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import ClearingWorld, authorize, issuance, trading_world, transfer, use
from tests.kit.engine import on_sqlite
from tests.kit.notices import notify_a_little
from tests.kit.reconciliation import reconcile_a_little
from tests.kit.sharing import share_a_little

BIG = 2**63 - 1


@pytest.fixture(scope="module")
def filled() -> Iterator[sqlite3.Connection]:
    """A database with a row in every table that has a guard."""
    with on_sqlite("each guard is told by the words that SQLite refuses with"):
        connection = asyncio.run(_filled())
    yield connection
    connection.close()


@pytest.fixture
def database(filled: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The same for each test: what one does is undone."""
    filled.execute("BEGIN")
    yield filled
    filled.execute("ROLLBACK")


async def _filled() -> sqlite3.Connection:
    world: ClearingWorld = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    await authorize(tha, version=2, quantity=500_001)
    done = transfer(world, 1, 100)
    await tha.propose(done)
    await che.accept(done.transaction_id)
    await che.propose(use(world, 1, 10, 2022))
    await tha.propose(transfer(world, 201, 300))
    agreement = statements_pb2.ReversalStatement(
        transaction_id=done.transaction_id, reason="wrong units"
    )
    await world.operator.state(PayloadKind.REVERSAL_STATEMENT, agreement)
    stated = parties_pb2.InventoryStatement(party="THA")
    stated.years.add(year=2022, tonnes=1)
    await tha.say(PayloadKind.INVENTORY_STATEMENT, stated)
    waiting = issuance(world, "THA01", 200_001, 200_100)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    waiting.blocks[0].attributes.paris.authorization.version = 2
    await tha.propose(waiting)
    await share_a_little(world)
    await reconcile_a_little(world)
    await notify_a_little(world)
    await world.house.stop()
    world.connection.execute(
        "INSERT INTO conflicting_message VALUES (x'00', 'm', 'tha', 'proposal', x'00', 'k', x'00', 1)"
    )
    world.connection.execute(issued(300_101, 300_200))
    world.connection.execute(found(1001, 1100))
    world.connection.execute(found(1001, 1100, "projects"))
    world.connection.execute("INSERT INTO restated VALUES (1, 'THA01', 1, 2, '{}', '{}')")
    world.connection.execute("INSERT INTO clock_acceptance VALUES (1, 1, 1, 1, 'k', x'00')")
    return world.connection


COPY = "INSERT INTO unit_block SELECT registry, {}, {}, {}, issued_first, account_id, state, {}, '', account_registry FROM unit_block WHERE first = 1"


def unit(first: int, last: int, quantity: int, locked: str = "NULL") -> str:
    return COPY.format(first, last, quantity, locked)


def issued(first: int, last: int) -> str:
    return (
        f"INSERT INTO issued_block SELECT registry, {first}, {last}, transaction_id, rulebook,"
        " attributes FROM issued_block LIMIT 1"
    )


def found(low: int, high: int, space: str = "underlying") -> str:
    """Numbers under which a block is found; it is found under 1001 to 1100 of both spaces already."""
    return (
        f"INSERT INTO lookup SELECT '{space}', 'GS:GS1-{{n}}', {low}, {high}, registry, first"
        " FROM issued_block LIMIT 1"
    )


def ended(first: str, last: str) -> str:
    """An event about more units of a series of which `first` to `last` have ended."""
    return (
        "INSERT INTO programme_event SELECT (SELECT message_id FROM notice WHERE message_id NOT IN"
        " (SELECT message_id FROM programme_event) LIMIT 1), kind, programme, series,"
        f" {first}, {last}, step FROM programme_event"
    )


def reserved(first: int, last: int) -> str:
    return (
        f"INSERT INTO reserved_serials SELECT registry, {first}, {last}, transaction_id"
        " FROM reserved_serials LIMIT 1"
    )


def entry(
    first: int,
    last: int,
    *,
    debit: str = "'outstanding'",
    credit: str = "'THA'",
    amount: int | None = None,
    number: int = 999,
) -> str:
    return (
        f"INSERT INTO adjustment_entry SELECT {number}, kind, {debit}, {credit},"
        f" {last - first + 1 if amount is None else amount}, metric, party, year, transaction_id,"
        f" registry, {first}, {last}, log_index, booked_at, generation FROM adjustment_entry"
        " WHERE kind = 'FIRST_TRANSFER' LIMIT 1"
    )


TRIGGERS = {
    "unit_block_no_overlap_insert": unit(99_999, 100_001, 3),
    "unit_block_no_growth": "UPDATE unit_block SET last = 100001, quantity = quantity + 1"
    " WHERE last = 100000",
    "unit_block_final_stays": "UPDATE unit_block SET (account_id, account_registry) = (SELECT"
    " account_id, registry FROM account WHERE account_type = 100 LIMIT 1) WHERE first = 1",
    "unit_block_no_overlap_update": "UPDATE unit_block SET last = 12, quantity = 12 WHERE first = 1",
    "unit_block_stays": "UPDATE unit_block SET issued_first = 2 WHERE first = 1",
    "unit_block_kept": "DELETE FROM unit_block WHERE first = 1",
    "paris_first_transfer_stays": "UPDATE unit_block SET state = json_set(state, '$.first_transferred', json('false'))"
    " WHERE first = 11",
    "issued_block_no_overlap": issued(100_000, 100_001),
    "lookup_no_crossing": found(1100, 1102, "projects"),
    "paris_outcome_known": "INSERT INTO noticed_units SELECT message_id, registry, 1, 2, party,"
    " 'LOST' FROM noticed_units",
    "paris_underlying_once": found(1001, 1100).replace("LIMIT", "ORDER BY first DESC LIMIT"),
    "programme_event_once": ended("last", "last + 1"),
    "reserved_serials_no_overlap": reserved(200_100, 200_101),
    "adjustment_entry_once": entry(100, 101),
    "reversal_once": "UPDATE reversal SET transaction_id = transaction_id || 'x'",
    "reversal_delete": "DELETE FROM reversal",
    "message_put_away": "UPDATE message SET payload = x''",
    "statement_put_away": "UPDATE statement SET payload = x'00'",
    "statement_signature_update": "UPDATE statement_signature SET signature = x'00'",
    "statement_signature_delete": "DELETE FROM statement_signature",
    "transaction_record_final_stays": "UPDATE transaction_record SET state = 'VALIDATED'"
    " WHERE state = 'COMPLETED'",
}
OVERLAPS = [
    unit(1, 1, 1),
    unit(5, 5, 1),
    unit(100_000, 100_000, 1),
    unit(50_000, 50_001, 2),
    issued(1, 1),
    issued(100_000, 100_000),
    issued(50, 60),
    found(999, 1001),
    found(1001, 1003),
    found(1050, 1052),
    found(1001, 1100, "projects"),
    ended("first", "first"),
    ended("first + 1", "first + 1"),
    ended("first - 1", "last + 1"),
    reserved(200_050, 200_060),
    reserved(200_000, 200_001),
    entry(1, 1),
    entry(50, 60),
    entry(100, 100),
]
KEPT = [
    "message", "statement", "log_leaf", "issued_block", "lookup", "restated", "adjustment_entry",
    "transaction_event", "stated", "conflicting_message", "clock_acceptance",
    "registry_report", "reported_action", "notice", "noticed_units",
    "notice_recipient", "notice_acknowledgement", "programme_event", "maintenance", "case_event",
]  # fmt: skip


def test_every_trigger_is_tried() -> None:
    names = {each.split()[2] for each in (*GUARDS, *PARIS.guards)}
    kept = {f"{table}_{verb}" for table in KEPT for verb in ("update", "delete")}
    assert names == TRIGGERS.keys() | kept


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger_fires(database: sqlite3.Connection, name: str) -> None:
    with pytest.raises(sqlite3.IntegrityError) as fired:
        database.execute(TRIGGERS[name])
    assert "constraint failed" not in str(fired.value)
    database.execute(f"DROP TRIGGER {name}")
    database.execute(TRIGGERS[name])


@pytest.mark.parametrize("sql", OVERLAPS)
def test_ranges_never_overlap(database: sqlite3.Connection, sql: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(sql)


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_record_is_never_changed(database: sqlite3.Connection, table: str, verb: str) -> None:
    (column,) = database.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()
    sql = f"DELETE FROM {table}" if verb == "delete" else f"UPDATE {table} SET {column} = {column}"
    assert database.execute(f"SELECT count(*) FROM {table}").fetchone() != (0,)
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        database.execute(sql)


CONSTRAINTS = {
    "clock_mark_one": "INSERT INTO clock_mark VALUES (2, 0, 0, '')",
    "log_index_counts": "INSERT INTO log_leaf VALUES (-1, x'00', NULL, NULL, 0)",
    "tally_quantity_counts": "UPDATE tally SET quantity = -1",
    "tally_reserved_counts": "UPDATE tally SET reserved = -1",
    "state_known": "UPDATE transaction_record SET state = 'DONE' WHERE state = 'VALIDATED'",
    "termination_cause_known": "UPDATE transaction_record SET termination_cause = 'BORED'",
    "issued_range": issued(0, 0),
    "lookup_range": found(3, 1),
    "unit_range": unit(0, 0, 1),
    "reserved_range": reserved(0, 0),
    "unit_quantity": unit(200_000, 200_001, 3),
    "amount_positive": entry(300, 299),
    "entry_two_sides": entry(300, 301, credit="'outstanding'"),
    "entry_outstanding": entry(300, 301, debit="'CHE'"),
    "entry_range": entry(300, 301, amount=1),
    "level_known": "UPDATE sharing SET level = 'SOME'",
    "frequency_known": "UPDATE sharing SET frequency = 'SELDOM'",
    "frequency_where_reported": "UPDATE sharing SET frequency = ''",
    "reported_range": "UPDATE reported_holding SET last = first - 1",
    "reported_action_range": "INSERT INTO reported_action SELECT reporter, 'other', message_id,"
    " ordinal, acted_at, type, registry, 0, last, account_type, counterparty, rulebook,"
    " marks FROM reported_action",
    "closed_by_a_message": "UPDATE report_finding SET state = 'CLOSED'",
    "noticed_range": "INSERT INTO noticed_units SELECT message_id, registry, 0, 2, party, outcome"
    " FROM noticed_units",
    "event_kind_known": "INSERT INTO programme_event SELECT 'other', 'LOSS', programme, 'A-{n}',"
    " first, last, step FROM programme_event",
    "programme_event_range": "INSERT INTO programme_event SELECT 'other', kind, programme, 'A-{n}',"
    " last, first - 1, step FROM programme_event",
    "maintenance_window": "INSERT INTO maintenance SELECT 'other', registry, end_at, start_at"
    " FROM maintenance",
    "stage_known": "UPDATE reconciliation SET stage = 'SOME' WHERE stage IS NOT NULL",
    "outcome_known": "UPDATE reconciliation SET outcome = 'SOME' WHERE outcome IS NOT NULL",
    "reconciliation_goes_on": "UPDATE reconciliation SET outcome = 'AGREED' WHERE stage IS NOT NULL",
    "owner_known": "UPDATE reconciliation_case SET owner = 'NOBODY'",
    "found_right_known": "UPDATE reconciliation_case SET found_right = 'X' WHERE resolved_at > 0",
    "resolved_by_somebody": "UPDATE reconciliation_case SET resolved_by = NULL WHERE resolved_at > 0",
    "event_known": "INSERT INTO case_event SELECT case_id, 10000, 'X', message_id, at, found"
    " FROM case_event LIMIT 1",
    "kind_known": "UPDATE quarantine SET kind = 'ODD'",
    "lifted_or_not": "UPDATE quarantine SET lifted = 2",
    "quarantine_range": "UPDATE quarantine SET first = last + 1",
    "mailbox_cursor": "UPDATE mailbox SET acknowledged_sequence = last_sequence + 1",
}
MORE = {
    "a range that is reversed": unit(200_005, 200_001, -3),
    "a serial past the last": unit(BIG, BIG, 1),
    "an issued serial past the last": issued(BIG, BIG),
    "a flag of two": "UPDATE account SET closed = 2",
    "a negative acknowledgement": "UPDATE mailbox SET acknowledged_sequence = -1",
    "a number used twice by a sender": "INSERT INTO message SELECT 'other', sender_node,"
    " sender_sequence, kind, payload, payload_hash, keyids, signatures, log_index FROM message",
    "a message id used twice": "INSERT INTO message SELECT message_id, sender_node, 999, kind,"
    " payload, payload_hash, keyids, signatures, log_index FROM message LIMIT 1",
    "a number of a statement used twice": "INSERT INTO statement SELECT 'other', sequence, kind,"
    " payload, payload_hash, causation_id, transaction_id, log_index FROM statement LIMIT 1",
    "a place in the log used twice": "INSERT INTO log_leaf VALUES (0, x'00', NULL, NULL, 0)",
    "a unit without an account": "UPDATE unit_block SET account_id = 'nowhere' WHERE first = 201",
    "an account without a registry": "UPDATE account SET registry = 'XXX99'",
    "a registry without a node": "UPDATE registry SET node = 'nobody'",
    "a designation without a node": "UPDATE designation SET node = 'nobody'",
    "a statement of a message that is not there": "INSERT INTO stated VALUES"
    " ('paris', 'party', 'THA', 0, 'none')",
    "a statement in place of another": "INSERT INTO stated SELECT * FROM stated LIMIT 1",
    "a signature of no statement": "INSERT INTO statement_signature VALUES ('none', 'k', x'00')",
    "text in place of a number": unit(200_000, 200_000, 1).replace("issued_first", "'old'", 1),
    "two rows that end at one serial": "INSERT INTO unit_block SELECT registry, 99000, last,"
    " 1001, issued_first, account_id, state, NULL, '',"
    " account_registry FROM unit_block WHERE last = 100000",
}


def test_every_named_constraint_is_tried() -> None:
    named = {
        str(constraint.name)
        for table in schema.metadata.sorted_tables
        for constraint in (*table.constraints, *(k for c in table.c for k in c.constraints))
        if isinstance(constraint, CheckConstraint) and isinstance(constraint.name, str)
    }
    assert named == CONSTRAINTS.keys()


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_fires(database: sqlite3.Connection, name: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=name):
        database.execute(CONSTRAINTS[name])


@pytest.mark.parametrize("name", MORE)
def test_what_else_cannot_be_stored(database: sqlite3.Connection, name: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(MORE[name])
