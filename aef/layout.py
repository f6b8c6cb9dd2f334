# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The five tables of the agreed electronic format, once: sheets, headings, columns, formats.

Cells and titles are those of the official blank (4/CMA.6 annex II); what a field must hold is that
of the common nomenclatures. Writer, reader, JSON form and documentation read these tables. A column
that is added here is written, read and documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from itmo import nomenclature

CARP_TEXT: Final = "{Information in this field is populated by the CARP}"
"""What the blank shows in a field that the reporting platform fills in."""
CARP_LINK: Final = "{Link to be produced by the CARP}"


class Need(StrEnum):
    """Whether a field must be filled in, and by whom."""

    REQUIRED = "required"
    CONDITIONAL = "where it applies"
    OPTIONAL = "optional"
    PLATFORM = "filled in by the reporting platform"


class Format(StrEnum):
    """What a field holds. The reader has one function for each, the writer one text form."""

    TEXT = "text"
    PARTY = "Party"
    PARTY_OR_FUND = "Party or Adaptation Fund"
    PARTIES = "Parties"
    REGISTRY = "registry"
    APPROACH = "cooperative approach"
    AUTHORIZATION = "authorization id"
    DATE = "date"
    MOMENT = "date or moment"
    YEAR = "year"
    REPORTED_YEAR = "reported year"
    VERSION = "version X.Y"
    NUMBER_VERSION = "whole version"
    QUANTITY = "whole number"
    METRIC = "metric"
    SECTORS = "sectors"
    ACTIVITIES = "activity types"
    PURPOSES = "purposes"
    TIME_FRAME = "time frame"
    DEFINITION = "first transfer definition"
    ACTION_TYPE = "action type"
    ACTION_SUBTYPE = "action subtype"
    UNIT_ID = "unit id"
    MITIGATION = "mitigation type"
    UNDERLYING = "underlying registry"
    LIST = "list of texts"
    IDENTIFICATION = "identification number"


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a table.

    Attributes:
        letter: Column of its cells; in table 1, row number of its line.
        title: Heading, as printed.
        title_row: Row of the heading; in table 1, the row of the field.
        field: Name in the model.
        format: What it holds.
        need: Whether it must be filled in.
        width: Width of the column in characters.
        aliases: Other headings under which it was met.
    """

    letter: str
    title: str
    title_row: int
    field: str
    format: Format
    need: Need
    width: int = 12
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of the format.

    Attributes:
        key: Name of the table in JSON and in the model.
        sheet: Title of the sheet.
        title: What the title cell says.
        title_cell: Where.
        header_row: Lowest row of the headings; data begin below it.
        groups: Headings over several columns: cell and text.
        merged: Merged ranges.
    """

    key: str
    sheet: str
    title: str
    title_cell: str
    header_row: int
    columns: tuple[Column, ...]
    groups: tuple[tuple[str, str], ...] = ()
    merged: tuple[str, ...] = ()


def letter_of(index: int) -> str:
    """Returns the letter of a column by its number, from 1 on."""
    letters = ""
    while index > 0:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


_REQUIRED, _COND, _OPT, _CARP = Need.REQUIRED, Need.CONDITIONAL, Need.OPTIONAL, Need.PLATFORM
_MORE: Final = "Additional explanatory information"

SUBMISSION: Final = Table(
    "submission",
    "Table 1 Submission",
    "Table 1: Submission",
    "B3",
    12,
    (
        Column("C", "Party", 4, "party", Format.PARTY, _REQUIRED),
        Column("C", "Version", 5, "version", Format.VERSION, _REQUIRED),
        Column("C", "Reported year", 6, "reported_year", Format.REPORTED_YEAR, _REQUIRED),
        Column("C", "Date of submission", 7, "submitted", Format.DATE, _REQUIRED),
        Column("C", "Review status of the initial report", 8, "review_status", Format.TEXT, _CARP),
        Column(
            "C",
            "Result of the consistency check of this AEF submission",
            9,
            "consistency_result",
            Format.TEXT,
            _CARP,
            aliases=("Result of the consistency check",),
        ),
        Column(
            "C",
            "First year of the NDC implementation period",
            10,
            "ndc_first",
            Format.YEAR,
            _REQUIRED,
        ),
        Column(
            "C",
            "Last year of the NDC implementation period",
            11,
            "ndc_last",
            Format.YEAR,
            _REQUIRED,
        ),
        Column(
            "C",
            "Reference to the Article 6 technical expert review report of the initial report",
            12,
            "review_link",
            Format.TEXT,
            _CARP,
        ),
    ),
    merged=("B13:C13",),
)
"""Table 1 has its fields below each other: title in column B, value in column C."""

AUTHORIZATIONS: Final = Table(
    "authorizations",
    "Table 2 Authorizations",
    "Table 2: Authorizations",
    "B4",
    7,
    (
        Column(
            "B",
            "Authorization ID",
            7,
            "authorization_id",
            Format.AUTHORIZATION,
            _REQUIRED,
            16,
        ),
        Column("C", "Date of authorization", 7, "date", Format.DATE, _REQUIRED),
        Column(
            "D", "Cooperative approach ID", 7, "cooperative_approach", Format.APPROACH, _REQUIRED
        ),
        Column("E", "Version of the authorization", 7, "version", Format.NUMBER_VERSION, _REQUIRED),
        Column("G", "Authorized quantity", 7, "quantity", Format.QUANTITY, _OPT),
        Column("H", "Metric", 7, "metric", Format.METRIC, _REQUIRED),
        Column("I", "Applicable GWP value(s)", 7, "gwp", Format.TEXT, _COND, 14),
        Column("J", "Applicable non-GHG metric", 7, "non_ghg_metric", Format.TEXT, _COND),
        Column("K", "Sector(s)", 7, "sectors", Format.SECTORS, _REQUIRED, 18),
        Column("L", "Activity type(s)", 7, "activity_types", Format.ACTIVITIES, _OPT, 18),
        Column("M", "Purposes for authorization", 7, "purposes", Format.PURPOSES, _REQUIRED, 16),
        Column("N", "Authorized Party(ies) ID", 7, "parties", Format.PARTIES, _COND),
        Column("O", "Authorized entity(ies) ID", 7, "entities", Format.LIST, _COND, 18),
        Column("P", "OIMP authorized by the Party", 7, "oimp", Format.TEXT, _COND, 14),
        Column("Q", "Authorized timeframe", 7, "time_frame", Format.TIME_FRAME, _OPT, 16),
        Column("R", "Authorization terms and conditions", 7, "terms", Format.TEXT, _OPT, 30),
        Column("S", "Authorization documentation", 7, "documentation", Format.TEXT, _CARP, 16),
        Column(
            "T",
            "First transfer definition for OIMP",
            7,
            "first_transfer_definition",
            Format.DEFINITION,
            _COND,
            18,
        ),
        Column("U", _MORE, 7, "additional_information", Format.TEXT, _OPT, 30),
    ),
    groups=(("B5", "Authorization"), ("G5", "Authorization details")),
    merged=("B5:E5",),
)


_UNIT_FIELDS: Final = (
    ("Cooperative approach ID", "cooperative_approach", Format.APPROACH, _REQUIRED, 14),
    ("Authorization ID", "authorization_id", Format.AUTHORIZATION, _REQUIRED, 16),
    (
        "First transferring participating Party ID",
        "first_transferring_party",
        Format.PARTY,
        _REQUIRED,
        14,
    ),
    ("Party ITMO registry ID", "registry", Format.REGISTRY, _REQUIRED, 12),
    ("First ID", "first_id", Format.UNIT_ID, _REQUIRED, 32),
    ("Last ID", "last_id", Format.UNIT_ID, _REQUIRED, 32),
    ("Underlying unit registry ID", "underlying_registry", Format.UNDERLYING, _COND, 12),
    ("First unit ID", "underlying_first_id", Format.TEXT, _COND, 18),
    ("Last unit ID", "underlying_last_id", Format.TEXT, _COND, 18),
    ("Metric", "metric", Format.METRIC, _REQUIRED, 12),
    ("Applicable GWP value(s)", "gwp", Format.TEXT, _COND, 14),
    ("Applicable non-GHG metric", "non_ghg_metric", Format.TEXT, _COND, 12),
    ("Quantity (t\xa0CO2\xa0eq)", "quantity", Format.QUANTITY, _REQUIRED, 12),
    ("Quantity (in non-GHG metric)", "quantity_non_ghg", Format.QUANTITY, _COND, 12),
    ("Mitigation type", "mitigation_type", Format.MITIGATION, _REQUIRED, 20),
    ("Vintage", "vintage", Format.YEAR, _REQUIRED, 9),
)
"""The columns that tables 3 and 4 share: title, field, format, need, width."""


def _unit_columns(
    letters: str, *, approach: int, authorization: int, rest: int
) -> tuple[Column, ...]:
    """The shared columns, with the rows in which their headings stand in one of the tables."""
    rows = {"cooperative_approach": approach, "authorization_id": authorization}
    return tuple(
        Column(letter, title, rows.get(name, rest), name, form, need, width)
        for letter, (title, name, form, need, width) in zip(
            letters.split(), _UNIT_FIELDS, strict=True
        )
    )


ACTIONS: Final = Table(
    "actions",
    "Table 3 Actions",
    "Table 3: Actions",
    "B3",
    8,
    (
        Column("B", "Action date", 8, "date", Format.MOMENT, _REQUIRED, 25),
        Column("C", "Action type", 8, "type", Format.ACTION_TYPE, _REQUIRED, 22),
        Column("D", "Action subtype", 8, "subtype", Format.ACTION_SUBTYPE, _COND, 30),
        *_unit_columns("E F G H I J L M N P Q R S T V W", approach=4, authorization=6, rest=8),
        Column(
            "Y",
            "Transferring participating Party ID",
            8,
            "transferring_party",
            Format.PARTY_OR_FUND,
            _COND,
            13,
            ("Transferring participating Party",),
        ),
        Column(
            "Z",
            "Acquiring participating Party ID",
            8,
            "acquiring_party",
            Format.PARTY_OR_FUND,
            _COND,
            13,
            ("Acquiring participating Party",),
        ),
        Column(
            "AB",
            "Purpose for which the ITMO has been used towards or cancelled for OIMP",
            8,
            "oimp_purpose",
            Format.TEXT,
            _COND,
            22,
        ),
        Column(
            "AC",
            "Using/cancelling participating Party ID",
            8,
            "using_party",
            Format.PARTY,
            _COND,
            13,
        ),
        Column(
            "AD",
            "Using/cancelling authorized entity ID",
            8,
            "using_entity",
            Format.TEXT,
            _COND,
            16,
        ),
        Column(
            "AE",
            "Calendar year for which the ITMOs are used towards the Party's NDC",
            8,
            "year_of_use",
            Format.YEAR,
            _COND,
            18,
            (
                "Calendar year for which the ITMOs are used towards the NDC",
                "Calendar year for which the ITMO is used towards the NDC",
            ),
        ),
        Column(
            "AG",
            "Result of the consistency checks",
            4,
            "consistency_result",
            Format.TEXT,
            _CARP,
            16,
            ("Result of the consistency check",),
        ),
        Column("AH", _MORE, 4, "additional_information", Format.TEXT, _OPT, 30),
    ),
    groups=(
        ("B4", "Action type and date"),
        ("F4", "ITMO"),
        ("Y4", "Action"),
        ("H5", "Unique identifiers"),
        ("P5", "Metric and quantity"),
        ("V5", "ITMO details"),
        ("Y5", "Action details"),
        ("L6", "Underlying units"),
        ("Y6", "Transfer / Acquisition"),
        ("AB6", "Use or cancellation"),
        ("I7", "ITMO unique identifier"),
        ("M7", "Underlying unit unique identifier"),
    ),
    merged=("AH4:AH8", "Y6:Z6", "E4:E8", "AB6:AE6", "AG4:AG8", "F6:F8"),
)

HOLDINGS: Final = Table(
    "holdings",
    "Table 4 Holdings",
    "Table 4: Holdings",
    "B3",
    7,
    _unit_columns("B C D E F G I J K M N O P Q S T", approach=7, authorization=5, rest=7),
    groups=(
        ("F4", "Unique identifiers"),
        ("M4", "Metric and quantity"),
        ("S4", "ITMO details"),
        ("F5", "ITMO unique identifier"),
        ("I5", "Underlying units"),
        ("J6", "Underlying unit unique identifier"),
    ),
    merged=(
        "J6:K6",
        "I5:K5",
        "F5:G5",
        "C5:C7",
        "F4:K4",
        "S4:T4",
        "B3:K3",
        "M3:T3",
        "M4:Q4",
    ),
)

ENTITIES: Final = Table(
    "entities",
    "Table 5 Auth. entities",
    "Table 5: Authorized entities",
    "C8",
    10,
    (
        Column("C", "Date of the authorization", 9, "date", Format.DATE, _REQUIRED, 14),
        Column("D", "Name", 10, "name", Format.TEXT, _REQUIRED, 24),
        Column("E", "Country of incorporation", 10, "country", Format.PARTY, _REQUIRED, 14),
        Column(
            "F",
            "Identification number",
            10,
            "identification",
            Format.IDENTIFICATION,
            _REQUIRED,
            16,
        ),
        Column(
            "G", "Cooperative approach ID", 10, "cooperative_approach", Format.APPROACH, _REQUIRED
        ),
        Column("H", "Conditions", 9, "conditions", Format.TEXT, _OPT, 24),
        Column(
            "I", "Change and revocation conditions", 10, "change_conditions", Format.TEXT, _OPT, 24
        ),
        Column("J", _MORE, 10, "additional_information", Format.TEXT, _OPT, 30),
    ),
    groups=(("D9", "Authorized entity"),),
    merged=("C9:C10", "D9:F9", "H9:H10"),
)

TABLES: Final = (SUBMISSION, AUTHORIZATIONS, ACTIONS, HOLDINGS, ENTITIES)
LISTED: Final = (AUTHORIZATIONS, ACTIONS, HOLDINGS, ENTITIES)
"""The tables that have one row for each thing; table 1 has one line for each field."""

INDEX_SHEET: Final = "Index"
SUMMARY_SHEET: Final = "Summary information"

PICK_LISTS: Final[dict[Format, tuple[str, ...]]] = {
    Format.METRIC: nomenclature.METRICS,
    Format.PURPOSES: nomenclature.PURPOSES,
    Format.DEFINITION: nomenclature.FIRST_TRANSFER_DEFINITIONS,
    Format.MITIGATION: nomenclature.MITIGATION_TYPES,
}
"""Formats whose values are one of a closed list; action types are an enumeration of the model."""
