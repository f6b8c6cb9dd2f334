# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The layouts of the first commitment period: to reported year 2015, with years to 2023, and after it."""

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
    Listed,
    Place,
    SheetForm,
    group,
    years,
)
from sef.model import Row, Side, Table

_ZERO: Final = 2007
_QUANTITY: Final = (Columns(Side.QUANTITY),)
_REPLACING: Final = (
    Columns(Side.REQUIREMENT, "Expiry, cancellation \n and requirement \n to replace", "TL"),
    Columns(Side.REPLACEMENT, "Replacement"),
)
_ACCOUNTS: Final = (
    *lines.HOLDING_ACCOUNTS,
    lines.NET_SOURCE,
    lines.NON_COMPLIANCE,
    Line(Row.VOLUNTARY, "Other cancellation accounts", ALL, xml="OtherCancellationAccounts"),
    lines.RETIREMENT,
    *lines.REPLACEMENT_ACCOUNTS,
    TOTAL_ALL,
)
_INTERNAL: Final = (
    group("Art6 issuance and conversion"),
    *lines.projects("Party verified projects"),
    group("Art3.3 and 3.4 issuance or cancellation"),
    Line(
        Row.AFFORESTATION,
        "3.3 Afforestation reforestation",
        lines.LAND,
        xml="Art33AfforestationReforestation",
    ),
    *lines.FURTHER_LAND,
    group("Art 12 afforestation and reforestation"),
    *lines.REPLACE_EXPIRED,
    lines.REPLACE_REVERSAL,
    lines.REPLACE_REPORT,
    Line(Row.VOLUNTARY, "Other cancellation", f"/{ALL}", xml="OtherCancellation"),
    Line(Row.SUBTOTAL, "Subtotal", f"ER/{ALL}"),
)
_EXPIRY: Final = (
    group("Temporary CERs (tCERs)"),
    Line(
        Row.TCERS_EXPIRED,
        "Expired in retirement and replacement accounts",
        "T",
        xml="tCERsExpiredInRetirementAndReplacementAccounts",
    ),
    Line(
        Row.REPLACE_TCERS,
        "Replacement of expired tCERs",
        "/AERCT",
        xml="ReplacementOfExpiredtCERs",
    ),
    Line(
        Row.TCERS_EXPIRED_HELD,
        "Expired in holding accounts",
        "T",
        xml="tCERsExpiredInHoldingAccounts",
    ),
    Line(
        Row.CANCEL_TCERS,
        "Cancellation of tCERs expired in holding accounts",
        "T",
        xml="CancellationOftCERsExpiredInHoldingAccounts",
    ),
    group("Long-term CERs (lCERs)"),
    Line(
        Row.LCERS_EXPIRED,
        "Expired in retirement and replacement accounts",
        "L",
        xml="lCERsExpiredInRetirementAndReplacementAccounts",
    ),
    Line(
        Row.REPLACE_LCERS,
        "Replacement of expired lCERs",
        "/AERC",
        xml="ReplacementOfExpiredlCERs",
    ),
    Line(
        Row.LCERS_EXPIRED_HELD,
        "Expired in holding accounts",
        "L",
        xml="lCERsExpiredInHoldingAccounts",
    ),
    Line(
        Row.CANCEL_LCERS,
        "Cancellation of lCERs expired in holding accounts",
        "L",
        xml="CancellationOflCERsExpiredInHoldingAccounts",
    ),
    Line(
        Row.SUBJECT_REVERSAL,
        "Subject to replacement for reversal of storage",
        "L",
        xml="SubjectToReplacementForReversalOfStorage",
    ),
    lines.REPLACE_REVERSAL,
    Line(
        Row.SUBJECT_REPORT,
        "Subject to replacement for non-submission of certification report",
        "L",
        xml="SubjectToReplacementForNonSubmissionOfCertReport",
    ),
    lines.REPLACE_REPORT,
    Line(Row.TOTAL, "Total", f"/{ALL}"),
)
_CORRECTIONS: Final = (Line(Listed.CORRECTIONS, "", f"{ALL}/{ALL}"),)


def _holdings(table: Table, number: int, when: str) -> Form:
    return Form(
        table,
        f"Table {number}. Total quantities of Kyoto Protocol units by account type at {when} of reported year",
        (Columns(Side.QUANTITY, "Unit type"),),
        _ACCOUNTS,
        "Account type",
    )


_BEFORE_EXTERNAL: Final = (
    SheetForm("TABLE1", (_holdings(Table.START, 1, "beginning"),), "F", "G"),
    SheetForm(
        "TABLE2A",
        (
            Form(
                Table.INTERNAL,
                "Table 2a. Annual internal transactions",
                BOTH,
                _INTERNAL,
                "Transaction type",
                Place(label=3),
            ),
            Form(
                Table.RETIREMENT,
                "",
                _QUANTITY,
                (Line(Row.RETIREMENT, "Retirement", ALL),),
                "Transaction type",
                Place(gap=3, heads=0, label=1, units=1, first=2),
            ),
        ),
        "L",
        "M",
    ),
    SheetForm(
        "TABLE2BC",
        (
            Form(
                Table.EXTERNAL,
                "Table 2b. Annual external transactions",
                BOTH,
                (REGISTRIES, Line(Row.SUBTOTAL, "Subtotal", f"{ALL}/{ALL}")),
                "Transfers and acquisitions",
                Place(label=3, first=5),
            ),
            Form(
                Table.VERIFIED_ERUS,
                "Additional Information",
                BOTH,
                (Line(Row.VERIFIED_ERUS, "Independently verified ERU", "/E"),),
                place=Place(gap=4, heads=0, units=2, first=3),
            ),
            Form(
                Table.TOTAL,
                "Table 2c. Total annual transactions",
                BOTH,
                (Line(Row.TOTAL, "Total (Sum of table 2(a) and 2(b))", f"{ALL}/{ALL}"),),
                place=Place(gap=3, heads=0, units=2, first=3),
            ),
        ),
        "L",
        "M",
    ),
    SheetForm(
        "TABLE3",
        (
            Form(
                Table.EXPIRY,
                "Table 3. Expiry, cancellation and replacement",
                _REPLACING,
                _EXPIRY,
                "Transaction or event type",
                Place(label=3),
            ),
        ),
        "H",
        "I",
    ),
    SheetForm("TABLE4", (_holdings(Table.END, 4, "end"),), "F", "G"),
)
_AFTER_SUMMARY: Final = SheetForm(
    "TABLE6ABC",
    (
        Form(
            Table.CORRECTIONS,
            "Table 6a. Memo item: corrective transactions relating to additions and subtractions",
            BOTH,
            _CORRECTIONS,
            labelled=False,
        ),
        Form(
            Table.CORRECTED_REPLACEMENT,
            "Table 6b. Memo item: corrective transactions relating to replacement",
            _REPLACING,
            (Line(Listed.CORRECTIONS, "", f"TL/{ALL}"),),
            place=Place(gap=3),
            labelled=False,
        ),
        Form(
            Table.CORRECTED_RETIREMENT,
            "Table 6c. Memo item: corrective transactions relating to retirement",
            (Columns(Side.QUANTITY, "Retirement"),),
            (Line(Listed.CORRECTIONS, "", ALL),),
            place=Place(gap=3),
            labelled=False,
        ),
    ),
    "K",
    "L",
)


def _summary(last: int) -> SheetForm:
    """The sheet of summaries; tCERs cannot be due before the last year of the period (2012)."""
    early = years(2008, 2011, _ZERO, f"L/{ALL}")
    return SheetForm(
        "TABLE5ABC",
        (
            Form(
                Table.STARTING_VALUES,
                "Table 5a. Summary information on additions and subtractions",
                BOTH,
                (
                    group("Starting Values"),
                    Line(
                        Row.ISSUED_AAUS,
                        "Issuance pursuant to Article 3.7 and 3.8 ",
                        "A",
                        xml="IssuancePursuantToArt37-38",
                    ),
                    lines.NON_COMPLIANCE_VALUE,
                    Line(Row.CARRY_OVER, "Carry-over", "AEC", xml="CarryOver"),
                    Line(Row.TOTAL, "Subtotal", "AEC/AERC"),
                ),
            ),
            Form(
                Table.YEARS,
                "",
                BOTH,
                (
                    group("Annual Transactions"),
                    *years(_ZERO, last, _ZERO, f"{ALL}/{ALL}"),
                    Line(Row.TOTAL, "Subtotal", f"{ALL}/{ALL}"),
                    Line(Row.GRAND_TOTAL, "Total", f"{ALL}/{ALL}"),
                ),
                place=Place(gap=1, heads=0, units=0, first=0),
            ),
            Form(
                Table.REPLACEMENT_YEARS,
                "Table 5b. Summary information on replacement",
                _REPLACING,
                (
                    Line(Row.PREVIOUS_PERIODS, "Previous CPs", f"/{ALL}"),
                    *early,
                    *years(2012, last, _ZERO, f"TL/{ALL}"),
                    Line(Row.TOTAL, "Total", f"TL/{ALL}"),
                ),
                place=Place(gap=3),
            ),
            Form(
                Table.RETIREMENT_YEARS,
                "Table 5c. Summary information on retirement",
                (Columns(Side.QUANTITY, "Retirement"),),
                (*years(2008, last, _ZERO, ALL), TOTAL_ALL),
                "Year",
                Place(gap=0, column=10),
            ),
        ),
        "L",
        "M",
    )


def _layout(name: str, reported: tuple[int, int], last: int) -> Layout:
    return Layout(
        name,
        Family.CP1,
        1,
        reported,
        (*_BEFORE_EXTERNAL, _summary(last), _AFTER_SUMMARY),
    )


CP1_LAYOUTS: Final = (
    _layout("cp1-2015", (2007, 2015), 2015),
    _layout("cp1-2016", (2016, LAST_PUBLISHED_YEAR), LAST_PUBLISHED_YEAR),
    _layout("cp1-2024", (LAST_PUBLISHED_YEAR + 1, LAST_YEAR), LAST_YEAR),
)
