# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""STC03: units are used in the NDC period in which the mitigation took place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.casefile import Entry
from aef.checks.filed import Filed
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking, missing_value
from aef.checks.scopes import towards_ndc
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION

Period = tuple[int, int]
"""First and last year of an NDC implementation period."""


def _period(filed: Filed) -> Period | None:
    heading = filed.submission.heading
    if heading.ndc_first is None or heading.ndc_last is None:
        return None
    return heading.ndc_first, heading.ndc_last


def _run(inquiry: Inquiry) -> Iterator[Note]:
    for entry, row in inquiry.file.actions:
        if not towards_ndc(row):
            continue
        if row.year_of_use is None:
            yield from lacking(entry, "year_of_use")
        elif row.vintage is None:
            yield from lacking(entry, "vintage")
        else:
            yield from _in_one_period(inquiry, entry, row.vintage, row.year_of_use)


def _in_one_period(inquiry: Inquiry, entry: Entry, vintage: int, used: int) -> Iterator[Note]:
    """Whether both years lie in one period.

    A use is reported in the year in which it takes place, also where it is for the period before;
    then another report of the Party names that period.
    """
    file, filed = inquiry.file, entry.filed
    known = file.context.periods.get(filed.party, ())
    own = _period(filed) or next((each for each in known if each[0] <= used <= each[1]), None)
    if own is None:
        heading = filed.submission.heading
        empty = "ndc_last" if heading.ndc_first else "ndc_first"
        missing = missing_value("submission", empty, empty=empty not in heading.written)
        yield undetermined(Reference(filed, filed.cell("submission", empty)), missing)
        return
    others = [*map(_period, file.by_party[filed.party]), *known]
    # A period that overlaps this one without being it contradicts it, and decides nothing.
    apart = [each for each in others if each and (each[1] < own[0] or own[1] < each[0])]
    period = next((each for each in apart if each[0] <= used <= each[1]), own)
    sides = [_side(year, period) for year in (vintage, used)]
    if sides[0] == sides[1] != 0:
        # Both years before the period, or both behind it, may lie in another one together.
        yield undetermined(
            entry.reference(f"year of use {used}", "year_of_use"),
            file.absent(filed.party, used) or f"the NDC period of {filed.party} that holds {used}",
            found=f"vintage {vintage} used for {used}; {_outside('year of use', period)}",
        )
        return
    for what, year, side in (("vintage", vintage, sides[0]), ("year of use", used, sides[1])):
        if side:
            yield inconsistent(
                entry.reference(f"{what} {year}", what.replace("year of use", "year_of_use")),
                f"vintage {vintage} used for {used}; {_outside(what, period)}",
                "vintage and year of use in one NDC period (2/CMA.3 annex para 8(b))",
            )


def _side(year: int, period: Period) -> int:
    """-1 before the period, 0 in it, 1 behind it."""
    return (year > period[1]) - (year < period[0])


def _outside(what: str, period: Period) -> str:
    return f"{what} outside the NDC period {period[0]}-{period[1]}"


CHECK: Final = ConsistencyCheck(
    id="STC03",
    title="Use in the NDC period of the mitigation",
    group=Group.SINGLE_TABLE,
    meaning="Units are used towards the NDC of the period in which the mitigation took place: vintage"
    " and year of use lie in the same NDC period.",
    citation=f"{CITATION}; 2/CMA.3 annex para 8(b)",
    remedy="Use units of a vintage within the NDC period; correct the vintage or year of use.",
    run=_run,
)
