# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The structured summary of a Party's period (2/CMA.3 annex para 23; 5/CMA.3 annex II, table 4).

Two populations stand side by side. What was first transferred, and with it the net of a year, runs
by the year in which the first transfer took place; the total adjustment runs by vintage. Uses run
by the year they are for in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

from broker.adjustments.entries import GHG, Booked
from broker.regime.paris.adjustments.methods import (
    Adjustment,
    adjusted,
    adjustment,
    average,
    cumulative,
)
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.years import AdjustmentMethod, NdcPeriod, NdcTarget, YearSpan


class Role(StrEnum):
    """What an entry is in the structured summary."""

    FIRST_TRANSFERRED = "FIRST_TRANSFERRED"
    OTHER_PURPOSES = "OTHER_PURPOSES"
    USED = "USED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """An entry with what the structured summary has to know of it.

    Attributes:
        entry: The entry of the adjustment ledger, or several that are alike in all of this.
        role: First transferred to another Party, first transferred for other international
            mitigation purposes, or used.
        outside_scope: The mitigation lies outside the scope of the host's NDC (para 14).
        cer: The units are certified emission reductions, which are no ITMOs.
    """

    entry: Booked
    role: Role
    outside_scope: bool = False
    cer: bool = False

    @property
    def amount(self) -> int:
        """Units; negative where it takes a first transfer back. The metric plays no part."""
        undoes = self.entry.kind is EntryKind.FIRST_TRANSFER_REVERSAL
        return -self.entry.amount if undoes else self.entry.amount

    @property
    def net(self) -> int:
        """What it is in the net: first transfers positive, uses negative, in any metric."""
        return -self.amount if self.role is Role.USED else self.amount

    @property
    def year(self) -> int:
        """The year of first transfer, or the year a use is for."""
        return self.entry.year if self.role is Role.USED else self.entry.transaction_year


Years = Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Yearly figures that a Party stated, in units of the metric."""

    inventory: Years = field(default_factory=dict)
    inventory_part: Years = field(default_factory=dict)
    target: Years = field(default_factory=dict)

    def base(self, year: int) -> int | None:
        """What a balance starts from: the part of the inventory where one is stated (para 10)."""
        return self.inventory_part.get(year, self.inventory.get(year))


@dataclass(frozen=True, slots=True, kw_only=True)
class YearSummary:
    """A column of the structured summary. None: not known, or not for this kind of NDC.

    Attributes:
        year: The calendar year.
        trajectory_single_year: Trajectory, trajectories or budget of a single-year NDC.
        trajectory_multi_year: Trajectory or budget of a multi-year NDC.
        inventory: Emissions and removals within the scope of the NDC, or the indicator.
        inventory_part: The part affected by policies and measures without a target (para 10).
        first_transferred: Outcomes first transferred in the year.
        other_purposes: Outcomes authorized for other purposes and first transferred in the year.
        used: Outcomes used for the year, certified emission reductions among them.
        cers_used: What of it is certified emission reductions (3/CMA.3 annex para 75).
        net: The first two less the third.
        average: Cumulative net over elapsed years, where the Party averages.
        total_adjustment: First transfers by vintage less uses; the other way for an indicator.
        outside_scope: What of it is for mitigation outside the scope of the NDC.
        cumulative_net: Net of the period up to the year; late first transfers count in its last.
        adjustment: What applies to the year under the method.
        emissions_balance: Inventory, or its part, with the adjustment that applies.
    """

    year: int
    trajectory_single_year: int | None
    trajectory_multi_year: int | None
    inventory: int | None
    inventory_part: int | None
    first_transferred: int
    other_purposes: int
    used: int
    cers_used: int
    net: int
    average: Fraction | None
    total_adjustment: int
    outside_scope: int
    cumulative_net: int | None
    adjustment: Adjustment | None
    emissions_balance: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTotal:
    """A multi-year period taken together (para 7(b)). None: figures of some year are not known."""

    years: YearSpan
    target: int | None
    inventory: int | None
    adjustment: int
    emissions_balance: int | None


Test = Callable[[Counted, int], bool]

MADE_OF: Final[Mapping[str, Test]] = {
    "first_transferred": lambda c, year: c.role is Role.FIRST_TRANSFERRED and c.year == year,
    "other_purposes": lambda c, year: c.role is Role.OTHER_PURPOSES and c.year == year,
    "used": lambda c, year: c.role is Role.USED and c.year == year,
    "cers_used": lambda c, year: c.cer and c.role is Role.USED and c.year == year,
    "net": lambda c, year: c.year == year,
    "total_adjustment": lambda c, year: c.entry.year == year,
    "outside_scope": lambda c, year: c.outside_scope and c.entry.year == year,
}
"""For each row that sums entries, which entries make it in a year."""


def figure(row: str, counted: Iterable[Counted], year: int) -> int:
    """Returns a row's figure for a year: the sum of the entries that make it."""
    signed = row in {"total_adjustment", "outside_scope"}
    return sum(
        each.entry.quantity if signed else each.net if row == "net" else each.amount
        for each in counted
        if MADE_OF[row](each, year)
    )


def year_summary(
    party: str,
    year: int,
    counted: Iterable[Counted],
    levels: Levels,
    period: NdcPeriod | None,
    metric: str = GHG,
) -> YearSummary:
    """Returns a Party's column of the structured summary.

    Args:
        party: The Party.
        year: The calendar year.
        counted: The Party's entries; those in other metrics are left out.
        levels: What the Party stated for the metric.
        period: The implementation period that the year lies in; None: not known.
        metric: GHG (t CO2 eq) or the name of a non-GHG metric.
    """
    own = [c for c in counted if c.entry.party == party and c.entry.metric == metric]
    entries = [c.entry for c in own]
    # No row of a year is made of entries of other years alone; so most are looked at once only.
    at_hand = [c for c in own if year in (c.year, c.entry.year)]
    applies = adjustment(period, entries, party, year, metric) if period is not None else None
    averages = period is not None and period.method is AdjustmentMethod.AVERAGING
    single = period is None or period.target is NdcTarget.SINGLE_YEAR
    base, target = levels.base(year), levels.target.get(year)
    # First transfers count positive in the net, whatever an indicator's adjustment looks like.
    sign = 1 if metric == GHG else -1
    return YearSummary(
        year=year,
        trajectory_single_year=target if single else None,
        trajectory_multi_year=None if single else target,
        inventory=levels.inventory.get(year),
        inventory_part=levels.inventory_part.get(year),
        first_transferred=figure("first_transferred", at_hand, year),
        other_purposes=figure("other_purposes", at_hand, year),
        used=figure("used", at_hand, year),
        cers_used=figure("cers_used", at_hand, year),
        net=figure("net", at_hand, year),
        average=sign * average(period.years, entries, party, year, metric)
        if period is not None and averages
        else None,
        total_adjustment=figure("total_adjustment", at_hand, year),
        outside_scope=figure("outside_scope", at_hand, year),
        cumulative_net=sign * cumulative(period.years, entries, party, year, metric)
        if period is not None
        else None,
        adjustment=applies,
        emissions_balance=adjusted(base, applies.amount)
        if base is not None and applies is not None
        else None,
    )


def period_total(
    period: NdcPeriod, columns: Iterable[YearSummary], levels: Levels
) -> PeriodTotal | None:
    """Returns a multi-year period taken together; None for a single-year NDC.

    Args:
        period: The period.
        columns: One for every year of it.
        levels: What the Party stated.
    """
    if period.target is NdcTarget.SINGLE_YEAR or period.method is AdjustmentMethod.AVERAGING:
        return None
    years = range(period.years.first, period.years.last + 1)
    inventory = _sum(levels.base(year) for year in years)
    total = sum(column.total_adjustment for column in columns)
    return PeriodTotal(
        years=period.years,
        target=_sum(levels.target.get(year) for year in years),
        inventory=inventory,
        adjustment=total,
        emissions_balance=None if inventory is None else inventory + total,
    )


def _sum(figures: Iterable[int | None]) -> int | None:
    """The sum, or None where a figure is missing: a gap is never taken for zero."""
    known = list(figures)
    return None if any(each is None for each in known) else sum(each or 0 for each in known)
