# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the effects of a group of decisions: one statement per table, inside one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from broker.clearing.decision.world import Effects, World
from broker.clearing.transactions.postings import to_text
from broker.ledger.units import LedgerInvariantBroken
from broker.rulebook.general.registries import RegistryFacts
from broker.store import sql as st
from broker.store.notices import write_notices
from broker.store.reconciliation import write_reconciled
from broker.store.sharing import write_shared
from itmo.runtime.db.connection import Connection, Cursor
from itmo.runtime.db.rows import Parameters, Write


@dataclass(slots=True)
class _Asked:
    """A statement that has to find a number of rows, and its answer, where there is one."""

    rows: int
    fault: str
    cursor: Cursor | None = None


@dataclass(slots=True)
class Expected:
    """How many rows there have to be to write to; known for sure when all is answered."""

    _of: list[_Asked] = field(default_factory=list)

    def send(
        self, connection: Connection, statement: Write, rows: Sequence[Parameters], fault: str
    ) -> None:
        """Writes to one row for each.

        It is remembered before: a server may refuse a statement while it, or one after it, is still being sent.
        """
        asked = _Asked(len(rows), fault)
        self._of.append(asked)
        asked.cursor = statement.sent(connection, rows)

    def check(self) -> None:
        """Looks at what was answered.

        Raises:
            LedgerInvariantBroken: a row was not in the state it was loaded in, a bug of ours.
        """
        for asked in self._of:
            if (0 if asked.cursor is None else asked.cursor.rowcount) != asked.rows:
                raise LedgerInvariantBroken(asked.fault)


def write(connection: Connection, world: World, effects: Effects, expected: Expected) -> None:
    """Writes everything a group decided. The caller opens and commits the transaction.

    Args:
        connection: In a transaction.
        world: What was decided in.
        effects: What came of it.
        expected: Is told what has to be checked before the commit, also when this raises.

    Raises:
        sqlite3.IntegrityError: a constraint of the database fired, a bug of ours.
    """
    st.ADD_LEAF.many(connection, effects.leaves)
    st.ADD_MESSAGE.many(connection, effects.messages)
    st.ADD_CONFLICT.many(connection, effects.conflicts)
    st.COUNT_CONFLICT.many(connection, effects.conflicts)
    st.ADD_STATEMENT.many(connection, effects.statements)
    st.PUT_SENDER.many(connection, (world.senders[name] for name in effects.senders))
    _write_directory(connection, world, effects)
    st.ADD_STATED.run(connection, world.stated.rows())
    _write_ledgers(connection, world, effects, expected)
    write_shared(connection, world.shared, effects.shared)
    write_notices(connection, world.notices, effects.notices)
    write_reconciled(connection, world.reconciled, effects.reconciled)
    st.SET_MAILBOX.run(
        connection, ((name, world.mailboxes[name].sequence) for name in effects.mailboxes)
    )
    st.ADD_DELIVERY.many(connection, effects.deliveries)


def _write_directory(connection: Connection, world: World, effects: Effects) -> None:
    st.PUT_NODE.many(connection, (world.nodes[name] for name in effects.nodes))
    st.PUT_REGISTRY.run(
        connection, (_registry(world.registries[name]) for name in effects.registries)
    )
    st.PUT_DESIGNATION.run(
        connection, ((name, world.designations[name]) for name in effects.designations)
    )
    st.PUT_KEY.many(connection, (world.keys[name] for name in effects.keys))
    st.PUT_ACCOUNT.many(connection, (world.accounts[name] for name in effects.accounts))


def _write_ledgers(
    connection: Connection, world: World, effects: Effects, expected: Expected
) -> None:
    new, changed = [], []
    for name, loaded in effects.transactions.items():
        row = world.transactions[name]
        if loaded is None:
            postings = world.postings.get(name)
            written = to_text(postings) if postings else ""
            new.append(st.ADD_TRANSACTION.values(row, ",".join(row.marks), written))
        else:
            changed.append(st.CHANGE_TRANSACTION.values(row, loaded.value))
    st.ADD_TRANSACTION.run(connection, new)
    expected.send(
        connection,
        st.CHANGE_TRANSACTION,
        changed,
        "a transaction was not in the state it was loaded in",
    )
    st.ADD_EVENT.many(connection, effects.events)
    st.ADD_ISSUED.many(connection, effects.issued)
    st.ADD_LOOKUP.many(connection, effects.lookups)
    reserved, released = world.reservations.changes()
    expected.send(
        connection, st.DROP_RESERVED, list(released), "serials to be released were not reserved"
    )
    st.ADD_RESERVED.many(connection, reserved)
    # What was joined goes before a row grows over it, and rows shrink before the parts behind them
    # are inserted, so that ranges never overlap. Those that keep their serials may be written at any time.
    units = effects.units
    expected.send(
        connection,
        st.DROP_UNIT,
        list(map(st.DROP_UNIT.values, units.deleted)),
        "a unit range to be joined was not where it was loaded from",
    )
    for statement, rows in (
        (st.UPDATE_UNIT, units.updated), (st.RESIZE_UNIT, units.resized),
        (st.MOVE_UNIT, units.moved), (st.MARK_UNIT, units.marked),
    ):  # fmt: skip
        expected.send(
            connection,
            statement,
            list(map(statement.values, rows)),
            "a unit range was not as it was loaded",
        )
    st.ADD_UNIT.many(connection, units.inserted)
    st.ADD_RESTATED.many(connection, effects.restated)
    st.ADD_ENTRY.many(connection, effects.entries)
    st.PUT_TALLY.run(connection, world.tallies.changes())
    st.PUT_REVERSAL.many(connection, (world.reversals[name] for name in effects.reversals))


def _registry(row: RegistryFacts) -> Parameters:
    return (row.registry, row.node, row.party, row.status, " ".join(row.rulebooks))
