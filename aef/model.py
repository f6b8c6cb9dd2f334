# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An AEF submission as data: five tables (4/CMA.6 annex II), whatever file it came from.

A workbook, a JSON file and the ledger all become a `Submission`; the consistency checks see nothing
else. Texts are canonical where the reader could make them so (alpha-3 Party codes, six-digit
cooperative approaches), with a syntax finding where it had to; what could not be read is None or ""
and has a syntax finding of its own, and its text stays in `written`, so that no value that a Party
wrote is lost and none that was not understood is judged by. Quantities and serials are whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from workbooks.files_seen import FileSeen


class ActionType(StrEnum):
    """Action types (common nomenclatures; AEF table 3)."""

    AUTHORIZATION = "Authorization"
    FIRST_TRANSFER = "First transfer"
    TRANSFER = "Transfer"
    ACQUISITION = "Acquisition"
    USE = "Use"
    CANCELLATION = "Cancellation"
    VOLUNTARY_CANCELLATION = "Voluntary Cancellation"


class ActionSubtype(StrEnum):
    """Action subtypes (common nomenclatures item 26)."""

    FIRST_INTERNATIONAL = "First transfer to another Party"
    AUTHORIZATION = "Authorization"
    ISSUANCE = "Issuance"
    USE_OR_CANCELLATION = "Use or cancellation"
    MANDATORY_ADAPTATION_FUND = "Mandatory transfer to the Adaptation Fund (A6.4 ERs)"
    VOLUNTARY_ADAPTATION_FUND = "Voluntary transfer to the Adaptation Fund"
    MANDATORY_OMGE = "Mandatory cancellation to deliver OMGE (A6.4 ERs)"
    VOLUNTARY_OMGE = "Voluntary cancellation to deliver OMGE"
    OTHER_CANCELLATION = "Other cancellations"
    NOT_YET_DEFINED = "Not yet defined"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file: sheet or JSON table, 1-based row, column where known.

    Row 0 is the sheet as a whole. The column of JSON is the name of the field.
    """

    sheet: str
    row: int
    column: str = ""

    def __str__(self) -> str:
        if not self.row:
            return self.sheet
        if self.column.islower():
            return f"{self.sheet} {self.row}: {self.column}"
        return f"{self.sheet}!{self.column}{self.row}"


NOWHERE = Place("", 0)
"""Of rows that come from a ledger, not from a file."""


@dataclass(frozen=True, slots=True)
class SerialSpan:
    """The serial part of a pair of unit ids: what precedes and follows it, first and last number.

    Two spans concern the same units only where prefix and suffix are equal and numbers overlap.
    """

    prefix: str
    first: int
    last: int
    suffix: str = ""

    @property
    def quantity(self) -> int:
        """How many serial numbers the span holds; not positive where it is reversed."""
        return self.last - self.first + 1

    def overlaps(self, other: SerialSpan) -> bool:
        """True when at least one unit lies in both."""
        return (
            self.prefix == other.prefix
            and self.suffix == other.suffix
            and self.first <= other.last
            and other.first <= self.last
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Table 1, Submission. What the platform fills in stays as it was found."""

    party: str = ""
    version: str = ""
    reported_year: int | None = None
    submitted: date | None = None
    review_status: str = ""
    consistency_result: str = ""
    ndc_first: int | None = None
    ndc_last: int | None = None
    review_link: str = ""
    written: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By field: what stands there where it was not understood, such as "2023-2024" for a year, or is
    printed in another way than its value is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRow:
    """A row of table 2, Authorizations."""

    authorization_id: str = ""
    date: date | None = None
    cooperative_approach: str = ""
    version: str = ""
    quantity: int | None = None
    metric: str = ""
    gwp: str = ""
    non_ghg_metric: str = ""
    sectors: tuple[str, ...] = ()
    activity_types: tuple[str, ...] = ()
    purposes: frozenset[str] = frozenset()
    """Of NDC, IMP, OP; OIMP is IMP and OP."""
    parties: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    oimp: str = ""
    time_frame: tuple[int, int] | None = None
    """First and last year of vintage."""
    use_time_frame: tuple[int, int] | None = None
    """First and last year of use, where they are stated."""
    terms: str = ""
    documentation: str = ""
    first_transfer_definition: str = ""
    additional_information: str = ""
    written: Mapping[str, str] = field(default_factory=dict, hash=False)
    """As in `Heading`."""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """What tables 3 and 4 both say of units."""

    cooperative_approach: str = ""
    authorization_id: str = ""
    first_transferring_party: str = ""
    registry: str = ""
    first_id: str = ""
    last_id: str = ""
    span: SerialSpan | None = None
    """None where the ids make no span; a syntax finding then says why."""
    underlying_registry: str = ""
    underlying_first_id: str = ""
    underlying_last_id: str = ""
    metric: str = ""
    gwp: str = ""
    non_ghg_metric: str = ""
    quantity: int | None = None
    """In t CO2 eq."""
    quantity_non_ghg: int | None = None
    mitigation_type: str = ""
    vintage: int | None = None
    sector: str = ""
    """Of the authorization or the ledger; the AEF has no column for it."""
    activity_type: str = ""
    """Same."""
    conversion_factor: str = ""
    """Of the draft layout only."""
    written: Mapping[str, str] = field(default_factory=dict, hash=False)
    """As in `Heading`."""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRow(UnitRow):
    """A row of table 3, Actions."""

    date: date | None = None
    time: datetime | None = None
    """UTC; None where the file gives a date only."""
    type: ActionType | None = None
    subtype: ActionSubtype | None = None
    transferring_party: str = ""
    acquiring_party: str = ""
    oimp_purpose: str = ""
    using_party: str = ""
    using_entity: str = ""
    year_of_use: int | None = None
    consistency_result: str = ""
    additional_information: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingRow(UnitRow):
    """A row of table 4, Holdings, as at 31 December of the reported year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRow:
    """A row of table 5, Authorized entities."""

    date: date | None = None
    name: str = ""
    country: str = ""
    identification: str = ""
    cooperative_approach: str = ""
    conditions: str = ""
    change_conditions: str = ""
    additional_information: str = ""
    written: Mapping[str, str] = field(default_factory=dict, hash=False)
    """As in `Heading`."""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A Party's AEF for a year.

    Attributes:
        source: File name, or the ledger it was drawn from; for people.
        columns: By table and sheet, the column in which each field stands; of the heading, which
            has no sheet here, its cell.
        from_ledger: True when no file of a Party stands behind it.
        draft_layout: True when it was read from the earlier three-table layout of 6/CMA.4.
        unseen: Names of tables that the file does not have, or of which something was not read.
    """

    source: str
    heading: Heading
    authorizations: tuple[AuthorizationRow, ...] = ()
    actions: tuple[ActionRow, ...] = ()
    holdings: tuple[HoldingRow, ...] = ()
    entities: tuple[EntityRow, ...] = ()
    columns: Mapping[tuple[str, str], Mapping[str, Place]] = field(
        default_factory=dict, hash=False, compare=False
    )
    from_ledger: bool = False
    draft_layout: bool = False
    unseen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxFinding:
    """What is not as the format demands, where, and what is expected instead."""

    code: str
    place: Place
    column: str
    """Title of the column or field; empty for the file as a whole."""
    found: str
    expected: str
    read_as: str = ""
    """What the reader made of it; empty where it made nothing of it."""
    fatal: bool = False
    """True when the value could not be used at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file that was read: what it says, what is wrong with how it says it, and its digest."""

    submission: Submission
    findings: tuple[SyntaxFinding, ...] = field(default=())
    seen: FileSeen | None = None
