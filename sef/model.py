# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a submission in the standard electronic format says, whatever layout it was written in.

A table is named by what it is about, not by its number: the draft of 2004 (FCCC/SBSTA/2004/9) and the
formats in use number the same tables differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

EMPTY_HEADER_YEAR: Final = 0
"""Stands for a year, period or version that could not be read."""


class Unit(StrEnum):
    """The six types of units, in the order of the columns."""

    AAU = "AAU"
    ERU = "ERU"
    RMU = "RMU"
    CER = "CER"
    TCER = "tCER"
    LCER = "lCER"


UNIT_OF_LETTER: Final[Mapping[str, Unit]] = dict(zip("AERCTL", Unit, strict=True))
"""One letter for each type of units: layouts say by them which cells are open."""


class Side(StrEnum):
    """What a group of columns of a table counts."""

    QUANTITY = "quantity"
    ADDITIONS = "additions"
    SUBTRACTIONS = "subtractions"
    REQUIREMENT = "requirement"
    REPLACEMENT = "replacement"
    CANCELLATION = "cancellation"
    TRANSFERRED = "transferred or converted"
    CONTRIBUTED = "contributed"


class Table(StrEnum):
    """The tables, by what they are about."""

    START = "holdings at the beginning"
    INTERNAL = "internal transactions"
    RETIREMENT = "retirement"
    EXTERNAL = "external transactions"
    VERIFIED_ERUS = "independently verified ERUs"
    RESERVE = "transactions between reserve accounts"
    PROCEEDS = "share of proceeds"
    TOTAL = "total transactions"
    EXPIRY = "expiry and replacement"
    END = "holdings at the end"
    STARTING_VALUES = "starting values"
    YEARS = "transactions by year"
    RESERVE_YEARS = "transactions between reserve accounts by year"
    REPLACEMENT_YEARS = "replacement by year"
    RETIREMENT_YEARS = "retirement by year"
    CORRECTIONS = "corrections"
    CORRECTED_REPLACEMENT = "corrections of replacement"
    CORRECTED_RETIREMENT = "corrections of retirement"


class Row(StrEnum):
    """The rows that have a label of their own; the others are a year, a registry or a transaction.

    A cancellation or replacement has one name, as a row of account types and as a row of transactions.
    """

    PARTY_HOLDING = "Party holding"
    ENTITY_HOLDING = "entity holding"
    RESERVE = "previous period surplus reserve"
    NET_SOURCE = "net source cancellation"
    NON_COMPLIANCE = "non-compliance cancellation"
    VOLUNTARY = "voluntary cancellation"
    REMAINING = "cancellation of remaining units after carry-over"
    AMBITION = "cancellation for increase in ambition"
    SURPLUS = "Article 3.7 ter cancellation"
    CANCEL_TCERS = "cancellation of expired tCERs"
    CANCEL_LCERS = "cancellation of expired lCERs"
    CANCEL_REVERSAL = "cancellation for reversal of storage"
    CANCEL_REPORT = "cancellation for missing certification report"
    RETIREMENT = "retirement"
    FROM_RESERVE = "retirement from the reserve"
    REPLACE_TCERS = "replacement of expired tCERs"
    REPLACE_LCERS = "replacement of expired lCERs"
    REPLACE_REVERSAL = "replacement for reversal of storage"
    REPLACE_REPORT = "replacement for missing certification report"
    PARTY_VERIFIED = "Party-verified projects"
    INDEPENDENT = "independently verified projects"
    AFFORESTATION = "afforestation and reforestation"
    REFORESTATION = "reforestation"
    DEFORESTATION = "deforestation"
    FOREST = "forest management"
    CROPLAND = "cropland management"
    GRAZING = "grazing land management"
    REVEGETATION = "revegetation"
    WETLAND = "wetland drainage and rewetting"
    VERIFIED_ERUS = "independently verified ERUs"
    FIRST_TRANSFERS = "first international transfers of AAUs"
    ISSUED_PARTY_VERIFIED = "ERUs issued from Party-verified projects"
    ISSUED_INDEPENDENT = "ERUs issued from independently verified projects"
    TCERS_EXPIRED = "tCERs expired in retirement and replacement accounts"
    TCERS_EXPIRED_HELD = "tCERs expired in holding accounts"
    LCERS_EXPIRED = "lCERs expired in retirement and replacement accounts"
    LCERS_EXPIRED_HELD = "lCERs expired in holding accounts"
    SUBJECT_REVERSAL = "subject to reversal of storage"
    SUBJECT_REPORT = "subject to missing certification report"
    CCS_REVERSAL = "subject to net reversal of storage (capture and storage)"
    CCS_REPORT = "subject to missing certification report (capture and storage)"
    ISSUED_AAUS = "AAUs issued"
    CARRY_OVER = "carry-over"
    CARRY_OVER_RESERVE = "carry-over to the reserve"
    PREVIOUS_PERIODS = "previous periods"
    SUBTOTAL = "sub-total"
    TOTAL = "total"
    GRAND_TOTAL = "starting values and years together"


RowKey = Row | int | str
"""A row: one with a label, a year, or the code of a registry or number of a transaction."""


class Spot(NamedTuple):
    """Where a cell stands in the tables."""

    table: Table
    row: RowKey
    side: Side
    unit: Unit


class CellKind(StrEnum):
    """What stands in a cell."""

    NUMBER = "number"
    NOT_OCCURRING = "NO"
    NOT_APPLICABLE = "NA"
    EMPTY = "empty"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it was found.

    Attributes:
        quantity: Units; 0 for whatever is no number.
        sheet: Title of its sheet, or path of its element in XML; empty for what was computed.
        address: Such as C12; empty in XML and for what was computed.
    """

    kind: CellKind
    quantity: int = 0
    sheet: str = field(default="", compare=False)
    address: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """What it says."""
        return str(self.quantity) if self.kind is CellKind.NUMBER else self.kind.value


NO: Final = Cell(CellKind.NOT_OCCURRING)
NA: Final = Cell(CellKind.NOT_APPLICABLE)


def amount(quantity: int) -> Cell:
    """Returns the cell of a quantity: NO where nothing occurred."""
    return Cell(CellKind.NUMBER, quantity) if quantity else NO


class Source(StrEnum):
    """Who made a submission."""

    LOG = "ITL"
    REGISTRY = "REG"


class Status(StrEnum):
    """How final it is."""

    DRAFT = "DRAFT"
    FINAL = "FINAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Whose submission it is, on which year and period.

    Attributes:
        party: The Party as it is written; empty where it is not.
        registry: Two letters; empty where they are not stated.
        validity: As it is written.
        made: Time stamp, in ISO 8601; only XML has one.
    """

    party: str = ""
    registry: str = ""
    reported_year: int = EMPTY_HEADER_YEAR
    submission_year: int = EMPTY_HEADER_YEAR
    period: int = EMPTY_HEADER_YEAR
    version: int = 1
    source: Source | None = None
    status: Status | None = None
    validity: str = ""
    made: str = ""

    @property
    def name(self) -> str:
        """Whose report on which year, for people."""
        return (
            f"{self.registry or self.party or 'unnamed Party'} {self.reported_year or '(no year)'},"
            f" period {self.period or '(not stated)'}, version {self.version}"
        )


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A submission.

    Attributes:
        source: Name of the file; empty for what was computed.
        layout: Name of the layout in which it was found or made.
        cells: What stands in each cell; rows are in the order of the tables.
    """

    header: Header
    cells: Mapping[Spot, Cell]
    source: str = ""
    layout: str = ""

    def cell(self, spot: Spot) -> Cell:
        """Returns a cell; what the layout does not have is not applicable."""
        return self.cells.get(spot, NA)

    def number(self, table: Table, row: RowKey, side: Side, unit: Unit) -> int:
        """Returns the quantity in a cell; NO, NA and empty count as 0."""
        return self.cell(Spot(table, row, side, unit)).quantity

    def rows(self, table: Table) -> Iterator[RowKey]:
        """Yields the rows of a table, in their order."""
        yield from self._rows.get(table, ())

    def has(self, table: Table, row: RowKey) -> bool:
        """Whether a table has a row."""
        return row in self._rows.get(table, ())

    @cached_property
    def _rows(self) -> Mapping[Table, Mapping[RowKey, None]]:
        found: dict[Table, dict[RowKey, None]] = {}
        for spot in self.cells:
            found.setdefault(spot.table, {})[spot.row] = None
        return found
