# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Starting values that were booked in a year, and units that left for the next period.

A submission shows starting values as they stand at the end of the year. What of them belongs to the
year itself only last year's submission says; where it was not given, each of them was booked either in
this year or before. The first period has no cell for units carried over to the next: they are among
the starting values of the report for that period.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, State, Sum, compared
from sef.layout import Family
from sef.model import Row, Side, Table, Unit

STARTING: Final = Table.STARTING_VALUES
SIDES: Final = ((Side.ADDITIONS, 1), (Side.SUBTRACTIONS, -1))
CARRIED: Final = (Row.CARRY_OVER, Row.CARRY_OVER_RESERVE)
_CARRIED_UNITS: Final = frozenset({Unit.AAU, Unit.ERU, Unit.CER})
_FIRST_CARRY_OVER: Final = 2015
"""Reported year in which the true-up of the first period ended."""


def with_booked(
    file: CaseFile,
    comparison: Comparison,
    unit: Unit,
    rows: Iterable[Row],
    *,
    sign: int = 1,
    leaves: bool = True,
) -> Comparison:
    """Takes starting values booked in the year into what is expected.

    Args:
        file: All submissions.
        comparison: Without them.
        unit: Type of units.
        rows: The starting values that count.
        sign: -1 where subtractions add up, as in the cancellation accounts.
        leaves: Whether units carried over to the next period count.
    """
    filed, rows = comparison.filed, tuple(rows)
    before = file.before(filed)
    now = _values(filed, unit, rows, sign)
    if before is not None:
        then = _values(before, unit, rows, sign)
        booked = {now.value - then.value}
        cells = (*now.parts, *then.parts)
    else:
        booked = _subset_sums([part.sign * part.cell.quantity for part in now.parts])
        cells = (*now.parts,)
    found = replace(comparison, cells=(*comparison.cells, *cells))
    if leaves:
        return _less_carried(file, found, unit, booked)
    return _settled(found, booked)


def _values(filed: Filed, unit: Unit, rows: Iterable[Row], sign: int) -> Sum:
    found = Sum(filed)
    for row in rows:
        for side, direction in SIDES:
            found.plus(STARTING, row, side, unit, sign * direction)
    return found


def _subset_sums(values: list[int]) -> set[int]:
    """Every sum of some of the values; there are at most a dozen, and nearly all are 0."""
    found = {0}
    for value in values:
        if value:
            found |= {each + value for each in found}
    return found


def _settled(comparison: Comparison, booked: set[int]) -> Comparison:
    needed = comparison.found - comparison.expected
    # Where nothing fits, what is nearest to it is shown.
    nearest = min(booked, key=lambda each: (abs(each - needed), each))
    expected = comparison.expected + nearest
    state = State.EVEN if expected == comparison.found else State.BROKEN
    return replace(comparison, expected=expected, state=state)


def _less_carried(
    file: CaseFile, comparison: Comparison, unit: Unit, booked: set[int]
) -> Comparison:
    filed = comparison.filed
    if filed.family is Family.CP2 or unit not in _CARRIED_UNITS:
        return _settled(comparison, booked)
    after = file.next_period(filed)
    if after is None:
        return _open_where_carried(_settled(comparison, booked))
    into = _carried_into(after, unit)
    earlier = file.before(after)
    carried = (
        {into.value - _carried_into(earlier, unit).value}
        if earlier is not None
        else _subset_sums([part.sign * part.cell.quantity for part in into.parts])
    )
    found = replace(comparison, cells=(*comparison.cells, *into.parts))
    return _settled(found, {one - other for one in booked for other in carried})


def _carried_into(after: Filed, unit: Unit) -> Sum:
    found = Sum(after)
    for row in CARRIED:
        found.plus(STARTING, row, Side.ADDITIONS, unit)
    return found


def _open_where_carried(comparison: Comparison) -> Comparison:
    """Units that are missing may have been carried over, which no cell of the first period says."""
    gone = comparison.expected - comparison.found
    year = comparison.filed.header.reported_year
    if comparison.state is State.BROKEN and gone > 0 and year >= _FIRST_CARRY_OVER:
        period = comparison.filed.header.period + 1
        missing = f"the report on {year} for period {period}: {gone} may have been carried over"
        return replace(comparison, state=State.OPEN, missing=missing)
    return comparison


def carried_until_now(
    file: CaseFile, found: Sum, expected: Sum, unit: Unit, check: str
) -> Comparison:
    """Compares sums over all years, of which units carried over to the next period are taken."""
    made = compared(check, f"all years together, {unit}", found, expected)
    if found.filed.family is Family.CP2 or unit not in _CARRIED_UNITS:
        return made
    after = file.next_period(found.filed)
    if after is None:
        return _open_where_carried(made)
    for row in CARRIED:
        expected.minus(STARTING, row, Side.ADDITIONS, unit, filed=after)
    return compared(check, made.what, found, expected)


def where_corrected(comparison: Comparison, unit: Unit) -> Comparison:
    """A broken tie is left open where corrective transactions do not say which account they filled."""
    filed = comparison.filed
    if comparison.state is not State.BROKEN or filed.family is Family.DRAFT:
        return comparison
    said = filed.submission
    corrected = any(
        said.number(Table.CORRECTIONS, row, side, unit)
        for row in said.rows(Table.CORRECTIONS)
        for side, _ in SIDES
    )
    if not corrected:
        return comparison
    missing = "which accounts the corrective transactions of table 6 filled; no cell says so"
    return replace(comparison, state=State.OPEN, missing=missing)
