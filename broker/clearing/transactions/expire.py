# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Time-outs: the broker ends what nobody answered, by its own clock; at the deadline it is over."""

from __future__ import annotations

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import StatementRow
from broker.clearing.transactions.answer import tell_both
from itmo.lifecycle import HOLDS_LOCK, Event, TerminationCause


def due(desk: Desk) -> list[str]:
    """Loaded transactions whose deadline has come, oldest deadline first."""
    now = desk.now_ms
    rows = [
        row
        for row in desk.world.transactions.values()
        if row.state in HOLDS_LOCK
        and row.deadline <= now
        and row.transaction_id not in desk.world.aside
    ]
    return [
        row.transaction_id for row in sorted(rows, key=lambda r: (r.deadline, r.transaction_id))
    ]


def expire(desk: Desk, transaction_id: str) -> list[StatementRow]:
    """Times a transaction out, as a decision of its own."""
    desk.begin()
    row = desk.world.transactions[transaction_id]
    row = desk.move(row, Event.TIME_OUT, cause=TerminationCause.TIMED_OUT)
    desk.release(row.transaction_id)
    receipt = desk.receipt(None, row)
    tell_both(desk, row, [receipt], None)
    return desk.close(None, transaction_id)
