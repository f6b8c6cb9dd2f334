# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The adjustment ledger, as it was booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from broker.adjustments.entries import GHG
from broker.clearing.decision.rows import EntryRow
from broker.reports.snapshot import halves, until, whole
from broker.store import schema as s
from itmo.clock import from_ms, to_ms
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement, some


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentView:
    """An entry of the ledger as the Party sees it: additions positive."""

    entry_id: int
    kind: str
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
_TOTALS: Final = Statement(
    select(_E.c.party, _E.c.year, _E.c.party == _E.c.credit, *halves(_E.c.amount))
    .where(_E.c.metric == bindparam("of_metric"), _E.c.booked_at <= bindparam("until"))
    .group_by(_E.c.party, _E.c.year, _E.c.party == _E.c.credit)
    .order_by(_E.c.party, _E.c.year)
)


def adjustments(
    connection: Connection,
    party: str | None = None,
    year: int | None = None,
    *,
    transaction_id: str | None = None,
    as_of: datetime | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[AdjustmentView]:
    """Entries of the ledger, oldest first.

    Args:
        connection: The database.
        party: Only this Party's; None: all.
        year: Only those that adjust this calendar year; None: all.
        transaction_id: Only those that this transaction booked; None: all.
        as_of: Leave out what was booked later; None: everything.
        after: Only those whose id is greater; for pages.
        limit: At most so many; None: all.
    """
    statement = select(_E).where(_E.c.entry_id > bindparam("after"))
    names: dict[str, object] = {"after": after}
    for name, column, value in (
        ("of_party", _E.c.party, party),
        ("of_year", _E.c.year, year),
        ("of_transaction", _E.c.transaction_id, transaction_id),
    ):
        if value is not None:
            statement = statement.where(column == bindparam(name))
            names[name] = value
    if as_of is not None:
        statement = statement.where(_E.c.booked_at <= bindparam("until"))
        names["until"] = to_ms(as_of)
    ordered = Statement(statement.order_by(_E.c.entry_id))
    if limit is None:
        rows = connection.execute(ordered, names).fetchall()
    else:
        rows = some(connection, ordered, names, limit)
    return [_view(EntryRow(*row)) for row in rows]


def net_adjustments(
    connection: Connection, metric: str = GHG, as_of: datetime | None = None
) -> dict[str, dict[int, int]]:
    """Additions less subtractions by Party and calendar year adjusted, in units of the metric.

    Args:
        connection: The database.
        metric: GHG (t CO2 eq) or the name of a non-GHG metric.
        as_of: Leave out what was booked later; None: everything.
    """
    totals: dict[str, dict[int, int]] = {}
    names = {"of_metric": metric, "until": until(as_of)}
    for party, year, added, *parts in connection.execute(_TOTALS, names):
        amount = whole(*parts)
        years = totals.setdefault(party, {})
        years[year] = years.get(year, 0) + (amount if added else -amount)
    return totals


def _view(entry: EntryRow) -> AdjustmentView:
    return AdjustmentView(
        entry_id=entry.entry_id,
        kind=entry.kind,
        party=entry.party,
        year=entry.year,
        quantity=entry.amount if entry.credit == entry.party else -entry.amount,
        metric=entry.metric,
        transaction_id=entry.transaction_id,
        registry=entry.registry,
        first=entry.first,
        last=entry.last,
        log_index=entry.log_index,
        booked_at=from_ms(entry.booked_at),
    )
