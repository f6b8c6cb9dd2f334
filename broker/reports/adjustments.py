# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The adjustment ledger, as it was booked."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from broker.adjustments.entries import GHG, Entry, entry_of
from broker.clearing.desk import from_ms, to_ms
from broker.reports.snapshot import halves, whole
from broker.rulebook.accounting import EntryKind, PlannedEntry
from broker.store import schema as s
from broker.store.statements import sql
from itmo.identifiers import PartyCode, RegistryId
from itmo.serials import SerialRange


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentView:
    """An entry of the ledger as the Party sees it: additions positive."""

    entry_id: int
    kind: EntryKind
    party: str
    year: int
    quantity: int
    metric: str
    transaction_id: str
    registry: str
    first: int
    last: int
    log_index: int
    booked_at: datetime


_E: Final = s.adjustment_entry
_TOTALS: Final = sql(
    select(_E.c.party, _E.c.year, _E.c.party == _E.c.credit, *halves(_E.c.amount))
    .where(_E.c.metric == bindparam("of_metric"))
    .group_by(_E.c.party, _E.c.year, _E.c.party == _E.c.credit)
    .order_by(_E.c.party, _E.c.year)
)
_NO_LIMIT: Final = -1


def adjustments(
    connection: sqlite3.Connection,
    party: str | None = None,
    year: int | None = None,
    *,
    transaction_id: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[AdjustmentView]:
    """Entries of the ledger, oldest first.

    Args:
        connection: The database.
        party: Only this Party's; None: all.
        year: Only those that adjust this calendar year; None: all.
        transaction_id: Only those that this transaction booked; None: all.
        after: Only those whose id is greater; for pages.
        limit: At most so many; None: all.
    """
    statement = select(_E).where(_E.c.entry_id > bindparam("after"))
    names: dict[str, object] = {"after": after, "at_most": _NO_LIMIT if limit is None else limit}
    for name, column, value in (
        ("of_party", _E.c.party, party),
        ("of_year", _E.c.year, year),
        ("of_transaction", _E.c.transaction_id, transaction_id),
    ):
        if value is not None:
            statement = statement.where(column == bindparam(name))
            names[name] = value
    statement = statement.order_by(_E.c.entry_id).limit(bindparam("at_most"))
    return [_view(*row) for row in connection.execute(sql(statement), names)]


def net_adjustments(
    connection: sqlite3.Connection, metric: str = GHG
) -> dict[str, dict[int, int]]:
    """Additions less subtractions by Party and calendar year adjusted, in units of the metric."""
    totals: dict[str, dict[int, int]] = {}
    for party, year, added, *parts in connection.execute(_TOTALS, {"of_metric": metric}):
        amount = whole(*parts)
        years = totals.setdefault(party, {})
        years[year] = years.get(year, 0) + (amount if added else -amount)
    return totals


def entries_of(
    connection: sqlite3.Connection, party: str, as_of: datetime | None = None
) -> list[Entry]:
    """A Party's entries as the arithmetic of adjustments takes them.

    Args:
        connection: The database.
        party: The Party.
        as_of: Leave out what was booked later; None: everything.
    """
    return [
        entry_of(_planned(view), view.booked_at.year)
        for view in adjustments(connection, party)
        if as_of is None or to_ms(view.booked_at) <= to_ms(as_of)
    ]


def _planned(view: AdjustmentView) -> PlannedEntry:
    return PlannedEntry(
        party=PartyCode(view.party),
        year=view.year,
        quantity=view.quantity,
        kind=view.kind,
        metric=view.metric,
        registry=RegistryId(view.registry),
        range=SerialRange(view.first, view.last),
    )


def _view(
    entry_id: int,
    kind: str,
    _debit: str,
    credit: str,
    amount: int,
    metric: str,
    party: str,
    year: int,
    transaction_id: str,
    registry: str,
    first: int,
    last: int,
    log_index: int,
    booked_at: int,
) -> AdjustmentView:
    return AdjustmentView(
        entry_id=entry_id,
        kind=EntryKind(kind),
        party=party,
        year=year,
        quantity=amount if credit == party else -amount,
        metric=metric,
        transaction_id=transaction_id,
        registry=registry,
        first=first,
        last=last,
        log_index=log_index,
        booked_at=from_ms(booked_at),
    )
