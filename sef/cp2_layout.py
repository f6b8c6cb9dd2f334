# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The layouts of the second commitment period, to reported year 2015, to 2018, and from 2019 on."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sef import shared_lines as lines
from sef.cp2_summary import corrections, summary
from sef.cp2_variant import OPEN_ALL, REPLACING, Variant
from sef.layout import (
    ALL,
    BOTH,
    LAST_PUBLISHED_YEAR,
    LAST_YEAR,
    REGISTRIES,
    Columns,
    Family,
    Form,
    Layout,
    Line,
    Listed,
    Place,
    SheetForm,
    group,
)
from sef.model import Row, Side, Table

_LOW: Final = Place(gap=3, heads=0, units=2, first=3)
"""A table that has its units right below its caption."""


def _holdings(table: Table, number: int, when: str, v: Variant) -> Form:
    return Form(
        table,
        f"Table {number}. Total quantities of Kyoto Protocol units by account type at {when} of reported year",
        (Columns(Side.QUANTITY, "Unit type"),),
        (*_ACCOUNTS, v.total(Row.TOTAL, "Total", ALL)),
        "Account type",
    )


_ACCOUNTS: Final = (
    *lines.HOLDING_ACCOUNTS,
    lines.RETIREMENT,
    Line(
        Row.RESERVE,
        "Previous period surplus reserve account",
        "A",
        xml="PreviousPeriodSurplusReserveAccount",
    ),
    lines.NET_SOURCE,
    lines.NON_COMPLIANCE,
    Line(Row.VOLUNTARY, "Voluntary cancellation account", ALL, xml="VoluntaryCancellationAccount"),
    Line(
        Row.REMAINING,
        "Cancellation account for remaining units after carry-over",
        ALL,
        xml="CancellationAccountForRemainingUnitsAfterCarryover",
    ),
    Line(
        Row.AMBITION,
        "Article 3.1 ter and quater ambition increase cancellation account",
        "A",
        xml="Art31TerQuaterAmbitionIncreaseCancellationAccount",
    ),
    Line(
        Row.SURPLUS,
        "Article 3.7 ter cancellation account",
        "A",
        xml="Art37TerCancellationAccount",
    ),
    Line(
        Row.CANCEL_TCERS,
        "tCER cancellation account for expiry",
        "T",
        xml="tCERCancellationAccountForExpiry",
    ),
    Line(
        Row.CANCEL_LCERS,
        "lCER cancellation account for expiry",
        "L",
        xml="lCERCancellationAccountForExpiry",
    ),
    Line(
        Row.CANCEL_REVERSAL,
        "lCER cancellation account for reversal of storage",
        "L",
        xml="lCERCancellationAccountForReversalOfStorage",
    ),
    Line(
        Row.CANCEL_REPORT,
        "lCER cancellation account for non-submission of certification report",
        "L",
        xml="lCERCancellationAccountForNonSubmissionCertReport",
    ),
    *lines.REPLACEMENT_ACCOUNTS,
)


def _box(v: Variant) -> Form:
    box = Place(gap=3, heads=1, label=1, units=2, first=3)
    if v.newest:
        box = Place(gap=2, heads=1, label=1, again=2, units=3, first=4)
    return Form(
        Table.RETIREMENT,
        "",
        (Columns(Side.QUANTITY, "Retirement"),),
        (
            Line(Row.RETIREMENT, "Retirement", ALL, xml="Retirement"),
            Line(Row.FROM_RESERVE, "Retirement from PPSR", "A", xml="RetirementFromPPSR"),
            v.total(Row.TOTAL, "Total", ALL),
        ),
        "Transaction type",
        box,
    )


def _internal(v: Variant) -> tuple[Form, Form]:
    article = "Article " if v.newest else "Art"
    twelve = "Article 12" if v.newest else "Art 12"
    land = "3.3 Afforestation and reforestation" if v.newest else "3.3 Afforestation reforestation"
    wet = "management" if v.newest else "rewetting"
    wetland = f"3.4 Wetland{'s' if v.newest else ''} drainage and {wet}"
    spelt = "non-submission" if v.newest else "non submission"
    main = (
        group(f"{article}6 issuance and conversion"),
        *lines.projects("Party-verified projects" if v.newest else "Party verified projects"),
        group(f"{article}3.3 and 3.4 issuance or cancellation"),
        Line(Row.AFFORESTATION, land, lines.LAND, xml="Art33AfforestationReforestation"),
        *lines.FURTHER_LAND,
        Line(Row.WETLAND, wetland, lines.LAND, xml="Art34WetLandDrainageRewetting"),
        group(f"{twelve} afforestation and reforestation"),
        *lines.REPLACE_EXPIRED,
        lines.REPLACE_REVERSAL,
        Line(
            Row.CANCEL_REVERSAL,
            "Cancellation for reversal of storage",
            "/L",
            xml="CancellationForReversalOfStorage",
        ),
        lines.REPLACE_REPORT,
        Line(
            Row.CANCEL_REPORT,
            f"Cancellation for {spelt} of certification report",
            "/L",
            xml="CancellationForNonSubmissionOfCertReport",
        ),
        group("Other cancelation"),
        Line(Row.VOLUNTARY, "Voluntary cancellation", f"/{ALL}", xml="VoluntaryCancellation"),
        Line(
            Row.AMBITION,
            "Article 3.1 ter and quater ambition increase cancellation",
            "/A",
            xml="Art31TerQuaterAmbitionIncreaseCancellation",
        ),
        v.total(Row.SUBTOTAL, "Subtotal", f"ER/{ALL}"),
    )
    return (
        Form(
            Table.INTERNAL,
            v.caption("2", "a", "Annual internal transactions"),
            BOTH,
            main,
            "Transaction type",
            v.place(),
        ),
        _box(v),
    )


def _proceeds(v: Variant) -> Form:
    share = "Share of proceeds transactions under decision 1/CMP.8, paragraph 21 - Adaptation "
    heads = (
        ("Amount transferred or converted", "Amount contributed as SoP to the adaptation fund")
        if v.newest
        else ("", "")
    )
    verified = "party-verified" if v.newest else "Party-verified"
    return Form(
        Table.PROCEEDS,
        v.caption("2", "d", f"{share}{'fund' if v.newest else 'Fund'}", spaced=True),
        (Columns(Side.TRANSFERRED, heads[0]), Columns(Side.CONTRIBUTED, heads[1])),
        (
            Line(
                Row.FIRST_TRANSFERS,
                "First international transfers of AAUs",
                "A/A",
                xml="FirstInternationalTransfersOfAAU",
            ),
            Line(
                Row.ISSUED_PARTY_VERIFIED,
                f"Issuance of ERU from {verified} projects",
                "E/E",
                xml="IssuanceERUFromPartyVerifiedProjects",
            ),
            Line(
                Row.ISSUED_INDEPENDENT,
                "Issuance of independently verified ERUs",
                "E/E",
                xml="IssuanceIndependentlyVerifiedERU",
            ),
        ),
        place=Place(gap=2, units=3, first=4) if v.newest else _LOW,
    )


def _external(v: Variant) -> tuple[Form, ...]:
    every = f"{ALL}/{ALL}"
    subtotal = v.total(Row.SUBTOTAL, "Subtotal", every)
    transfers = (
        (group("Total transfers and acquisitions"), REGISTRIES, subtotal)
        if v.newest
        else (REGISTRIES, subtotal)
    )
    reserve = v.total(Row.SUBTOTAL, "Subtotal", v.reserve)
    between = Line(Listed.REGISTRIES, "", "A/A")
    heading = (group("Transfers and acquisitions between PPSR accounts"),) if v.newest else ()
    what = "Total annual external transactions" if v.newest else "Annual external transactions"
    gap = 2 if v.newest else 3
    return (
        Form(
            Table.EXTERNAL,
            v.caption("2", "b", what, spaced=v.newest),
            BOTH,
            transfers,
            "" if v.newest else "Total transfers and acquisitions",
            v.place(label=3),
        ),
        Form(
            Table.RESERVE,
            v.caption("2", "c", "Annual transactions between PPSR accounts", spaced=True),
            BOTH,
            (*heading, between, reserve),
            place=v.place(gap=gap) if v.newest else _LOW,
        ),
        _proceeds(v),
        Form(
            Table.TOTAL,
            v.caption("2", "e", "Total annual transactions", spaced=True),
            BOTH,
            (Line(Row.TOTAL, "Total (Sum of sub-totals in table 2a and table 2b)", every),),
            place=Place(gap=gap, heads=0, units=0, first=2) if v.newest else _LOW,
        ),
    )


def _expiry(v: Variant) -> Form:
    spelt = "non-submission" if v.newest else "non submission"
    storage = "storage" if v.newest else "Storage"
    end = "Report" if v.newest else "Report "
    held, kept = "Expired in holding accounts", "Expired in retirement and replacement accounts"
    rows = (
        group("Temporary CERs"),
        Line(
            Row.TCERS_EXPIRED,
            kept,
            "T/AERCT",
            xml="tCERsExpiredInRetirementAndReplacementAccounts",
        ),
        Line(Row.TCERS_EXPIRED_HELD, held, "T//T", xml="tCERsExpiredInHoldingAccounts"),
        group("Long-term CERs"),
        Line(
            Row.LCERS_EXPIRED,
            kept,
            "L/AERC",
            xml="lCERsExpiredInRetirementAndReplacementAccounts",
        ),
        Line(Row.LCERS_EXPIRED_HELD, held, "L//L", xml="lCERsExpiredInHoldingAccounts"),
        Line(
            Row.SUBJECT_REVERSAL,
            f"Subject to reversal of {storage}",
            "L/AERCL/L",
            xml="SubjectToReversalOfStorage",
        ),
        Line(
            Row.SUBJECT_REPORT,
            f"Subject to {spelt} of certification {end}",
            "L/AERCL/L",
            xml="SubjectToNonSubmissionOfCertReport",
        ),
        group("Carbon Capture and Storage CERs"),
        Line(
            Row.CCS_REVERSAL,
            "Subject to net reversal of storage",
            "C//AERC",
            xml="CCSubjectToNetReversalOfStorage",
        ),
        Line(
            Row.CCS_REPORT,
            f"Subject to {spelt} of certification report",
            "C//AERC",
            xml="CCSubjectToNonSubmissionOfCertReport",
        ),
        v.total(Row.TOTAL, "Total", OPEN_ALL),
    )
    annual = "Annual expiry" if v.newest else "Expiry"
    return Form(
        Table.EXPIRY,
        f"Table 3. {annual}, cancellation and replacement",
        REPLACING,
        rows,
        "Transaction or event type",
        Place(again=5, units=6, first=7) if v.newest else Place(),
    )


def _layout(v: Variant) -> Layout:
    narrow = ("E", "G") if v.newest else ("G", "H")
    wide = ("K", "N") if v.newest else ("M", "N")
    widest = ("N", "Q") if v.newest else ("P", "Q")
    sheets = (
        SheetForm("TABLE1", (_holdings(Table.START, 1, "beginning", v),), *narrow),
        SheetForm("TABLE2A_TRANSACTION_TYPE", _internal(v), *wide),
        SheetForm("TABLE2BCDE", _external(v), *wide),
        SheetForm("TABLE3", (_expiry(v),), *widest),
        SheetForm("TABLE4", (_holdings(Table.END, 4, "end", v),), *narrow),
        SheetForm("TABLE5ABCDE", summary(v), *wide),
        SheetForm("TABLE6ABC", corrections(v), *wide),
    )
    words = ("Submission year", "Reported year", "Commitment period")
    made = Layout(v.name, Family.CP2, 2, v.reported, sheets, 2, numbers_rows=True)
    if not v.newest:
        return made
    information = ("Report type", "Reported year", "Submission year")
    return replace(
        made, column=3, header_words=words, information=information, group_fill="turquoise"
    )


_OPEN_RESERVE: Final = "Aerctl/Aerctl"
"""Some files shade what is no AAU here, and others write NO into it."""
_LONG: Final = (2013, LAST_PUBLISHED_YEAR, 2012)
_AFTER: Final = (2013, LAST_YEAR, 2012)
_FROM_2024: Final = (LAST_PUBLISHED_YEAR + 1, LAST_YEAR)
_EITHER: Final = f"{ALL}/{ALL}"
CP2_LAYOUTS: Final = tuple(
    map(
        _layout,
        (
            Variant(
                "cp2-2013", (2013, 2015), (2007, 2015, 2006), (2008, 2015, 2007), "EC", _EITHER
            ),
            Variant("cp2-2016", (2016, 2018), _LONG, _LONG, "EC/EC", _OPEN_RESERVE),
            Variant("cp2-2019", (2019, 2019), _LONG, _LONG, "EC/EC", _OPEN_RESERVE),
            Variant("cp2-2020", (2020, LAST_PUBLISHED_YEAR), _LONG, _LONG, "EC/EC", _EITHER),
            Variant("cp2-2024", _FROM_2024, _AFTER, _AFTER, "EC/EC", _EITHER),
        ),
    )
)
