# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Verification finds every row, every byte that was changed behind the broker's back."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Column, Table

from broker.app import invariants_of, memory_house
from broker.log.merkle import root
from broker.regime.paris.regime import PARIS
from broker.regime.regimes import Regimes
from broker.store import schema
from broker.store.archive_files import file_name
from broker.store.migrate import SCHEMA, install
from broker.store.timekeeping import keep_acceptance
from broker.store.triggers import TRIGGERS
from broker.verifying import replay
from broker.verifying.verify import COMPARED, Verified, verify
from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.keys import MemorySigner
from itmo.paris.v1 import approaches_pb2, parties_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.soundness import schema_faults
from tests.kit.auditing import audited, broken_invariants
from tests.kit.clearing import (
    APPROACH,
    ClearingWorld,
    answer_to,
    authorize,
    batch,
    issuance,
    restarted,
    sealed,
    send,
    stored,
    trading_world,
    transfer,
    unsent,
    use,
)
from tests.kit.effort import read_through
from tests.kit.engine import on_sqlite
from tests.kit.many import many
from tests.kit.notices import notify_a_little
from tests.kit.reconciliation import reconcile_a_little
from tests.kit.sharing import share_a_little

OWN_KEYS = "('broker', 'operator')"
NOT_COMPARED = {
    "catalogue",  # each row has its own digest
    "archive_file",  # each names its digest, and is looked at where it is at hand
    "looked_through",  # how far a start has looked
    "network",  # says which founder's keys are trusted
    "conflict_count",  # how often that happened
    "conflicting_message",  # evidence, not part of the record
    "refused_message",  # events
    "mailbox",  # its end is compared by an invariant; acknowledgements are the node's word
    "statement_signature",  # made again at will
    "clock_mark",  # where this machine's clock was last right
    "clock_acceptance",  # the operator's word; an invariant compares decisions with it
}


SOON = {
    "message", "statement", "log_leaf", "key", "account", "transaction_record", "unit_block", "restated", "adjustment_entry",
    "archive_file", "clock_acceptance", "mailbox",
}  # fmt: skip
"""Tables that the fast tests change: what was said, what is held and counted, and some beside the record."""


async def eventful_world() -> ClearingWorld:
    """At least one row in every table, and a transaction in every state."""
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    await che.say(
        PayloadKind.INVENTORY_STATEMENT,
        parties_pb2.InventoryStatement(
            party="CHE", years=[parties_pb2.InventoryYear(year=2022, tonnes=45_000_000)]
        ),
    )
    done, rejected, withdrawn, late = (
        transfer(world, at * 100 + 1, at * 100 + 100) for at in range(4)
    )
    for each in (done, rejected, withdrawn, late):
        await tha.propose(each)
    await che.accept(done.transaction_id)
    await che.propose(use(world, 1, 10, 2022))
    await tha.propose(again := transfer(world, 901, 910))
    await che.accept(again.transaction_id)
    agreement = statements_pb2.ReversalStatement(
        transaction_id=again.transaction_id, reason="wrong units"
    )
    await world.operator.state(PayloadKind.REVERSAL_STATEMENT, agreement)
    reversal = transfer(world, 901, 910, giver="CHE01", taker="THA01")
    reversal.type = proposal_pb2.TRANSACTION_TYPE_REVERSAL
    reversal.reverses = again.transaction_id
    await che.propose(reversal)
    await tha.accept(reversal.transaction_id)
    await answer_to(che, PayloadKind.REJECTION, rejected.transaction_id, reason="no")
    await answer_to(tha, PayloadKind.WITHDRAWAL, withdrawn.transaction_id)
    await tha.propose(transfer(world, 100_000, 100_001))
    world.clock.advance(timedelta(hours=24))
    await world.house.expire_due()
    slow = transfer(world, 501, 600)
    slow.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    await tha.propose(slow)
    await che.accept(slow.transaction_id)
    await batch(tha, [transfer(world, 701, 710), transfer(world, 701, 710)])
    waiting = issuance(world, "THA01", 200_001, 200_100)
    waiting.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    await tha.propose(waiting)
    await authorize(tha, version=2, quantity=600_000)
    registered = approaches_pb2.ActivityStatement(
        cooperative_approach=APPROACH, activity="Buses", registration_date="2023-01-01"
    )
    await world.operator.state(PayloadKind.ACTIVITY_STATEMENT, registered)
    await notify_a_little(world)
    await reconcile_a_little(world)
    header = unsent(tha)
    for last in (801, 802):
        wanted = proposal_pb2.Proposal(transaction=transfer(world, 801, last))
        with nullcontext() if last == 801 else pytest.raises(ProtocolError):
            await send(tha, sealed(tha, PayloadKind.PROPOSAL, wanted, header))
    await share_a_little(world)
    await world.house.stop()
    return world


@pytest.fixture(scope="module")
def honest() -> Iterator[Connection]:
    """The eventful database."""
    connection = asyncio.run(eventful_world()).connection
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def whole(honest: Connection) -> Iterator[sqlite3.Connection]:
    """An eventful database whose bytes can be copied."""
    if isinstance(honest, sqlite3.Connection):
        yield honest
        return
    with on_sqlite(
        "a meddler copies the file, and changes what no guard of a server lets him change"
    ):
        connection = asyncio.run(eventful_world()).connection
    yield connection
    connection.close()


@pytest.fixture
def copy(whole: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None)
    whole.backup(made)
    for trigger in TRIGGERS:  # a meddler takes the guards away, and puts them back
        made.execute(f"DROP TRIGGER {trigger.split()[2]}")
    made.execute("PRAGMA ignore_check_constraints = ON")
    yield made
    made.close()


def verified(connection: sqlite3.Connection) -> Verified:
    with suppress(sqlite3.Error, UnicodeError):  # no tables, or a file that cannot be read
        known = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        for trigger in TRIGGERS:
            if trigger.split()[2] not in known:
                connection.execute(trigger)
    return verify(connection, lambda _: None)


def test_an_honest_database_holds(honest: Connection) -> None:
    told: list[int] = []
    found = verify(honest, told.append)
    assert found.problems == ()
    assert told == list(range(1, found.decisions + 1))
    states = {row[0] for row in honest.execute("SELECT state FROM transaction_record")}
    assert states == {
        "VALIDATED", "INVALIDATED", "ACCEPTED", "REJECTED", "COMPLETED", "TERMINATED"
    }  # fmt: skip
    without = stored(honest, "looked_through", "archive_file")  # made by a start, and by a command
    assert all(rows for name, rows in without.items() if not name.startswith("clock_"))
    assert not honest.in_transaction


class LaterRulebook(type(PARIS)):  # type: ignore[misc]  # of an instance
    """The rulebook of a later program: its verdicts state another catalogue."""

    catalogue = PARIS.catalogue.replace(b'"checks":[', b'"checks":[ ')
    digest = sha256(catalogue).digest()


def test_what_was_decided_by_an_earlier_catalogue_holds(honest: Connection) -> None:
    found = verify(honest, lambda _: None, Regimes([LaterRulebook()]))
    assert found.other_rulebook
    assert found.problems == ()


async def test_an_answer_to_a_verdict_of_an_earlier_catalogue_holds() -> None:
    """A node names the verdict that it answers; under another catalogue its bytes are others, and behind it too."""
    world = await trading_world()
    later = Regimes([LaterRulebook()])
    await _answered(world, transfer(world, 1, 100))
    assert verify(world.connection, lambda _: None).problems == ()
    await world.house.stop()
    world.house = memory_house(replace(world.parts, regimes=later), world.connection)
    install(world.connection, later)
    await world.house.start()
    await _answered(world, transfer(world, 101, 200))
    await world.house.stop()
    found = verify(world.connection, lambda _: None, later)
    assert found.other_rulebook
    assert found.problems == ()


async def _answered(world: ClearingWorld, wanted: proposal_pb2.ProposedTransaction) -> None:
    tha, che = world.senders["tha"], world.senders["che"]
    answer = await tha.say(PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=wanted))
    acceptance = proposal_pb2.Acceptance(
        transaction_id=wanted.transaction_id,
        proposal_hash=tha.chain.previous_payload_hash,
        verdict_hash=sha256(answer.answers[0].payload).digest(),
    )
    told = await che.say(PayloadKind.ACCEPTANCE, acceptance)
    assert decision_pb2.Receipt.FromString(told.answers[0].payload).effective


def test_every_table_is_compared_or_excused() -> None:
    names = {table.name for table in schema.metadata.sorted_tables}
    assert names == {table.name for table in COMPARED} | NOT_COMPARED


def test_a_catalogue_that_was_changed(copy: sqlite3.Connection) -> None:
    copy.execute("UPDATE catalogue SET content = x'7b7d'")
    assert all("catalogue" in each for each in verified(copy).problems)
    assert verified(copy).problems


def named(problems: tuple[str, ...], table: Table) -> bool:
    return any(table.name in problem or table.name.split("_")[0] in problem for problem in problems)


def own(table: Table) -> str:
    """The founder's keys are what the verification trusts."""
    return f" WHERE node NOT IN {OWN_KEYS}" if table is schema.key else ""


def each_of(tables: Iterable[Table]) -> list[object]:
    known = {table.name: table for table in tables}
    return many(known.values(), SOON & known.keys(), lambda table: table.name)


@pytest.mark.parametrize("table", each_of(COMPARED))
@pytest.mark.parametrize("which", many(["first", "last"], {"last"}))
def test_a_row_that_is_gone(copy: sqlite3.Connection, table: Table, which: str) -> None:
    rows = [r[0] for r in copy.execute(f"SELECT rowid FROM {table.name}{own(table)} ORDER BY 1")]
    copy.execute(
        f"DELETE FROM {table.name} WHERE rowid = ?", (rows[0 if which == "first" else -1],)
    )
    problems = verified(copy).problems
    assert named(problems, table), problems


@pytest.mark.parametrize("table", each_of(COMPARED))
def test_a_row_too_many(copy: sqlite3.Connection, table: Table) -> None:
    columns = [column.name for column in table.c]
    row = dict(zip(columns, copy.execute(f"SELECT * FROM {table.name}").fetchone(), strict=True))
    for column in table.primary_key:
        row[column.name] = _other(column, row[column.name])
    for name in ("sequence", "sender_sequence", "last", "log_index", "entry_id"):
        if name in row:
            row[name] = 10**6
    if table is schema.adjustment_entry:
        row |= {"first": 300_001, "last": 300_001, "amount": 1}
    if table is schema.key:
        signer = MemorySigner.from_seed(b"smuggled".ljust(32, b"."))
        row |= {"keyid": signer.keyid, "public_key": signer.public_key, "node": "tha"}
    marks = ", ".join("?" for _ in columns)
    copy.execute(f"INSERT INTO {table.name} VALUES ({marks})", tuple(row.values()))
    problems = verified(copy).problems
    assert named(problems, table), problems


def _other(column: Column[object], value: object) -> object:
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"\x01"
    if isinstance(value, int):
        return 1 - value if column.name == "test_network" else value + 1
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1:] != "0" else "1")
    return b"\x01" * 32 if "hash" in column.name else 7 if _whole(column) else "x"


def _whole(column: Column[object]) -> bool:
    return column.type.python_type is int


def columns_of(tables: Iterable[Table]) -> list[object]:
    """Every column of tables; all but the first of some are left to the long tests, as there are hundreds."""
    return [
        pytest.param(
            table, column.name, id=f"{table.name}.{column.name}",
            marks=[pytest.mark.slow] if place or table.name not in SOON else [],
        )
        for table in tables
        for place, column in enumerate(table.c)
    ]  # fmt: skip


@pytest.mark.parametrize(("table", "column"), columns_of(COMPARED))
def test_a_value_that_was_changed(copy: sqlite3.Connection, table: Table, column: str) -> None:
    copy.execute("PRAGMA foreign_keys = OFF")
    rowid, value = copy.execute(
        f'SELECT rowid, "{column}" FROM {table.name}{own(table)} ORDER BY 1 DESC LIMIT 1'
    ).fetchone()
    copy.execute(
        f'UPDATE {table.name} SET "{column}" = ? WHERE rowid = ?',
        (_other(table.c[column], value), rowid),
    )
    problems = verified(copy).problems
    assert named(problems, table), problems
    assert all(problem.isprintable() for problem in problems)


UNSEEN = {
    "network.clock_offset_ms": "of a test network; the clock is nobody's signed word",
    "network.test_network": "compared with the settings at every start",
    "network.database_id": "compared with the head beside the file",
    "conflicting_message.received_at": "when it came, after the recorded one, is nobody's word",
    "refused_message.refusal_id": "an event; no part of the record",
    "refused_message.refused_at": "an event; no part of the record",
    "refused_message.caller": "an event; no part of the record",
    "refused_message.found": "an event; no part of the record",
    "refused_message.payload_hash": "an event; no part of the record",
    "clock_mark.seen_at": "where this machine's clock was last right; its start compares it",
    "clock_mark.since_boot": "same",
    "clock_mark.boot": "same",
    "clock_acceptance.number": "a number of its own",
    "looked_through.name": "how far a start has looked; `verify` looks at all signatures",
    "looked_through.place": "same",
    "conflict_count.sender_node": "how often that happened is nobody's signed word",
    "conflict_count.seen": "same",
    "conflict_count.last_at": "same",
    "mailbox.acknowledged_sequence": "the node's word, unsigned; never beyond the deliveries",
    "archive_file.payload_bytes": "of a file that is not at hand; one that is has to have as many",
    "archive_file.put_away_at": "when that was, is nobody's signed word",
}
"""Columns outside the record of which a change is not noticed, each with the reason."""


def file_away(db: sqlite3.Connection) -> None:
    """As if the message of the first decision were in an archive file that is not at hand."""
    (leaf,) = db.execute("SELECT leaf_hash FROM log_leaf WHERE log_index = 0").fetchone()
    db.execute(
        "INSERT INTO archive_file VALUES (x'01', 0, 0, ?, ?, 1, 1, ?, 1)",
        (root([]), root([leaf]), f"/nowhere/{file_name(0, 0, bytes([1]))}"),
    )
    assert db.execute("UPDATE message SET payload = x'' WHERE log_index = 0").rowcount == 1


FILLED: dict[str, Callable[[sqlite3.Connection], object]] = {
    "clock_mark": lambda db: db.execute("INSERT INTO clock_mark VALUES (1, 0, 0, 'boot')"),
    "looked_through": lambda db: db.execute("INSERT INTO looked_through VALUES ('signatures', 1)"),
    "clock_acceptance": lambda db: keep_acceptance(db, MemorySigner.from_seed(b"o" * 32), 9, 8),
    "conflict_count": lambda db: db.execute("INSERT INTO conflict_count VALUES ('tha', 1, 0)"),
    "archive_file": file_away,
}
"""A row for tables that the honest house leaves empty."""
BESIDES = [schema.metadata.tables[name] for name in sorted(NOT_COMPARED)]


@pytest.mark.parametrize(("table", "column"), columns_of(BESIDES))
def test_a_value_beside_the_record_that_was_changed(
    copy: sqlite3.Connection, table: Table, column: str
) -> None:
    copy.execute("PRAGMA foreign_keys = OFF")
    if table.name == "refused_message":
        copy.execute("DELETE FROM refused_message")
        copy.execute(
            "INSERT INTO refused_message VALUES (1, 0, 'tha', 'KEY_UNKNOWN', 'no', zeroblob(32))"
        )
    if copy.execute(f"SELECT count(*) FROM {table.name}").fetchone() == (0,):
        FILLED[table.name](copy)
    assert verified(copy).problems == ()
    for trigger in TRIGGERS:
        copy.execute(f"DROP TRIGGER {trigger.split()[2]}")
    copy.execute("PRAGMA ignore_check_constraints = ON")
    rowid, value = copy.execute(
        f'SELECT rowid, "{column}" FROM {table.name} ORDER BY 1 DESC LIMIT 1'
    ).fetchone()
    copy.execute(
        f'UPDATE {table.name} SET "{column}" = ? WHERE rowid = ?',
        (_other(table.c[column], value), rowid),
    )
    copy.execute("PRAGMA ignore_check_constraints = OFF")
    assert bool(verified(copy).problems) != (f"{table.name}.{column}" in UNSEEN)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=[each.split()[2] for each in TRIGGERS])
def test_a_dropped_trigger(whole: sqlite3.Connection, trigger: str) -> None:
    made = sqlite3.connect(":memory:", isolation_level=None)
    whole.backup(made)
    made.execute(f"DROP TRIGGER {trigger.split()[2]}")
    faults = list(schema_faults(made, whole))
    assert faults == [f"the schema: trigger {trigger.split()[2]} was dropped"]
    made.execute(trigger.replace("; END", "; SELECT 1; END"))
    assert list(schema_faults(made, whole)) == [
        f"the schema: trigger {trigger.split()[2]} was changed"
    ]


def test_a_constraint_and_an_index_that_were_taken_away(copy: sqlite3.Connection) -> None:
    copy.execute("PRAGMA writable_schema = ON")
    copy.execute(
        "UPDATE sqlite_master SET sql = replace(sql, 'CHECK (quantity = last - first + 1)',"
        " 'CHECK (1)') WHERE name = 'unit_block'"
    )
    copy.execute("PRAGMA writable_schema = RESET")
    copy.execute("DROP INDEX unit_block_account")
    problems = verified(copy).problems
    assert "the schema: table unit_block was changed" in problems
    assert "the schema: index unit_block_account was dropped" in problems


@pytest.mark.parametrize("at", many([0, 1, 7, -1], {"0", "-1"}))
@pytest.mark.parametrize("table", ["message", "statement"])
def test_a_byte_of_a_payload(copy: sqlite3.Connection, table: str, at: int) -> None:
    rowid, payload = copy.execute(
        f"SELECT rowid, payload FROM {table} WHERE kind IN ('proposal', 'receipt') LIMIT 1"
    ).fetchone()
    changed = bytearray(payload)
    changed[at] ^= 0x01
    copy.execute(f"UPDATE {table} SET payload = ? WHERE rowid = ?", (bytes(changed), rowid))
    assert named(verified(copy).problems, schema.metadata.tables[table])


def test_a_meddler_who_makes_all_hashes_fit(copy: sqlite3.Connection) -> None:
    """Units moved with a matching balance are still not what the signed messages say."""
    copy.execute(
        "UPDATE unit_block SET (account_id, account_registry) = (SELECT account_id, registry FROM"
        " account WHERE registry = 'CHE01' AND account_type = 100) WHERE last = 100000"
    )
    assert broken_invariants(copy) == []
    assert any("unit_block" in problem for problem in verified(copy).problems)


def test_a_database_that_was_never_founded() -> None:
    empty = sqlite3.connect(":memory:", isolation_level=None)
    SCHEMA.create(empty)
    assert verified(empty).problems
    nothing = sqlite3.connect(":memory:", isolation_level=None)
    assert verified(nothing).problems


def test_an_audit_of_a_damaged_database_never_raises(copy: sqlite3.Connection) -> None:
    for table in schema.metadata.sorted_tables:
        copy.execute(f"DROP TABLE {table.name}")
        assert len(audited(copy)) == len(invariants_of())


# -- bytes of a file ------------------------------------------------------------------------------

SEEDS = range(40)


@pytest.fixture(scope="module")
def file_bytes(whole: sqlite3.Connection, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "broker.db"
    made = sqlite3.connect(path, isolation_level=None)
    whole.backup(made)
    made.execute("VACUUM")
    made.close()
    return path.read_bytes()


def readable(connection: sqlite3.Connection) -> object:
    """What a reader gets of everything compared; None where it cannot even be read."""
    try:
        return stored(connection, *NOT_COMPARED)
    except (sqlite3.Error, UnicodeDecodeError):
        return None


@pytest.mark.parametrize("seed", many(SEEDS, {"0", "1", "2", "3"}))
def test_a_flipped_bit_in_the_file(
    whole: sqlite3.Connection, file_bytes: bytes, tmp_path: Path, seed: int
) -> None:
    """Where the flip changes anything that counts, it is found; free space and hints do not count."""
    chance = random.Random(seed)
    damaged = bytearray(file_bytes)
    while not any(damaged[(at := chance.randrange(100, len(damaged))) : at + 1]):
        pass  # zeros are mostly the free space of a page
    damaged[at] ^= 1 << chance.randrange(8)
    path = tmp_path / "broker.db"
    path.write_bytes(damaged)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        problems = verified(connection).problems
        if not problems:
            assert readable(connection) == stored(whole, *NOT_COMPARED), f"byte {at}"
    finally:
        connection.close()


def test_a_schema_that_is_no_text_any_more(file_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broker.db"
    path.write_bytes(
        file_bytes.replace(b"CREATE TABLE issued_block", b"CREATE TABLE issu\xc5d_block")
    )
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        (problem,) = verified(connection).problems
        assert problem.startswith("the file is damaged: ")
    finally:
        connection.close()


def test_flipped_bits_in_payloads_of_the_file(
    whole: sqlite3.Connection, file_bytes: bytes, tmp_path: Path
) -> None:
    chance = random.Random(7)
    payloads = [row[0] for row in whole.execute("SELECT payload FROM message")]
    tried = 0
    for payload in chance.sample(payloads, 8):
        start = file_bytes.find(payload)
        if start < 0:
            continue  # it is spread over several pages
        damaged = bytearray(file_bytes)
        damaged[start + chance.randrange(len(payload))] ^= 1 << chance.randrange(8)
        path = tmp_path / f"{tried}.db"
        path.write_bytes(damaged)
        connection = sqlite3.connect(path, isolation_level=None)
        problems = verified(connection).problems
        connection.close()
        assert any("message" in problem for problem in problems)
        tried += 1
    assert tried >= 4


def test_a_file_that_is_cut_off(file_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broker.db"
    path.write_bytes(file_bytes[: len(file_bytes) * 2 // 3])
    connection = sqlite3.connect(path, isolation_level=None)
    assert verified(connection).problems
    connection.close()


async def test_a_lifetime_that_was_the_setting_then_is_that_of_the_record() -> None:
    world = await trading_world()
    await world.house.stop()
    world.parts = replace(world.parts, transaction_lifetime=timedelta(hours=1))
    await restarted(world).start()
    await world.senders["tha"].propose(transfer(world, 1, 10))
    assert verify(world.connection, lambda _: None).problems == ()
    await world.house.stop()


async def test_no_message_makes_the_replay_look_at_every_row() -> None:
    """After an hour of attacks, 73 000 messages, all transactions were looked at for each of them."""
    world = await trading_world()
    lifetime = {"wanted": "[]", "of_message": ""}
    assert read_through(world.connection, replay._LIFETIME, lifetime) == []
    assert read_through(world.connection, replay._TELLING_FAULT, ("", b"")) == []
    await world.house.stop()
