# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every invariant holds in a lived-in house, and each planted fault is found by the one it breaks."""

from __future__ import annotations

import pytest

from broker.app import invariants_of
from broker.regime.kyoto.regime import KYOTO
from broker.regime.paris.regime import PARIS
from broker.regime.regimes import Regimes
from broker.reports import audit
from broker.reports.audit import MAX_SHOWN
from itmo.core.v1 import decision_pb2
from itmo.paris.v1 import attributes_pb2
from itmo.runtime.db.connection import Connection
from tests.kit.auditing import audited, broken_invariants
from tests.kit.clearing import ClearingWorld, authorize, issuance, transfer, use
from tests.kit.guards import as_taken, unguarded
from tests.kit.world_again import trading_again

GOLD = "gs1-1-TH-GS100-12-2022-1"


async def lived_in() -> ClearingWorld:
    """A completed transfer, a use, an open transfer, a refused one; units with credits behind them."""
    world = await trading_again()
    tha, che = world.senders["tha"], world.senders["che"]
    backed = issuance(world, "THA01", 200_001, 200_100)
    behind = backed.blocks[0].attributes.paris.underlying
    behind.registry = "Gold Standard"
    behind.first_unit_id, behind.last_unit_id = f"{GOLD}-1,001", f"{GOLD}-1,100"
    assert (await tha.propose(backed)).state == decision_pb2.STATE_COMPLETED
    first = transfer(world, 1, 1_000)
    await tha.propose(first)
    await che.accept(first.transaction_id)
    await che.propose(use(world, 1, 100, 2024))
    await tha.propose(transfer(world, 5_000, 6_000))
    await tha.propose(transfer(world, 5_500, 5_600))
    await authorize(tha, authorization_id="unused")
    return world


def damage(connection: Connection, *statements: str) -> None:
    """Changes what triggers and constraints would protect."""
    unguarded(connection)
    for statement in statements:
        assert connection.execute(as_taken(connection, statement)).rowcount > 0, statement


async def test_all_invariants_hold() -> None:
    world = await lived_in()
    assert broken_invariants(world.connection) == []
    assert [result.name for result in audited(world.connection)] == [
        i.name for i in invariants_of()
    ]


def test_only_what_holds_under_the_regimes_in_force_is_looked_at() -> None:
    general = len(audit.GENERAL)
    of_kyoto, of_paris = (len(invariants_of(Regimes((each,)))) - general for each in (KYOTO, PARIS))
    assert of_kyoto >= 2
    assert of_paris >= 6
    both = invariants_of(Regimes((KYOTO, PARIS)))
    assert len(both) == len({each.name for each in both}) == general + of_kyoto + of_paris


async def test_an_empty_database_is_sound() -> None:
    from broker.app import memory_database

    assert broken_invariants(memory_database()) == []


async def test_the_audit_sees_one_commit_and_leaves_no_transaction_open() -> None:
    world = await lived_in()
    audited(world.connection)
    assert not world.connection.in_transaction


DOUBLE_ISSUE = (
    "INSERT INTO issued_block SELECT registry, 50, 60, transaction_id, rulebook, attributes"
    " FROM issued_block WHERE first = 1"
)
BACKED_TWICE = (
    "INSERT INTO issued_block SELECT registry, 300001, 300100, transaction_id, rulebook, attributes"
    " FROM issued_block WHERE first = 200001"
)
CER_OF_NOTHING = attributes_pb2.UnitAttributes(
    cer=attributes_pb2.CertifiedEmissionReduction(kyoto_serial="hello")
).SerializeToString()
WRONG_LOCK = (
    "UPDATE unit_block SET locked_by = (SELECT transaction_id FROM transaction_record"
    " WHERE state = 'VALIDATED') WHERE first = 101"
)
MARKED, UNMARKED = '"first_transferred":true', '"first_transferred":false'
PLANTED = [
    ("issued blocks are partitioned", "DELETE FROM unit_block WHERE first = 101", "held by nobody"),
    (
        "issued blocks are partitioned",
        "UPDATE unit_block SET last = last + 5, quantity = quantity + 5 WHERE first = 101",
        "overlaps",
    ),
    (
        "issued blocks are partitioned",
        "UPDATE unit_block SET last = 100001, quantity = quantity + 1 WHERE last = 100000",
        "reaches beyond",
    ),
    ("issued blocks are partitioned", "UPDATE unit_block SET quantity = 7 WHERE first = 101", "7"),
    (
        "issued blocks are partitioned",
        "UPDATE unit_block SET issued_first = 2 WHERE first = 101",
        "no issued block",
    ),
    (
        "issued blocks come from issuances",
        "UPDATE issued_block SET transaction_id = 'somebody'",
        "no completed issuance",
    ),
    (
        "issued blocks come from issuances",
        DOUBLE_ISSUE,
        "issued twice",
    ),
    (
        "underlying units back once",
        BACKED_TWICE,
        "of GS stand behind THA01:300001-300100 and partly behind THA01:200001-200100",
    ),
    (
        "underlying units back once",
        "UPDATE lookup SET low = 1 WHERE first = 200001",
        "was issued against GS1-1-TH-GS100-12-2022-1-1001 to",
    ),
    (
        "underlying units back once",
        "DELETE FROM lookup WHERE first = 200001",
        "nothing is kept",
    ),
    (
        "underlying units back once",
        "UPDATE issued_block SET last = 200099 WHERE first = 200001",
        "which are 100 units",
    ),
    (
        "underlying units back once",
        f"UPDATE issued_block SET attributes = x'{CER_OF_NOTHING.hex()}' WHERE first = 200001",
        "names underlying units that cannot be read",
    ),
    (
        "locks belong to open transactions",
        "UPDATE unit_block SET locked_by = NULL WHERE first = 5000",
        "is not locked for it",
    ),
    (
        "locks belong to open transactions",
        "UPDATE unit_block SET locked_by = 'nobody' WHERE first = 101",
        "which is not open",
    ),
    (
        "locks belong to open transactions",
        WRONG_LOCK,
        "which does not move it",
    ),
    ("final accounts are marked", "UPDATE account SET final = 0 WHERE account_type = 200", "200"),
    (
        "closed accounts are empty",
        "UPDATE account SET closed = 1 WHERE registry = 'CHE01'",
        "closed",
    ),
    (
        "adjustments sum to zero",
        "UPDATE adjustment_entry SET debit = 'CHE' WHERE kind = 'FIRST_TRANSFER'",
        "is not between",
    ),
    ("adjustments sum to zero", "UPDATE adjustment_entry SET amount = 1", "books 1"),
    ("adjustments match transactions", "UPDATE adjustment_entry SET year = 2025", "did not book"),
    (
        "adjustments match transactions",
        "UPDATE adjustment_entry SET transaction_id = 'nobody'",
        "no completed transaction",
    ),
    (
        "adjustments match units",
        f"UPDATE unit_block SET state = replace(state, '{MARKED}', '{UNMARKED}') WHERE first = 101",
        "should not be",
    ),
    (
        "adjustments match units",
        f"UPDATE unit_block SET state = replace(state, '{UNMARKED}', '{MARKED}') WHERE first = 5000",
        "is not booked",
    ),
    ("adjustments match units", "DELETE FROM adjustment_entry WHERE kind = 'USE'", "USE of CHE"),
    (
        "adjustments match units",
        "UPDATE adjustment_entry SET year = 2023 WHERE kind = 'FIRST_TRANSFER'",
        "for 2022",
    ),
    (
        "totals of approaches are true",
        "UPDATE tally SET quantity = 999 WHERE name LIKE 'first_transferred:%'",
        "its tally says 999",
    ),
    (
        "totals of approaches are true",
        "UPDATE tally SET quantity = quantity + 1 WHERE name LIKE 'unspent:%'",
        "units are unspent:CA000003",
    ),
    (
        "totals of authorizations are true",
        "UPDATE tally SET quantity = 5 WHERE name LIKE 'issued:%'",
        "its tally says 5",
    ),
    (
        "totals of authorizations are true",
        "UPDATE tally SET quantity = 7 WHERE name LIKE 'used:%:NDC'",
        "its tally says 7",
    ),
    ("the log is whole", "DELETE FROM log_leaf WHERE log_index = 3", "no decision 3"),
    ("the log is whole", "UPDATE log_leaf SET leaf_hash = zeroblob(32) WHERE log_index = 3", "3"),
    (
        "the log is whole",
        "UPDATE log_leaf SET decided_at = 0 WHERE log_index = 3",
        "in front of it",
    ),
    ("the log is whole", "UPDATE statement SET log_index = 999 WHERE sequence = 3", "999"),
    (
        "payloads have their hashes",
        "UPDATE message SET payload = x'00' WHERE kind = 'acceptance'",
        "not what was signed",
    ),
    (
        "payloads have their hashes",
        "UPDATE statement SET payload = x'00' WHERE sequence = 3",
        "statement 3",
    ),
    ("payloads have their hashes", "DELETE FROM statement WHERE sequence = 3", "a gap"),
    ("chains are gapless", "DELETE FROM message WHERE sender_sequence = 2", "numbered"),
    ("chains are gapless", "UPDATE sender SET next_sequence = 99 WHERE node = 'tha'", "tha"),
    (
        "chains are gapless",
        "UPDATE sender SET next_sequence = 99 WHERE node = 'broker'",
        "own chain",
    ),
    (
        "mailboxes are gapless",
        "DELETE FROM mailbox_entry WHERE node = 'tha' AND sequence = 2",
        "tha",
    ),
    ("mailboxes are gapless", "UPDATE mailbox SET last_sequence = 99 WHERE node = 'che'", "99"),
    (
        "mailboxes are gapless",
        "UPDATE mailbox_entry SET statement_ids = 'lost' WHERE sequence = 1",
        "statement that is not recorded",
    ),
    (
        "events give states",
        "UPDATE transaction_record SET state = 'COMPLETED' WHERE state = 'VALIDATED'",
        "lead to VALIDATED",
    ),
    ("events give states", "DELETE FROM transaction_event WHERE ordinal = 1", "no event 1"),
    ("events give states", "DELETE FROM transaction_event", "has no events"),
    (
        "events give states",
        "UPDATE transaction_event SET event = 'REJECT' WHERE event = 'COMPLETE'",
        "not possible",
    ),
    (
        "serials are reserved by issuances that wait",
        "INSERT INTO reserved_serials VALUES ('THA01', 900000, 900001, 'a')",
        "waits to issue no such block",
    ),
    (
        "events give states",
        "UPDATE transaction_event SET transaction_id = 'a' WHERE event = 'INVALIDATE'",
        "no such transaction",
    ),
    (
        "events give states",
        "UPDATE transaction_record SET updated_at = 0 WHERE state = 'COMPLETED'",
        "changed last",
    ),
    (
        "events give states",
        "UPDATE transaction_record SET termination_cause = 'TIMED_OUT' WHERE state = 'COMPLETED'",
        "not because TIMED_OUT",
    ),
]


def planted() -> list[object]:
    """Every fault; the first one of each invariant is one of the fast tests."""
    firsts = {name: at for at, (name, _, _) in reversed(list(enumerate(PLANTED)))}
    return [
        pytest.param(*each, marks=() if firsts[each[0]] == at else pytest.mark.slow)
        for at, each in enumerate(PLANTED)
    ]


@pytest.mark.parametrize(("name", "statement", "told"), planted(), ids=lambda text: str(text)[:60])
async def test_a_planted_fault_is_found(name: str, statement: str, told: str) -> None:
    world = await lived_in()
    damage(world.connection, statement)
    broken = {result.name: result.broken for result in audited(world.connection)}
    assert any(told in sentence for sentence in broken[name]), broken


def test_every_invariant_has_a_planted_fault() -> None:
    elsewhere = {
        "final periods stay as they are",  # in test_finality, with a period that is
        "units end once and begin once",  # in test_transition
        "CERs carry what ended",  # the same
    }
    found = {name for name, _, _ in PLANTED} | elsewhere
    assert found == {invariant.name for invariant in invariants_of()}


async def test_a_row_that_cannot_be_read_is_a_finding() -> None:
    world = await lived_in()
    damage(world.connection, "UPDATE transaction_record SET postings = 'no JSON'")
    assert any("cannot be computed" in sentence for sentence in broken_invariants(world.connection))


async def test_many_faults_are_cut_off() -> None:
    world = await lived_in()
    damage(world.connection, "UPDATE log_leaf SET leaf_hash = zeroblob(32)")
    broken = {result.name: result.broken for result in audited(world.connection)}[
        "the log is whole"
    ]
    decisions = world.connection.execute("SELECT count(*) FROM log_leaf").fetchone()[0]
    assert len(broken) == min(decisions, MAX_SHOWN + 1)
