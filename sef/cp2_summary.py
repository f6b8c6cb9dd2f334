# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tables 5 and 6 of the second commitment period: summaries and corrective transactions."""

from __future__ import annotations

from dataclasses import replace

from sef import shared_lines as lines
from sef.cp2_variant import OPEN_ALL, REPLACING, Variant
from sef.layout import ALL, BOTH, Columns, Form, Line, Listed, Place, years
from sef.model import Row, Side, Table


def _starting_values(v: Variant) -> tuple[Line, ...]:
    seventh = "paragraph" if v.newest else "Paragraph"
    return (
        Line(Row.ISSUED_AAUS, "Assigned amount units issued", "A", xml="AssignedAmountUnitsIssued"),
        Line(
            Row.SURPLUS,
            f"Article 3 {seventh} 7 ter cancellations",
            "/A",
            xml="Art3Par7TerCancellations",
        ),
        Line(
            Row.AMBITION,
            "Cancellation following increase in ambition",
            "/A",
            xml="CancellationFollowingIncreaseAmbition",
        ),
        Line(
            Row.REMAINING,
            "Cancellation of remaining units after carry over",
            f"/{ALL}",
            xml="CancellationRemainingUnitsCarryOver",
        ),
        lines.NON_COMPLIANCE_VALUE,
        Line(Row.CARRY_OVER, "Carry-over", v.carry_over, xml="CarryOver"),
        Line(Row.CARRY_OVER_RESERVE, "Carry-over to PPSR", "A/A", xml="CarryOverPPSR"),
        v.total(Row.TOTAL, "Total", f"AEC/{ALL}"),
    )


def summary(v: Variant) -> tuple[Form, ...]:
    """Returns tables 5 (a) to (e)."""
    every = f"{ALL}/{ALL}"
    info = "Summary information on "
    retirement = (Columns(Side.QUANTITY, "Retirement" if v.newest else ""),)
    requirement = replace(REPLACING[0], heading="Requirement to replace or cancel")
    first, last, zero = v.replaced
    wide = 3
    return (
        Form(
            Table.STARTING_VALUES,
            v.caption("5", "a", f"{info}additions and subtractions"),
            BOTH,
            _starting_values(v),
            place=v.place(),
        ),
        Form(
            Table.YEARS,
            v.caption("5", "b", f"{info}annual transactions"),
            BOTH,
            (*v.annual_rows(every), v.total(Row.TOTAL, "Total", every)),
            place=v.place(gap=2),
        ),
        Form(
            Table.RESERVE_YEARS,
            v.caption("5", "c", f"{info}annual transactions between PPSR accounts"),
            BOTH,
            (*v.annual_rows("A/A"), v.total(Row.TOTAL, "Total", "A/A")),
            place=v.place(gap=2),
        ),
        Form(
            Table.REPLACEMENT_YEARS,
            v.caption("5", "d", f"{info}expiry, cancellation and replacement"),
            (requirement, *REPLACING[1:]),
            (*v.replacement_rows(), v.total(Row.TOTAL, "Total", OPEN_ALL)),
            place=v.place(gap=wide),
        ),
        Form(
            Table.RETIREMENT_YEARS,
            v.caption("5", "e", f"{info}retirement"),
            retirement,
            (
                *years(first, last, zero, ALL, counted_to=2020),
                v.total(Row.TOTAL, "Total", ALL),
            ),
            "Year" if v.newest else "",
            v.place(gap=2) if v.newest else Place(gap=wide, heads=0, units=2, first=3),
        ),
    )


def corrections(v: Variant) -> tuple[Form, ...]:
    """Returns tables 6 (a) to (c)."""
    memo = f"Memo item: {'C' if v.newest else 'c'}orrective transactions relating to "
    requirement = (
        "Requirement for replacement"
        if v.newest
        else "Expiry, cancellation \n and requirement \n to replace"
    )
    return (
        Form(
            Table.CORRECTIONS,
            v.caption("6", "a", f"{memo}additions and subtractions"),
            BOTH,
            (Line(Listed.CORRECTIONS, "", f"{ALL}/{ALL}"),),
            place=v.place(),
        ),
        Form(
            Table.CORRECTED_REPLACEMENT,
            v.caption("6", "b", f"{memo}replacement"),
            (
                Columns(Side.REQUIREMENT, requirement, "TL"),
                Columns(Side.REPLACEMENT, "Replacement"),
            ),
            (Line(Listed.CORRECTIONS, "", f"TL/{ALL}"),),
            place=Place(gap=3, again=4, units=5, first=6) if v.newest else Place(gap=3),
        ),
        Form(
            Table.CORRECTED_RETIREMENT,
            v.caption("6", "c", f"{memo}retirement"),
            (Columns(Side.QUANTITY, "Retirement"),),
            (Line(Listed.CORRECTIONS, "", ALL),),
            place=v.place(gap=3),
        ),
    )
