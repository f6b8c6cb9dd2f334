# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house knows besides the AEFs that are drawn from its ledger.

The summaries come from the adjustment ledger, the AEFs from the unit ledger: check IRC01 compares
the two.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import select

from broker.adjustments.entries import GHG
from broker.clearing.desk import from_ms
from broker.clearing.reading import approach as read_approach
from broker.reports.aef.checks.casefile import Context
from broker.reports.aef.checks.cooperative_approaches import APPROACHES, Approach
from broker.reports.aef.checks.summaries import StructuredSummary
from broker.reports.aef.model import Submission
from broker.reports.snapshot import snapshot
from broker.rulebook.accounting import EntryKind
from broker.rulebook.facts import TransactionType
from broker.store import schema as s
from broker.store.statements import sql
from itmo.core.v1 import statements_pb2

_E: Final = s.adjustment_entry
_ENTRIES: Final = sql(
    select(
        _E.c.kind, _E.c.party, _E.c.year, _E.c.booked_at, _E.c.amount, _E.c.metric,
        s.transaction.c.type, s.reversal.c.reversed_by,
    )
    .select_from(_E)
    .join(s.transaction, s.transaction.c.transaction_id == _E.c.transaction_id)
    .outerjoin(s.reversal, s.reversal.c.transaction_id == _E.c.transaction_id)
)  # fmt: skip
_APPROACHES: Final = sql(
    select(s.message.c.payload)
    .select_from(s.cooperative_approach)
    .join(s.message, s.message.c.message_id == s.cooperative_approach.c.message_id)
)


def ledger_context(connection: sqlite3.Connection, drawn: Iterable[Submission]) -> Context:
    """What is known to check AEFs that were drawn from the same ledger.

    Args:
        connection: The database.
        drawn: The submissions; nothing can have been reported before the first of a Party.
    """
    selections = {
        (each.heading.party, each.heading.reported_year)
        for each in drawn
        if each.heading.reported_year is not None
    }
    first: dict[str, int] = {}
    for party, year in selections:
        first[party] = min(first.get(party, year), year)
    with snapshot(connection):
        summaries = _summaries(connection)
        approaches = _approaches(connection)
    return Context(
        approaches=approaches,
        first_reports=frozenset(first.items()),
        summaries={
            (party, year): summaries.get((party, year)) or _summary(party, year, Counter())
            for party, year in selections
        },
    )


def _approaches(connection: sqlite3.Connection) -> Mapping[str, Approach]:
    found = dict(APPROACHES)
    for (payload,) in connection.execute(_APPROACHES):
        written = statements_pb2.CooperativeApproachStatement.FromString(payload)
        known = read_approach(written)
        name = str(known.cooperative_approach)
        open_to_all = name in found and found[name].open_to_all
        found[name] = Approach(
            name, written.title, frozenset(known.parties), not open_to_all, open_to_all
        )
    return found


def _summaries(
    connection: sqlite3.Connection,
) -> Mapping[tuple[str, int], StructuredSummary]:
    """Structured summaries of every Party and year, from the adjustment ledger."""
    totals: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for kind, party, year, booked_at, amount, metric, done_by, reversed_by in connection.execute(
        _ENTRIES
    ):
        if metric != GHG or reversed_by is not None or kind == EntryKind.FIRST_TRANSFER_REVERSAL:
            continue
        if kind == EntryKind.USE:
            totals[party, year]["used"] += amount
            continue
        international = done_by == TransactionType.TRANSFER
        totals[party, from_ms(booked_at).year]["first" if international else "other"] += amount
        totals[party, year]["added"] += amount
    return {(party, year): _summary(party, year, total) for (party, year), total in totals.items()}


def _summary(party: str, year: int, total: Counter[str]) -> StructuredSummary:
    return StructuredSummary(
        party=party,
        year=year,
        first_transferred=total["first"],
        other_purposes=total["other"],
        used=total["used"],
        net=total["first"] + total["other"] - total["used"],
        adjustment=total["added"] - total["used"],
    )
