# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the effects of a group of decisions: one executemany per table, inside one commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final

from broker.clearing.postings import to_text
from broker.clearing.rows import TransactionRow
from broker.clearing.world import Effects, World
from broker.ledger.units import LedgerInvariantBroken, UnitRow
from broker.rulebook.general.registries import RegistryFacts
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES
from broker.rulebook.paris.accounts import ParisAccount
from broker.store import statements as st
from broker.store.notices import write_notices
from broker.store.sharing import write_shared
from broker.store.statements import Write

Parameters = tuple[Any, ...]
"""What the driver takes for a row: the edge where types end."""

Put = Callable[[Write, Iterable[Parameters]], int]

_SENDER_OF_CONFLICT: Final = 2
"""Column of conflicting_message."""
_RESTATED = attrgetter(*st.ADD_RESTATED.columns)
_RESERVED = attrgetter(*st.ADD_RESERVED.columns)
_MESSAGE = attrgetter(*st.ADD_MESSAGE.columns)
_STATEMENT = attrgetter(*st.ADD_STATEMENT.columns)
_LEAF = attrgetter(*st.ADD_LEAF.columns)
_EVENT = attrgetter(*st.ADD_EVENT.columns)
_TRANSACTION = attrgetter(*st.ADD_TRANSACTION.columns[:-2])  # marks and postings are last
_LOOKUP = attrgetter(*st.ADD_LOOKUP.columns)
_ISSUED = attrgetter(*st.ADD_ISSUED.columns)
_UNIT = attrgetter(*(c.split("_", 1)[1] for c in st.ADD_UNIT.columns))
_DROPPED = attrgetter(*st.DROP_UNIT.columns)
_ENTRY = attrgetter(*st.ADD_ENTRY.columns)
_DELIVERY = attrgetter(*st.ADD_DELIVERY.columns)
_SENDER = attrgetter(*st.PUT_SENDER.columns)
_NODE = attrgetter(*st.PUT_NODE.columns)
_KEY = attrgetter(*st.PUT_KEY.columns)
_REVERSAL = attrgetter(*st.PUT_REVERSAL.columns)
_UNIT_CHANGE = attrgetter(*(c.split("_", 1)[1] for c in st.CHANGE_UNIT.columns))


def write(connection: sqlite3.Connection, world: World, effects: Effects) -> None:
    """Writes everything a group decided. The caller opens and commits the transaction.

    Raises:
        LedgerInvariantBroken: a row was not in the state it was loaded in.
        sqlite3.IntegrityError: a constraint of the database fired. Both are bugs of ours.
    """

    def put(statement: Write, rows: Iterable[Parameters]) -> int:
        listed = list(rows)
        return connection.executemany(statement.sql, listed).rowcount if listed else 0

    put(st.ADD_LEAF, map(_LEAF, effects.leaves))
    put(st.ADD_MESSAGE, map(_MESSAGE, effects.messages))
    put(st.ADD_CONFLICT, ((*row, row[_SENDER_OF_CONFLICT]) for row in effects.conflicts))
    put(st.COUNT_CONFLICT, ((row[_SENDER_OF_CONFLICT], row[-1]) for row in effects.conflicts))
    put(st.ADD_STATEMENT, map(_STATEMENT, effects.statements))
    put(st.PUT_SENDER, (_SENDER(world.senders[name]) for name in effects.senders))
    _write_directory(put, world, effects)
    put(st.ADD_STATED, world.stated.rows())
    _write_ledgers(put, world, effects)
    write_shared(connection, world.shared, effects.shared)
    write_notices(connection, world.notices, effects.notices)
    put(st.SET_MAILBOX, ((name, world.mailboxes[name].sequence) for name in effects.mailboxes))
    put(st.ADD_DELIVERY, map(_DELIVERY, effects.deliveries))


def _write_directory(put: Put, world: World, effects: Effects) -> None:
    put(st.PUT_NODE, (_NODE(world.nodes[name]) for name in effects.nodes))
    put(st.PUT_REGISTRY, (_registry(world.registries[name]) for name in effects.registries))
    put(st.PUT_DESIGNATION, ((name, world.designations[name]) for name in effects.designations))
    put(st.PUT_KEY, (_KEY(world.keys[name]) for name in effects.keys))
    put(st.PUT_ACCOUNT, (_account(world.accounts[name]) for name in effects.accounts))


def _write_ledgers(put: Put, world: World, effects: Effects) -> None:
    new, changed = [], []
    for name, loaded in effects.transactions.items():
        row = world.transactions[name]
        if loaded is None:
            postings = world.postings.get(name)
            written = to_text(postings) if postings else ""
            new.append((*_TRANSACTION(row), ",".join(row.marks), written))
        else:
            changed.append(_change(row, loaded))
    put(st.ADD_TRANSACTION, new)
    if put(st.CHANGE_TRANSACTION, changed) != len(changed):
        raise LedgerInvariantBroken("a transaction was not in the state it was loaded in")
    put(st.ADD_EVENT, map(_EVENT, effects.events))
    put(st.ADD_ISSUED, map(_ISSUED, effects.issued))
    put(st.ADD_LOOKUP, map(_LOOKUP, effects.lookups))
    reserved, released = world.reservations.changes()
    if put(st.DROP_RESERVED, released) != len(released):
        raise LedgerInvariantBroken("serials to be released were not reserved")
    put(st.ADD_RESERVED, map(_RESERVED, reserved))
    # What was joined goes before a row grows over it, and rows shrink before the parts behind them
    # are inserted, so that ranges never overlap.
    deleted = [_DROPPED(row) for row in effects.units.deleted]
    if put(st.DROP_UNIT, deleted) != len(deleted):
        raise LedgerInvariantBroken("a unit range to be joined was not where it was loaded from")
    updated = [_UNIT_CHANGE(row) for row in effects.units.updated]
    if put(st.CHANGE_UNIT, updated) != len(updated):
        raise LedgerInvariantBroken("a unit range was not where it was loaded from")
    put(st.ADD_UNIT, map(_unit, effects.units.inserted))
    put(st.ADD_RESTATED, map(_RESTATED, effects.restated))
    put(st.ADD_ENTRY, map(_ENTRY, effects.entries))
    put(st.PUT_TALLY, world.tallies.changes())
    put(st.PUT_REVERSAL, (_REVERSAL(world.reversals[name]) for name in effects.reversals))


def _unit(row: UnitRow) -> Parameters:
    parameters: Parameters = _UNIT(row)
    return parameters


def _change(row: TransactionRow, loaded: str) -> Parameters:
    return (
        row.state,
        row.termination_cause,
        row.updated_at,
        row.verdict_hash,
        row.answer_hash,
        row.closing_hash,
        row.moves,
        row.reason,
        row.transaction_id,
        loaded,
    )


def _registry(row: RegistryFacts) -> Parameters:
    return (row.registry, row.node, row.party, row.status, " ".join(row.rulebooks))


def _account(row: ParisAccount) -> Parameters:
    period = row.ndc_period
    return (
        row.account_id,
        row.registry,
        row.account_type,
        int(row.account_type in FINAL_ACCOUNT_TYPES),
        period.first if period else None,
        period.last if period else None,
        row.non_ghg_metric,
        row.entity,
        int(row.closed),
        row.role or "",
        row.party or "",
        row.rulebook,
    )
