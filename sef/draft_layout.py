# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The layout of the draft decision of 2004 (FCCC/SBSTA/2004/9, annex I), for either period.

The draft lists the years of the first period and lets a Party adapt them; which cells are shaded its
text does not show, so they are shaded as in the formats in use.
"""

from __future__ import annotations

from typing import Final

from sef import shared_lines as lines
from sef.layout import (
    ALL,
    BOTH,
    LAST_PUBLISHED_YEAR,
    LAST_YEAR,
    REGISTRIES,
    TOTAL_ALL,
    Columns,
    Family,
    Form,
    Layout,
    Line,
    Place,
    SheetForm,
    group,
    years,
)
from sef.model import Row, Side, Table

_EVERY: Final = f"{ALL}/{ALL}"
_QUANTITY: Final = (Columns(Side.QUANTITY, "Unit type"),)
_REPLACING: Final = (
    Columns(Side.REQUIREMENT, "Requirement to replace", "TL"),
    Columns(Side.REPLACEMENT, "Replacement"),
)
_ACCOUNTS: Final = (
    *lines.HOLDING_ACCOUNTS,
    lines.NET_SOURCE,
    lines.NON_COMPLIANCE,
    Line(Row.VOLUNTARY, "Voluntary cancellation account", ALL),
    lines.RETIREMENT,
    *lines.REPLACEMENT_ACCOUNTS,
    TOTAL_ALL,
)
_WITHIN: Final = (
    group("Article 6 issuance and conversion"),
    *lines.projects("Party-verified projects"),
    group("Article 3.3 and 3.4 issuance or cancellation"),
    Line(Row.AFFORESTATION, "3.3 Afforestation", lines.LAND),
    Line(Row.REFORESTATION, "3.3 Reforestation", lines.LAND),
    *lines.FURTHER_LAND,
    group("Article 12 afforestation and reforestation"),
    *lines.REPLACE_EXPIRED,
    lines.REPLACE_REVERSAL,
    lines.REPLACE_REPORT,
    Line(Row.VOLUNTARY, "Voluntary cancellation", f"/{ALL}"),
)
_EXPIRY: Final = (
    group("Temporary CERs (tCERs)"),
    Line(Row.TCERS_EXPIRED, "Expired in retirement and replacement accounts", "T"),
    Line(Row.REPLACE_TCERS, "Replacement of expired tCERs", "/AERCT"),
    Line(Row.TCERS_EXPIRED_HELD, "Expired in holding accounts", "T"),
    group("Long-term CERs (lCERs)"),
    Line(Row.LCERS_EXPIRED, "Expired in retirement and replacement accounts", "L"),
    Line(Row.REPLACE_LCERS, "Replacement of expired lCERs", "/AERC"),
    Line(Row.LCERS_EXPIRED_HELD, "Expired in holding accounts", "L"),
    Line(Row.SUBJECT_REVERSAL, "Subject to replacement for reversal of storage", "L"),
    lines.REPLACE_REVERSAL,
    Line(
        Row.SUBJECT_REPORT,
        "Subject to replacement for non-submission of certification report",
        "L",
    ),
    lines.REPLACE_REPORT,
    Line(Row.TOTAL, "Total", f"TL/{ALL}"),
)


def _box(table: Table) -> Form:
    return Form(
        table,
        "",
        (Columns(Side.QUANTITY, "Other"),),
        (Line(Row.RETIREMENT, "Retirement", ALL),),
        "Transaction type",
        Place(gap=2, heads=1, label=1, units=2, first=3),
    )


def _holdings(table: Table, number: int, when: str) -> Form:
    return Form(
        table,
        f"Table {number}. Total quantities of Kyoto Protocol units by account type at {when} of reported year",
        _QUANTITY,
        _ACCOUNTS,
        "Account type",
    )


_SHEETS: Final = (
    SheetForm("Table 1", (_holdings(Table.START, 1, "beginning"),), "F", "G"),
    SheetForm(
        "Table 2a",
        (
            Form(
                Table.INTERNAL,
                "Table 2 (a). Annual internal transactions",
                BOTH,
                (*_WITHIN, Line(Row.SUBTOTAL, "Sub-total", f"ER/{ALL}")),
                "Transaction type",
            ),
            _box(Table.RETIREMENT),
        ),
        "L",
        "M",
    ),
    SheetForm(
        "Table 2b",
        (
            Form(
                Table.EXTERNAL,
                "Table 2 (b). Annual external transactions",
                BOTH,
                (
                    group("Transfers and acquisitions"),
                    REGISTRIES,
                    Line(Row.SUBTOTAL, "Sub-total", _EVERY),
                ),
                "Registry",
            ),
            Form(
                Table.TOTAL,
                "",
                BOTH,
                (Line(Row.TOTAL, "Total", _EVERY),),
                place=Place(gap=1, heads=0, units=0, first=0),
            ),
            Form(
                Table.VERIFIED_ERUS,
                "Supplementary information",
                BOTH,
                (Line(Row.VERIFIED_ERUS, "Independently verified ERUs", "/E"),),
                place=Place(gap=3),
            ),
        ),
        "L",
        "M",
    ),
    SheetForm(
        "Table 3",
        (
            Form(
                Table.EXPIRY,
                "Table 3. Expiry and replacement",
                _REPLACING,
                _EXPIRY,
                "Transaction or event type",
            ),
        ),
        "H",
        "I",
    ),
    SheetForm(
        "Table 4",
        (
            Form(
                Table.CORRECTIONS,
                "Table 4. Corrections",
                BOTH,
                (
                    *_WITHIN,
                    group("Transfers and acquisitions"),
                    REGISTRIES,
                    Line(Row.TOTAL, "Total", _EVERY),
                ),
                "Transaction type",
            ),
            _box(Table.CORRECTED_RETIREMENT),
        ),
        "L",
        "M",
    ),
    SheetForm("Table 5", (_holdings(Table.END, 5, "end"),), "F", "G"),
)


def _years(first: int, last: int, zero: int) -> tuple[Form, ...]:
    return (
        Form(
            Table.STARTING_VALUES,
            "Table 6 (a). Summary information on additions and subtractions",
            BOTH,
            (
                group("Starting values"),
                Line(Row.ISSUED_AAUS, "Issuance pursuant to Article 3.7 and 3.8", "A"),
                lines.NON_COMPLIANCE_VALUE,
                Line(Row.CARRY_OVER, "Carry-over", "AEC"),
                Line(Row.TOTAL, "Sub-total", "AEC/AERC"),
            ),
        ),
        Form(
            Table.YEARS,
            "",
            BOTH,
            (
                group("Annual transactions"),
                *years(first, last, zero, _EVERY),
                Line(Row.TOTAL, "Sub-total", _EVERY),
                Line(Row.GRAND_TOTAL, "Total", _EVERY),
            ),
            place=Place(gap=1, heads=0, units=0, first=0),
        ),
    )


def _summary(first: int, last: int, replaced: tuple[int, int]) -> tuple[SheetForm, ...]:
    start, end = replaced
    zero = first if first < start else first - 1
    return (
        SheetForm(
            "Table 6a",
            _years(first, last, zero),
            "L",
            "M",
        ),
        SheetForm(
            "Table 6b",
            (
                Form(
                    Table.REPLACEMENT_YEARS,
                    "Table 6 (b). Summary information on replacement",
                    _REPLACING,
                    (
                        Line(Row.PREVIOUS_PERIODS, "Previous CP", f"/{ALL}"),
                        *years(start, end, zero, f"TL/{ALL}"),
                        Line(Row.TOTAL, "Total", f"TL/{ALL}"),
                    ),
                ),
            ),
            "H",
            "I",
        ),
        SheetForm(
            "Table 6c",
            (
                Form(
                    Table.RETIREMENT_YEARS,
                    "Table 6 (c). Summary information on retirement",
                    (Columns(Side.QUANTITY, "Retirement"),),
                    (*years(start, last, zero, ALL), TOTAL_ALL),
                    "Year",
                ),
            ),
            "F",
            "G",
        ),
    )


def _layout(
    name: str, period: int, reported: tuple[int, int], listed: tuple[int, int], until: int
) -> Layout:
    first, last = listed
    start = max(first, 2008)
    sheets = (*_SHEETS, *_summary(first, last, (start, until)))
    return Layout(name, Family.DRAFT, period, reported, sheets)


_PUBLISHED: Final = LAST_PUBLISHED_YEAR
_AFTER: Final = (LAST_PUBLISHED_YEAR + 1, LAST_YEAR)
DRAFT_LAYOUTS: Final = (
    _layout("draft-2007", 1, (2007, 2012), (2007, 2015), 2012),
    _layout("draft-2013", 1, (2013, 2015), (2007, 2015), 2015),
    _layout("draft-2016", 1, (2016, _PUBLISHED), (2007, _PUBLISHED), _PUBLISHED),
    _layout("draft-2024", 1, _AFTER, (2007, LAST_YEAR), LAST_YEAR),
    _layout("draft-second", 2, (2013, _PUBLISHED), (2013, _PUBLISHED), _PUBLISHED),
    _layout("draft-second-2024", 2, _AFTER, (2013, LAST_YEAR), LAST_YEAR),
)
