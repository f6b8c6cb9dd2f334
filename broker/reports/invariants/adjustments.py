# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of the adjustment ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import bindparam, select

from broker.adjustments.entries import OUTSTANDING
from broker.clearing.transactions.postings import from_text
from broker.store import schema as s
from broker.store.decoding import entry
from itmo.lifecycle import State
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions
from itmo.runtime.db.statement import Statement

_E: Final = s.adjustment_entry
_T: Final = s.transaction
_ENTRIES: Final = Statement(select(_E).order_by(_E.c.entry_id))
_COMPLETED: Final = Statement(
    select(_T.c.transaction_id, _T.c.postings).where(_T.c.state == bindparam("completed"))
)


def entries_have_two_sides(connection: Connection) -> Iterator[str]:
    """Each entry moves its units between one Party and outstanding, so that all sum to zero."""
    balances: dict[str, Counter[str]] = defaultdict(Counter)
    for row in map(entry, in_portions(connection, _ENTRIES)):
        if {row.debit, row.credit} != {row.party, OUTSTANDING} or row.party == OUTSTANDING:
            yield f"adjustment {row.entry_id} is not between {row.party} and {OUTSTANDING}"
        units = row.last - row.first + 1
        if row.amount != units or units < 1:
            yield f"adjustment {row.entry_id} books {row.amount} for {units} units"
        balances[row.metric][row.credit] += row.amount
        balances[row.metric][row.debit] -= row.amount
    for metric, accounts in balances.items():
        if sum(accounts.values()) != 0:
            yield f"the adjustments in {metric} sum to {sum(accounts.values())}, not to zero"


def entries_match_transactions(connection: Connection) -> Iterator[str]:
    """Each completed transaction booked what its validation fixed; nothing else booked anything."""
    booked: dict[str, Counter[tuple[object, ...]]] = defaultdict(Counter)
    for row in map(entry, in_portions(connection, _ENTRIES)):
        quantity = row.amount if row.credit == row.party else -row.amount
        said = (row.party, row.year, quantity, row.kind, row.metric)
        booked[row.transaction_id][(*said, row.registry, row.first, row.last)] += 1
    for transaction_id, postings in in_portions(
        connection, _COMPLETED, {"completed": State.COMPLETED.value}
    ):
        planned = Counter[tuple[object, ...]](
            (
                each.party,
                each.year,
                each.quantity,
                each.kind,
                each.metric,
                each.units.registry,
                each.units.range.first,
                each.units.range.last,
            )
            for each in from_text(postings).bookings
        )
        if booked.pop(transaction_id, Counter()) != planned:
            yield f"transaction {transaction_id} did not book what it was validated for"
    for transaction_id in booked:
        yield f"adjustments were booked by {transaction_id}, which is no completed transaction"
