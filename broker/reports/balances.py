# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Emissions balances of Parties (2/CMA.3 annex paras 7-9), in t CO2 eq."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil

from broker.adjustments.balance import adjusted
from broker.adjustments.entries import GHG, Entry, total
from broker.adjustments.methods import Adjustment, adjustment, average, cumulative, elapsed
from broker.reports import parties
from broker.reports.adjustments import entries_of
from broker.reports.snapshot import snapshot
from broker.rulebook.accounting import EntryKind
from broker.rulebook.facts import AdjustmentMethod, NdcPeriod, YearSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A Party's balance for a calendar year. None: not known.

    Attributes:
        party: The Party.
        year: The calendar year.
        inventory: Emissions and removals of the year within the scope of the NDC.
        first_transferred: Units first transferred, by vintage.
        used: Units used towards the NDC, by year of use.
        period: The NDC period that the year lies in.
        method: The method that the Party stated for the period.
        adjustment: What applies to the year under the method; whole except under averaging.
        effective: False where it only indicates: under averaging, before the NDC year.
        exact: Inventory plus adjustment.
    """

    party: str
    year: int
    inventory: int | None
    first_transferred: int
    used: int
    period: YearSpan | None
    method: AdjustmentMethod | None
    adjustment: Fraction | None
    effective: bool
    exact: Fraction | None

    @property
    def balance(self) -> int | None:
        """The exact balance in whole tonnes; parts of a tonne are rounded up, never hidden."""
        return None if self.exact is None else ceil(self.exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class AverageStep:
    """How the average of a year comes about: cumulative net over elapsed years."""

    year: int
    cumulative: int
    elapsed: int
    average: Fraction


def balance(
    connection: sqlite3.Connection, party: str, year: int, as_of: datetime | None = None
) -> Balance:
    """A Party's balance for a year.

    Args:
        connection: The database.
        party: The Party.
        year: The calendar year.
        as_of: Leave out what was booked later; None: everything. Inventory and method are always
            those stated last.
    """
    with snapshot(connection):
        facts = parties.party_facts(connection, party)
        inventory = parties.inventory(connection, party, year)
        entries = entries_of(connection, party, as_of)
    period = facts.period_of(year) if facts else None
    applies = _applies(period, entries, party, year)
    known = inventory is not None and applies is not None
    return Balance(
        party=party,
        year=year,
        inventory=inventory,
        first_transferred=total(entries, party, year, EntryKind.FIRST_TRANSFER, GHG),
        used=total(entries, party, year, EntryKind.USE, GHG),
        period=period.years if period else None,
        method=period.method if period else None,
        adjustment=applies.amount if applies else None,
        effective=applies.effective if applies else False,
        exact=adjusted(inventory or 0, applies.amount) if known and applies else None,
    )


def averages(
    connection: sqlite3.Connection, party: str, as_of: datetime | None = None
) -> dict[int, Fraction]:
    """The average of every year of the Party's averaging periods; empty where it has none."""
    return {step.year: step.average for step in average_steps(connection, party, as_of)}


def average_steps(
    connection: sqlite3.Connection, party: str, as_of: datetime | None = None
) -> list[AverageStep]:
    """The averages of a Party, year by year, with what they are made of."""
    with snapshot(connection):
        facts = parties.party_facts(connection, party)
        entries = entries_of(connection, party, as_of)
    return [
        AverageStep(
            year=year,
            cumulative=cumulative(period.years, entries, party, year, GHG),
            elapsed=elapsed(period.years, year),
            average=average(period.years, entries, party, year, GHG),
        )
        for period in (facts.ndc_periods if facts else ())
        if period.method is AdjustmentMethod.AVERAGING
        for year in range(period.years.first, period.years.last + 1)
    ]


def _applies(
    period: NdcPeriod | None, entries: Sequence[Entry], party: str, year: int
) -> Adjustment | None:
    return adjustment(period, entries, party, year, GHG) if period is not None else None
