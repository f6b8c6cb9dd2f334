# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What of a Party's entries applies to a year, under its method (2/CMA.3 annex para 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from broker.adjustments.entries import GHG, Booked, net
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.years import AdjustmentMethod, NdcPeriod, YearSpan


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The adjustment of a Party's balance for one year.

    Attributes:
        amount: In units of the metric; additions positive. Whole except under averaging.
        effective: False where it only indicates: under averaging, in every year but the NDC year.
    """

    amount: Fraction
    effective: bool


def adjustment(
    period: NdcPeriod, entries: Iterable[Booked], party: str, year: int, metric: str = GHG
) -> Adjustment:
    """Returns what applies to a year of the period.

    Trajectory and budget: the entries of that year. Averaging: the average up to that year, which
    takes effect in the NDC year, the last of the period.

    Raises:
        ValueError: Under averaging, the year lies outside the period.
    """
    if period.method is AdjustmentMethod.AVERAGING:
        amount = average(period.years, entries, party, year, metric)
        return Adjustment(amount, effective=year == period.years.last)
    return Adjustment(Fraction(net(entries, party, year, metric)), effective=True)


def average(
    years: YearSpan, entries: Iterable[Booked], party: str, year: int, metric: str = GHG
) -> Fraction:
    """Returns cumulative net divided by elapsed years (2/CMA.3 annex para 7(a)(ii)).

    Elapsed years are those from the first year of the period to `year`, both included; years
    without an inventory count too.

    Raises:
        ValueError: The year lies outside the period.
    """
    return Fraction(cumulative(years, entries, party, year, metric), elapsed(years, year))


def elapsed(years: YearSpan, year: int) -> int:
    """Returns the number of years from the start of the period to `year`, both included.

    Raises:
        ValueError: The year lies outside the period.
    """
    if year not in years:
        message = f"{year} lies outside the period {years.first} to {years.last}"
        raise ValueError(message)
    return year - years.first + 1


def cumulative(
    years: YearSpan, entries: Iterable[Booked], party: str, year: int, metric: str = GHG
) -> int:
    """Returns the net of a period's entries up to a year, by year of first transfer or of use."""
    return sum(
        entry.quantity
        for entry in entries
        if entry.party == party
        and entry.metric == metric
        and entry.year in years
        and counted_in(entry, years) <= year
    )


def counted_in(entry: Booked, years: YearSpan) -> int:
    """Returns the calendar year in which averaging counts an entry of the period.

    A first transfer, and the reversal of one, counts in its transaction year, a use in the year it
    is for. What is first transferred after the end of the period, while the period is not final,
    counts in its last year: otherwise it would be added nowhere.
    """
    year = entry.year if entry.kind is EntryKind.USE else entry.transaction_year
    return min(max(year, years.first), years.last)


def adjusted(inventory: int, amount: Fraction) -> Fraction:
    """An inventory after an adjustment (2/CMA.3 annex paras 8-9); additions raise it in every method."""
    return inventory + amount
