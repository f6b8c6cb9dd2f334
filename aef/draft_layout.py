# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The earlier three-table layout (6/CMA.4 annex VII): heading, actions, holdings.

Parties filed it before 4/CMA.6 and some systems still print it. It states the authorization in each
row, and a conversion factor; it has no action subtype, mitigation type or registry. It is only read,
by its headings, so where a column stands is of no account. The exact wording of the headings is
confirmed in part only, so close variants are listed too.
"""

from __future__ import annotations

from typing import Any, Final

from aef.layout import SUBMISSION, Column, Format, Need, Table
from aef.model import AuthorizationRow, Place

_REQUIRED, _COND, _CARP = Need.REQUIRED, Need.CONDITIONAL, Need.PLATFORM


def _column(title: str, field: str, form: Format, need: Need = _COND, *aliases: str) -> Column:
    return Column("", title, 0, field, form, need, aliases=aliases)


_UNITS: Final = (
    _column(
        "Cooperative approach",
        "cooperative_approach",
        Format.APPROACH,
        _REQUIRED,
        "Cooperative approach ID",
    ),
    _column(
        "First unique identifier", "first_id", Format.UNIT_ID, _REQUIRED, "ITMO block start ID"
    ),
    _column("Last unique identifier", "last_id", Format.UNIT_ID, _REQUIRED, "ITMO block end ID"),
    _column("Underlying unit block start ID", "underlying_first_id", Format.TEXT),
    _column(
        "Underlying unit last block end ID",
        "underlying_last_id",
        Format.TEXT,
        _COND,
        "Underlying unit block end ID",
        "Underlying unit last block end",
    ),
    _column("Metric", "metric", Format.METRIC, _REQUIRED),
    _column(
        "Quantity (expressed in metric)",
        "quantity_non_ghg",
        Format.QUANTITY,
        _COND,
        "Quantity (in metric)",
        "Quantity (in non-GHG metric)",
    ),
    _column("Quantity (t CO2 eq)", "quantity", Format.QUANTITY, _REQUIRED, "Quantity (tCO2eq)"),
    _column(
        "Conversion factor (reporting Party)",
        "conversion_factor",
        Format.TEXT,
        _COND,
        "Conversion factor",
    ),
    _column(
        "First transferring participating Party",
        "first_transferring_party",
        Format.PARTY,
        _REQUIRED,
        "First transferring Party",
    ),
    _column("Vintage", "vintage", Format.YEAR, _REQUIRED),
    _column("Sector(s)", "authorized_sectors", Format.SECTORS, _COND, "Sector"),
    _column("Activity type(s)", "authorized_activities", Format.ACTIVITIES, _COND, "Activity type"),
)

_AUTHORIZATION: Final = (
    _column("Date of authorization", "authorized", Format.DATE, _COND, "Authorization date"),
    _column("Authorization ID", "authorization_id", Format.AUTHORIZATION, _REQUIRED),
    _column("Purposes for authorization", "purposes", Format.PURPOSES, _REQUIRED),
    _column("OIMP authorized by the Party", "oimp", Format.TEXT, _COND, "OIMP authorized by Party"),
    _column(
        "First transfer definition (OIMP)",
        "first_transfer_definition",
        Format.DEFINITION,
        _COND,
        "First transfer definition for OIMP",
        "First transfer definition",
    ),
)
_RECORD: Final = _column("Article 6 database record ID", "record_id", Format.TEXT, _CARP)

DRAFT_HEADING: Final = Table("submission", "Heading", "Heading", "", 0, SUBMISSION.columns)

DRAFT_ACTIONS: Final = Table(
    "actions",
    "Actions",
    "Actions",
    "",
    0,
    (
        _RECORD,
        *_UNITS,
        *_AUTHORIZATION,
        _column("Action date", "date", Format.MOMENT, _REQUIRED),
        _column("Action type", "type", Format.ACTION_TYPE, _REQUIRED),
        _column("Transferring participating Party", "transferring_party", Format.PARTY_OR_FUND),
        _column("Acquiring participating Party", "acquiring_party", Format.PARTY_OR_FUND),
        _column(
            "Purposes for cancellation",
            "oimp_purpose",
            Format.TEXT,
            _COND,
            "Purpose for cancellation",
        ),
        _column(
            "Using participating Party or authorized entity or entities",
            "user",
            Format.TEXT,
            _COND,
            "Using participating Party or authorized entity",
        ),
        _column("First transfer", "first_transfer", Format.TEXT),
        _column(
            "Calendar year for which the ITMOs are used towards the Party's NDC",
            "year_of_use",
            Format.YEAR,
            _COND,
            "Calendar year",
            "Year of use",
        ),
        _column(
            "Result of the consistency checks",
            "consistency_result",
            Format.TEXT,
            _CARP,
            "Consistency check result",
        ),
    ),
)

DRAFT_HOLDINGS: Final = Table(
    "holdings", "Holdings", "Holdings", "", 0, (_RECORD, *_UNITS, *_AUTHORIZATION)
)

DRAFT_TABLES: Final = (DRAFT_ACTIONS, DRAFT_HOLDINGS)


def separated(values: dict[str, Any], place: Place) -> AuthorizationRow:
    """Takes what a row says of its authorization out of it, as a row of table 2.

    Sector and activity stay with the units as well, as the draft gives them for the units.
    """
    sectors = values.pop("authorized_sectors", ())
    activities = values.pop("authorized_activities", ())
    if sectors:
        values["sector"] = sectors[0]
    if activities:
        values["activity_type"] = activities[0]
    written = values["written"]
    # What the present tables have no column for stays beside the row as it was written.
    for name, title in (("record_id", _RECORD.title), ("first_transfer", "First transfer")):
        if (said := values.pop(name, "")) and said:
            written[title] = said
    of_authorization = {
        name: written.pop(name) for name in ("authorized", "purposes") if name in written
    }
    if "authorized" in of_authorization:
        of_authorization["date"] = of_authorization.pop("authorized")
    return AuthorizationRow(
        authorization_id=values.get("authorization_id", ""),
        date=values.pop("authorized", None),
        cooperative_approach=values.get("cooperative_approach", ""),
        metric=values.get("metric", ""),
        sectors=sectors,
        activity_types=activities,
        purposes=values.pop("purposes", frozenset()),
        oimp=values.pop("oimp", ""),
        first_transfer_definition=values.pop("first_transfer_definition", ""),
        written=of_authorization,
        place=place,
    )
