# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Derives a Party's report on a year from the entries of its books, as of any moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sef import entries as types
from sef.bookings import booked, moved
from sef.completing import SUMS, completed
from sef.entries import Entry, EntryKind, of_party
from sef.laying_out import REGISTRY, expanded
from sef.layout import Family, Layout
from sef.layouts import fitting
from sef.model import (
    NA,
    UNIT_OF_LETTER,
    Cell,
    CellKind,
    Header,
    Row,
    RowKey,
    Side,
    Source,
    Spot,
    Status,
    Submission,
    Table,
    amount,
)

_OF_THE_YEAR: Final = frozenset(
    {
        Table.INTERNAL, Table.EXTERNAL, Table.RESERVE, Table.PROCEEDS, Table.VERIFIED_ERUS,
        Table.RETIREMENT, Table.EXPIRY,
    }
)  # fmt: skip
_INFORMATION: Final = frozenset({Table.RESERVE, Table.PROCEEDS, Table.VERIFIED_ERUS, Table.EXPIRY})
"""Tables of which a layout may lack rows without losing a unit: they tell what others tell as well."""
_BOTH: Final = (Side.ADDITIONS, Side.SUBTRACTIONS)
_FIRST_YEAR: Final = {1: 2008, 2: 2013}

Amounts = defaultdict[Spot, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which report is asked for.

    Attributes:
        party: The registry, two letters.
        family: Kind of the layout; None: the one in use for the period.
        as_of: Only what was known at this moment; None: now. A report of any year can be made again so.
        version: Higher for a corrected report.
        name: The Party as it is written in the header.
        made: When the report is made, for its header.
    """

    party: str
    year: int
    period: int
    family: Family | None = None
    as_of: datetime | None = None
    version: int = 1
    name: str = ""
    source: Source = Source.REGISTRY
    status: Status = Status.FINAL
    made: datetime | None = None


def derive(entries: Iterable[Entry], asked: Asked) -> Submission | None:
    """Returns a report; None where no layout of the kind is for that period and year.

    Args:
        entries: All entries of the books from the first one on, in any order.
        asked: Which report.
    """
    layout = fitting(asked.family, asked.period, asked.year)
    if layout is None:
        return None
    known = of_party(entries, asked.party, asked.year, asked.as_of)
    books = _Books(asked, layout)
    for entry in known:
        books.enter(entry)
    return books.submission()


@dataclass(slots=True)
class _Books:
    """Entries added up for one report."""

    asked: Asked
    layout: Layout
    before: Amounts = field(default_factory=lambda: defaultdict(int))
    after: Amounts = field(default_factory=lambda: defaultdict(int))
    starting: Amounts = field(default_factory=lambda: defaultdict(int))
    by_year: dict[int, Amounts] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    corrections: dict[int, Amounts] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    previous: Amounts = field(default_factory=lambda: defaultdict(int))

    def enter(self, entry: Entry) -> None:
        family, period = self.layout.family, self.asked.period
        for row, unit, change in moved(entry, period, family):
            if entry.year < self.asked.year:
                self.before[Spot(Table.START, row, Side.QUANTITY, unit)] += change
            self.after[Spot(Table.END, row, Side.QUANTITY, unit)] += change
        self._enter_previous(entry)
        for spot, quantity in booked(entry, period, family):
            if spot.table is Table.STARTING_VALUES:
                self.starting[spot] += quantity
            elif entry.corrective:
                for corrected in self._corrected(entry, spot):
                    self.corrections[entry.year][corrected] += quantity
            elif self._has(spot):
                self.by_year[entry.year][spot] += quantity

    def _enter_previous(self, entry: Entry) -> None:
        """Units of the period before, moved within it for tCERs and lCERs that expire in this one."""
        period = self.asked.period
        in_time = entry.period == period - 1 and entry.year < _FIRST_YEAR[period]
        expiring = entry.target in {types.TCER_EXPIRY, types.LCER_EXPIRY}
        if entry.kind is EntryKind.REPLACEMENT and in_time and expiring:
            row = Row.PREVIOUS_PERIODS
            self.previous[Spot(Table.REPLACEMENT_YEARS, row, Side.REPLACEMENT, entry.unit)] += (
                entry.quantity
            )

    def _has(self, spot: Spot) -> bool:
        """Whether a cell is told: a row that is missing in a layout must not lose units."""
        informs = spot.table in _INFORMATION or spot.row is Row.FROM_RESERVE
        return not informs or self._in_layout(spot)

    def _in_layout(self, spot: Spot) -> bool:
        form = self.layout.form(spot.table)
        if form is None:
            return False
        free = not isinstance(spot.row, Row | int)
        return free or any(line.row == spot.row for line in form.lines)

    def _corrected(self, entry: Entry, spot: Spot) -> Iterator[Spot]:
        """The cells of tables of corrections in which a corrective transaction counts."""
        draft = self.layout.family is Family.DRAFT
        row: RowKey = spot.row if draft else entry.transaction
        if spot.table in {Table.INTERNAL, Table.EXTERNAL}:
            yield Spot(Table.CORRECTIONS, row, spot.side, spot.unit)
        elif spot.table is Table.RETIREMENT and spot.row is Row.RETIREMENT:
            yield Spot(Table.CORRECTED_RETIREMENT, row, spot.side, spot.unit)
        elif spot.table is Table.EXPIRY and spot.side is Side.REPLACEMENT and not draft:
            yield Spot(Table.CORRECTED_REPLACEMENT, row, spot.side, spot.unit)

    # -- the report -------------------------------------------------------------------------------

    def submission(self) -> Submission:
        year = self.asked.year
        amounts: dict[Spot, int] = {**self.before, **self.after, **self.starting, **self.previous}
        amounts |= {s: q for s, q in self.by_year[year].items() if s.table in _OF_THE_YEAR}
        amounts |= self.corrections[year]
        for each in range(2007, year + 1):
            for spot, quantity in self._summary(each):
                amounts[spot] = amounts.get(spot, 0) + quantity
        cells = {spot: amount(quantity) for spot, quantity in amounts.items() if quantity}
        return completed(self._in_order(cells), self.layout)

    def _summary(self, year: int) -> Iterator[tuple[Spot, int]]:
        for spot, quantity in self.by_year[year].items():
            table, row, side, unit = spot
            if table in {Table.INTERNAL, Table.EXTERNAL}:
                yield Spot(Table.YEARS, year, side, unit), quantity
            elif table is Table.RESERVE:
                yield Spot(Table.RESERVE_YEARS, year, side, unit), quantity
            elif table is Table.EXPIRY:
                yield Spot(Table.REPLACEMENT_YEARS, year, side, unit), quantity
            elif table is Table.RETIREMENT and row is Row.RETIREMENT:
                yield Spot(Table.RETIREMENT_YEARS, year, side, unit), quantity
        if year < self.asked.year:
            for spot, quantity in self.corrections[year + 1].items():
                if spot.table is Table.CORRECTIONS:
                    yield Spot(Table.YEARS, year, spot.side, spot.unit), quantity

    def _in_order(self, cells: dict[Spot, Cell]) -> Submission:
        """The cells in the order of the layout, with NO and NA; what it has no place for stands last."""
        said = Submission(
            header=self._header(), cells=dict(sorted(cells.items(), key=_by_name)),
            layout=self.layout.name,
        )  # fmt: skip
        placed: dict[Spot, Cell] = {}
        for _, form in self.layout.forms():
            for line, key in expanded(form, said):
                if line.row is None or (isinstance(key, Row) and key in SUMS):
                    continue
                for at, columns in enumerate(form.columns):
                    for letter in columns.units:
                        spot = Spot(form.table, key, columns.side, UNIT_OF_LETTER[letter])
                        cell = said.cell(spot)
                        is_number = cell.kind is CellKind.NUMBER
                        open_cell = line.is_open(at, spot.unit)
                        placed[spot] = cell if is_number else amount(0) if open_cell else NA
        unplaced = {spot: cell for spot, cell in cells.items() if spot not in placed}
        return replace(said, cells={**placed, **unplaced})

    def _header(self) -> Header:
        asked = self.asked
        return Header(
            party=asked.name or asked.party,
            registry=asked.party,
            reported_year=asked.year,
            submission_year=asked.year + 1,
            period=asked.period,
            version=asked.version,
            source=asked.source,
            status=asked.status,
            validity="VALID",
            made=asked.made.isoformat() if asked.made else "",
        )


def _by_name(pair: tuple[Spot, Cell]) -> tuple[str, int, str]:
    """Registries and transactions stand in the order of their codes and numbers."""
    row = str(pair[0].row)
    return pair[0].table.value, 0 if REGISTRY.fullmatch(row) else len(row), row
