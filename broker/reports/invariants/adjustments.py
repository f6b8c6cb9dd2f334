# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Invariants of the adjustment ledger."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy import bindparam, select

from broker.adjustments.entries import OUTSTANDING
from broker.clearing.postings import from_text
from broker.store import schema as s
from broker.store.sql import sql
from itmo.lifecycle import State

_E: Final = s.adjustment_entry
_T: Final = s.transaction
_ENTRIES: Final = sql(select(_E).order_by(_E.c.entry_id))
_COMPLETED: Final = sql(
    select(_T.c.transaction_id, _T.c.postings).where(_T.c.state == bindparam("completed"))
)


def entries_have_two_sides(connection: sqlite3.Connection) -> Iterator[str]:
    """Each entry moves its units between one Party and outstanding, so that all sum to zero."""
    balances: dict[str, Counter[str]] = defaultdict(Counter)
    for row in connection.execute(_ENTRIES):
        entry_id, _, debit, credit, amount, metric, party, *_ = row
        first, last = row[10], row[11]
        if {debit, credit} != {party, OUTSTANDING} or party == OUTSTANDING:
            yield f"adjustment {entry_id} is not between {party} and {OUTSTANDING}"
        if amount != last - first + 1 or amount < 1:
            yield f"adjustment {entry_id} books {amount} for {last - first + 1} units"
        balances[metric][credit] += amount
        balances[metric][debit] -= amount
    for metric, accounts in balances.items():
        if sum(accounts.values()) != 0:
            yield f"the adjustments in {metric} sum to {sum(accounts.values())}, not to zero"


def entries_match_transactions(connection: sqlite3.Connection) -> Iterator[str]:
    """Each completed transaction booked what its validation fixed; nothing else booked anything."""
    booked: dict[str, Counter[tuple[object, ...]]] = defaultdict(Counter)
    for row in connection.execute(_ENTRIES):
        _, kind, _, credit, amount, metric, party, year, transaction_id, registry, first, last = (
            row[:12]
        )
        quantity = amount if credit == party else -amount
        booked[transaction_id][(party, year, quantity, kind, metric, registry, first, last)] += 1
    for transaction_id, postings in connection.execute(
        _COMPLETED, {"completed": State.COMPLETED.value}
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
