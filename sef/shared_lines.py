# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows that several layouts print alike, with the cells that are open in each (readings of decision 13/CMP.1)."""

from __future__ import annotations

from typing import Final

from sef.layout import ALL, Line
from sef.model import Row

LAND: Final = "R/AERC"
"""Net removals are issued as RMUs; a net source is cancelled in any unit but tCERs and lCERs."""
PROJECTS: Final = "E/AR"
"""ERUs come from AAUs, or from RMUs for projects of land use."""

REPLACEMENT_ACCOUNTS: Final = (
    Line(
        Row.REPLACE_TCERS,
        "tCER replacement account for expiry",
        "AERCT",
        xml="tCERReplacementForExpiry",
    ),
    Line(
        Row.REPLACE_LCERS,
        "lCER replacement account for expiry ",
        "AERC",
        xml="lCERReplacementForExpiry",
    ),
    Line(
        Row.REPLACE_REVERSAL,
        "lCER replacement account for reversal of storage",
        "AERCL",
        xml="lCERReplacementForReversalOfStorage",
    ),
    Line(
        Row.REPLACE_REPORT,
        "lCER replacement account for non-submission of certification report",
        "AERCL",
        xml="lCERReplacementForNonSubmissionCertReport",
    ),
)
HOLDING_ACCOUNTS: Final = (
    Line(Row.PARTY_HOLDING, "Party holding accounts", ALL, xml="PartyHolding"),
    Line(Row.ENTITY_HOLDING, "Entity holding accounts", ALL, xml="EntityHolding"),
)
NET_SOURCE: Final = Line(
    Row.NET_SOURCE,
    "Article 3.3/3.4 net source cancellation accounts",
    "AERC",
    xml="NetSourceCancellation",
)
NON_COMPLIANCE: Final = Line(
    Row.NON_COMPLIANCE,
    "Non-compliance cancellation account",
    "AERC",
    xml="NonComplianceCancellation",
)
RETIREMENT: Final = Line(Row.RETIREMENT, "Retirement account", ALL, xml="RetirementAccount")
LAND_ROWS: Final = (
    (Row.DEFORESTATION, "3.3 Deforestation", "Art33Deforestation"),
    (Row.FOREST, "3.4 Forest management", "Art34ForestManagement"),
    (Row.CROPLAND, "3.4 Cropland management", "Art34CropLandManagement"),
    (Row.GRAZING, "3.4 Grazing land management", "Art34GrazingLandManagement"),
    (Row.REVEGETATION, "3.4 Revegetation", "Art34Revegetation"),
)
FURTHER_LAND: Final = tuple(Line(row, label, LAND, xml=xml) for row, label, xml in LAND_ROWS)
NON_COMPLIANCE_VALUE: Final = Line(
    Row.NON_COMPLIANCE, "Non-compliance cancellation", "/AERC", xml="Non-compliance cancellation"
)
"""A starting value of the period after the one in which a Party was in breach."""


def projects(party_verified: str) -> tuple[Line, ...]:
    """Returns the rows of joint implementation projects."""
    return (
        Line(
            Row.PARTY_VERIFIED,
            party_verified,
            PROJECTS,
            xml="IssuanceConversionOfPartyVerifiedProjects",
        ),
        Line(
            Row.INDEPENDENT,
            "Independently verified projects",
            PROJECTS,
            xml="IndependentlyVerifiedProjects",
        ),
    )


REPLACE_EXPIRED: Final = (
    Line(
        Row.REPLACE_TCERS, "Replacement of expired tCERs", "/AERCT", xml="ReplacementExpiredtCERs"
    ),
    Line(Row.REPLACE_LCERS, "Replacement of expired lCERs", "/AERC", xml="ReplacementExpiredlCERs"),
)
REPLACE_REVERSAL: Final = Line(
    Row.REPLACE_REVERSAL,
    "Replacement for reversal of storage",
    "/AERCL",
    xml="ReplacementForReversalOfStorage",
)
REPLACE_REPORT: Final = Line(
    Row.REPLACE_REPORT,
    "Replacement for non-submission of certification report",
    "/AERCL",
    xml="ReplacementForNonSubmissionOfCertReport",
)
