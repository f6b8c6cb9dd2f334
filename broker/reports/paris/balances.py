# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Emissions balances and adjusted indicators of Parties (2/CMA.3 annex paras 7-10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil

from broker.adjustments.entries import GHG, Booked
from broker.regime.paris.adjustments.booked import total
from broker.regime.paris.adjustments.methods import (
    adjusted,
    adjustment,
    average,
    cumulative,
    elapsed,
)
from broker.reports.paris import parties
from broker.reports.paris.booked_sums import sums
from broker.reports.paris.structured_summary import is_final, last_day, levels_of
from broker.reports.paris.timeline import Timeline
from broker.reports.paris.tracing import entries_of
from broker.reports.snapshot import snapshot
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.years import AdjustmentMethod, YearSpan
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A Party's balance for a calendar year. None: not known.

    Attributes:
        party: The Party.
        year: The calendar year.
        metric: GHG (t CO2 eq) or the name of a non-GHG metric.
        inventory: Emissions and removals of the year within the scope of the NDC, or the part of
            them that the Party states for unquantified policies and measures, or the indicator.
        first_transferred: Units first transferred, by vintage.
        used: Units used towards the NDC, by year of use.
        period: The NDC period that the year lies in.
        method: The method that the Party stated for the period.
        adjustment: What applies to the year under the method; whole except under averaging.
        effective: False where it only indicates: under averaging, before the NDC year.
        final: The period is final: nothing more is booked in it (para 12).
        exact: Inventory plus adjustment.
    """

    party: str
    year: int
    metric: str
    inventory: int | None
    first_transferred: int
    used: int
    period: YearSpan | None
    method: AdjustmentMethod | None
    adjustment: Fraction | None
    effective: bool
    final: bool
    exact: Fraction | None

    @property
    def balance(self) -> int | None:
        """The exact balance in whole units of the metric; parts are rounded up, never hidden."""
        return None if self.exact is None else ceil(self.exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class AverageStep:
    """How the average of a year comes about: cumulative net over elapsed years."""

    year: int
    cumulative: int
    elapsed: int
    average: Fraction


def balance(
    connection: Connection,
    party: str,
    year: int,
    as_of: datetime | None = None,
    *,
    metric: str = GHG,
    timeline: Timeline | None = None,
) -> Balance:
    """A Party's balance for a year.

    Args:
        connection: The database.
        party: The Party.
        year: The calendar year.
        as_of: How everything stood then, inventory, period and method too; None: as it stands now.
        metric: GHG (t CO2 eq) or the name of a non-GHG metric.
        timeline: Has sums of entries; None: the entries are added up.
    """
    with snapshot(connection):
        facts = parties.party_facts(connection, party, as_of)
        levels = levels_of(connection, party, metric, as_of)
        entries = _booked(connection, party, as_of, timeline)
        day = last_day(connection, as_of)
    period = facts.period_of(year) if facts else None
    applies = adjustment(period, entries, party, year, metric) if period is not None else None
    base = levels.base(year)
    return Balance(
        party=party,
        year=year,
        metric=metric,
        inventory=base,
        first_transferred=total(entries, party, year, EntryKind.FIRST_TRANSFER, metric),
        used=total(entries, party, year, EntryKind.USE, metric),
        period=period.years if period else None,
        method=period.method if period else None,
        adjustment=applies.amount if applies else None,
        effective=applies.effective if applies else False,
        final=period is not None and is_final(period, day),
        exact=adjusted(base, applies.amount) if base is not None and applies else None,
    )


def averages(
    connection: Connection,
    party: str,
    as_of: datetime | None = None,
    *,
    metric: str = GHG,
) -> dict[int, Fraction]:
    """The average of every year of the Party's averaging periods; empty where it has none."""
    steps = average_steps(connection, party, as_of, metric=metric)
    return {step.year: step.average for step in steps}


def average_steps(
    connection: Connection,
    party: str,
    as_of: datetime | None = None,
    *,
    metric: str = GHG,
    timeline: Timeline | None = None,
) -> list[AverageStep]:
    """The averages of a Party, year by year, with what they are made of."""
    with snapshot(connection):
        facts = parties.party_facts(connection, party, as_of)
        periods = facts.ndc_periods if facts else ()
        averaging = [each for each in periods if each.method is AdjustmentMethod.AVERAGING]
        entries = _booked(connection, party, as_of, timeline) if averaging else []
    return [
        AverageStep(
            year=year,
            cumulative=cumulative(period.years, entries, party, year, metric),
            elapsed=elapsed(period.years, year),
            average=average(period.years, entries, party, year, metric),
        )
        for period in averaging
        for year in range(period.years.first, period.years.last + 1)
    ]


def _booked(
    connection: Connection, party: str, as_of: datetime | None, timeline: Timeline | None
) -> Sequence[Booked]:
    if timeline is None:
        return entries_of(connection, party, as_of)
    return [each.entry for each in sums(timeline.read_all(connection), connection, party, as_of)]
