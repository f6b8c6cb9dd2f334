# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Structured summaries of Parties, drawn from the ledger as it stood at any time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from broker.adjustments.entries import GHG
from broker.regime.paris.adjustments.summary import (
    MADE_OF,
    Counted,
    Levels,
    PeriodTotal,
    YearSummary,
    period_total,
    year_summary,
)
from broker.reports.paris import parties
from broker.reports.paris.booked_sums import sums
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.tracing import TracedEntry, traced
from broker.reports.snapshot import snapshot
from broker.rulebook.paris.years import LevelKind, NdcPeriod, YearSpan
from broker.store.log_head import LAST_LEAF
from itmo.clock import from_ms
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A Party's structured summary in one metric.

    Attributes:
        period: The implementation period; None: not known.
        as_of: What was stated or booked later is left out; None: nothing is.
        final: The period is final: nothing more is booked in it (para 12).
        columns: One for each year asked for.
        total: A multi-year period taken together; None elsewhere, and where years were left out.
        entries: The entries that make the figures, oldest first; none where it was made of sums.
    """

    party: str
    metric: str
    period: NdcPeriod | None
    as_of: datetime | None
    final: bool
    columns: tuple[YearSummary, ...]
    total: PeriodTotal | None
    entries: tuple[TracedEntry, ...]

    def made_of(self, row: str, year: int) -> list[TracedEntry]:
        """The entries that make a row's figure for a year."""
        return [each for each in self.entries if MADE_OF[row](each.counted, year)]


def structured_summary(
    connection: Connection,
    party: str,
    years: YearSpan,
    *,
    metric: str = GHG,
    as_of: datetime | None = None,
    timeline: Timeline | None = None,
) -> Summary:
    """A Party's structured summary for years of one implementation period.

    Args:
        connection: The database.
        party: The Party.
        years: First and last year; the period is that of the first.
        metric: GHG (t CO2 eq) or the name of a non-GHG metric.
        as_of: How everything stood then: entries, inventories, targets, period and method; None:
            as it stands now.
        timeline: Has sums of entries; None: the summary is made of the entries, and names them.
    """
    with snapshot(connection):
        facts = parties.party_facts(connection, party, as_of)
        levels = levels_of(connection, party, metric, as_of)
        entries: list[TracedEntry] = []
        if timeline is not None:
            counted = sums(timeline.read_all(connection), connection, party, as_of)
        else:
            entries = [e for e in traced(connection, party, as_of) if e.metric == metric]
            counted = [each.counted for each in entries]
        day = last_day(connection, as_of)
    periods = facts.ndc_periods if facts else ()
    columns = _columns(party, years, counted, levels, periods, metric)
    period = _period(periods, years.first)
    whole = period is not None and period.years == years
    return Summary(
        party=party,
        metric=metric,
        period=period,
        as_of=as_of,
        final=period is not None and is_final(period, day),
        columns=columns,
        total=period_total(period, columns, levels) if period is not None and whole else None,
        entries=tuple(entries),
    )


def _columns(
    party: str,
    years: YearSpan,
    counted: Sequence[Counted],
    levels: Levels,
    periods: Iterable[NdcPeriod],
    metric: str,
) -> tuple[YearSummary, ...]:
    return tuple(
        year_summary(party, year, counted, levels, _period(periods, year), metric)
        for year in range(years.first, years.last + 1)
    )


def _period(periods: Iterable[NdcPeriod], year: int) -> NdcPeriod | None:
    return next((period for period in periods if year in period.years), None)


def levels_of(connection: Connection, party: str, metric: str, as_of: datetime | None) -> Levels:
    """Inventory, its part, and target of a Party as stated last."""

    def read(kind: LevelKind) -> dict[int, int]:
        return parties.levels(connection, party, kind, metric=metric, as_of=as_of)

    return Levels(
        inventory=read(LevelKind.INVENTORY),
        inventory_part=read(LevelKind.INVENTORY_PART),
        target=read(LevelKind.TARGET),
    )


def is_final(period: NdcPeriod, day: date) -> bool:
    """True from the finality date of the period on."""
    return period.finality_date is not None and period.finality_date <= day


def last_day(connection: Connection, as_of: datetime | None) -> date:
    """The day on which the figures stand: that asked for, or that of the last decision."""
    if as_of is not None:
        return as_of.date()
    row = connection.execute(LAST_LEAF).fetchone()
    return from_ms(row[1] if row else 0).date()
