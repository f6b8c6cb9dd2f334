# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a workbook in any layout: tables by caption, rows by label, columns by the names of units.

All that is wrong is told at once, with sheet and cell; what can be read is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sef.cell_reading import read_any, read_open, read_shaded
from sef.faults import Fault, Finding
from sef.grids import Grid, address, grids_of
from sef.header_reading import name_findings, read_header
from sef.laying_out import REGISTRY
from sef.layout import Form, Layout, Line, Listed
from sef.model import Cell, CellKind, Header, RowKey, Side, Spot, Submission, Table, Unit
from sef.read_file import ReadFile
from sef.spot_words import words_of
from sef.table_finding import Region, find_layout, find_regions, first_of_each, units_in
from sef.vocabulary import GROUPS, HEADINGS, YEAR, folded, row_of, together
from workbooks.archive_inspection import SheetPart
from workbooks.cell_texts import cleaned
from workbooks.raw import Raw
from workbooks.unreadable import refuse


def read_workbook(path: Path, parts: Mapping[str, SheetPart]) -> ReadFile:
    """Reads a workbook whose archive was inspected.

    Raises:
        Unreadable: It is damaged, or no table of the format is in it.
    """
    return read_grids(path.name, grids_of(path, parts))


def read_grids(name: str, grids: list[Grid]) -> ReadFile:
    """Reads the sheets of a workbook.

    Args:
        name: Of the file.
        grids: Its sheets.

    Raises:
        Unreadable: No table of the format is in it.
    """
    regions = find_regions(grids)
    if not regions:
        refuse(
            name,
            "no table of the standard electronic format was found in it",
            "Send the workbook with its captions.",
        )
    header = read_header(grids)
    layout = find_layout(grids, header.header)
    reading = _Reading(layout, grids)
    reading.read(regions)
    findings = [*header.findings, *reading.findings]
    findings += period_findings(header.header, layout) + name_findings(name, header.header)
    return ReadFile(
        submission=Submission(
            header=header.header, cells=reading.cells, source=name, layout=layout.name
        ),
        findings=tuple(findings),
    )


def period_findings(header: Header, layout: Layout) -> list[Finding]:
    """Returns whether the tables are of another period than the cells state."""
    if header.period in (layout.period, 0):
        return []
    found = f"period {header.period}, and the tables of period {layout.period} ({layout.name})"
    return [Finding(Fault.PERIOD_UNLIKE_TABLES, "", "", "commitment period", found)]


@dataclass(slots=True)
class _Reading:
    """A workbook while it is read."""

    layout: Layout
    grids: list[Grid]
    cells: dict[Spot, Cell] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    used: set[tuple[str, int, int]] = field(default_factory=set)

    def read(self, regions: list[Region]) -> None:
        found, again = first_of_each(regions)
        for region in again:
            self._note(Fault.TABLE_TWICE, region, region.table.value, region.row, region.column)
        for sheet, forms in together(self.layout):
            below = found.get(forms[0].table)
            if below is None:
                title = next((g.title for g in self.grids if g.title == sheet), "")
                names = ", ".join(form.table.value for form in forms)
                self.findings.append(Finding(Fault.TABLE_MISSING, title, "", names, ""))
            else:
                _RegionReading(self, below, forms).read()
        self._outside(regions)

    def _note(self, fault: Fault, region: Region, what: str, row: int, column: int) -> None:
        raw = region.grid.cells.get((row, column))
        found = "" if raw is None else cleaned(str(raw))
        self.findings.append(Finding(fault, region.grid.title, address(row, column), what, found))

    def _outside(self, regions: list[Region]) -> None:
        """Numbers below a caption that belong to no row of a table; row numbers stand before labels."""
        for region in regions:
            for (row, column), raw in region.grid.cells.items():
                inside = region.row < row <= region.last_row
                number = isinstance(raw, int | float) and not isinstance(raw, bool)
                beside = region.column < column <= region.last_column
                place = (region.grid.title, row, column)
                if inside and number and beside and place not in self.used:
                    self.used.add(place)
                    self._note(Fault.OUTSIDE, region, region.table.value, row, column)


Columns = dict[Table, list[tuple[int, int, Side, Unit]]]
"""Of each table: column, number of the side, side and unit."""


@dataclass(slots=True)
class _RegionReading:
    """The tables below one caption while they are read."""

    reading: _Reading
    region: Region
    forms: tuple[Form, ...]
    columns: Columns = field(default_factory=dict)
    seen: set[tuple[Table, RowKey]] = field(default_factory=set)
    group: str = ""
    corrective: int = 0

    def read(self) -> None:
        region = self.region
        rows = list(region.grid.rows(region.row, region.last_row))
        if not any(map(region.units, rows)):
            self._take_columns(self._columns_above())
        for row in rows[1:]:
            if units := region.units(row):
                self._take_columns(units)
            elif self.columns:
                self._row(row)
        if not self.columns:
            self._note(Fault.COLUMNS_MISSING, region.table.value, region.row, region.column)
            return
        for form in self.forms:
            for line in form.lines:
                fixed = line.row is not None and not isinstance(line.row, Listed)
                if fixed and (form.table, line.row) not in self.seen:
                    what = f"{form.table.value}: {line.label.strip()}"
                    self._note(Fault.ROW_MISSING, what, region.row, region.column)

    def _columns_above(self) -> tuple[tuple[int, Unit], ...]:
        """Units of the table above, where a table names none of its own."""
        region = self.region
        rows = reversed(list(region.grid.rows(1, region.row)))
        named = (units_in(region.grid, row, region.column, region.last_column) for row in rows)
        return next((units for units in named if units), ())

    def _take_columns(self, units: tuple[tuple[int, Unit], ...]) -> None:
        for form in self.forms:
            sides = [
                (number, columns.side, unit)
                for number, columns in enumerate(form.columns)
                for unit in Unit
                if form.columns[number].has(unit)
            ]
            own = self._own(form, units)
            if form.table in self.columns and not own:
                continue
            found = []
            for column, unit in units:
                fitting = next((each for each in sides if each[2] is unit), None)
                if fitting is not None:
                    sides.remove(fitting)
                    found.append((column, *fitting))
            missing = [f"{unit.value} ({side.value})" for _, side, unit in sides]
            self.columns[form.table] = found
            if missing and own:
                what = f"{form.table.value}: {', '.join(missing)}"
                self._note(Fault.COLUMNS_MISSING, what, self.region.row, self.region.column)

    def _own(self, form: Form, units: tuple[tuple[int, Unit], ...]) -> bool:
        """Whether a row of units is meant for a table, and not for a box below the same caption."""
        wanted = [sum(len(columns.units) for columns in each.columns) for each in self.forms]
        nearest = min(wanted, key=lambda count: abs(count - len(units)))
        return sum(len(columns.units) for columns in form.columns) == nearest

    def _note(self, fault: Fault, what: str, row: int, column: int) -> None:
        self.reading._note(fault, self.region, what, row, column)  # noqa: SLF001 - its own part

    # -- rows -------------------------------------------------------------------------------------

    def _row(self, number: int) -> None:
        label_at, label = self._label(number)
        if folded(label) in HEADINGS:
            return
        if folded(label) in GROUPS and label:
            self.group = folded(label)
            self._group_cells(number)
            return
        named = self._named(label, number)
        if named is None:
            if label and self._says(number):
                self._note(Fault.ROW_UNKNOWN, self.region.table.value, number, label_at)
                self._use(number)
            return
        form, line, key = named
        if (form.table, key) in self.seen:
            self._note(Fault.ROW_TWICE, f"{form.table.value}: {label}", number, label_at)
            self._use(number)
            return
        self.seen.add((form.table, key))
        for column, side_number, side, unit in self.columns.get(form.table, ()):
            spot = Spot(form.table, key, side, unit)
            self._cell(number, column, spot, line, side_number)

    def _label(self, number: int) -> tuple[int, str]:
        first = min(column for columns in self.columns.values() for column, *_ in columns)
        for column, raw in self.region.grid.row(number):
            if self.region.column <= column < first and isinstance(raw, str) and cleaned(raw):
                return column, cleaned(raw)
        return self.region.column, ""

    def _named(self, label: str, number: int) -> tuple[Form, Line, RowKey] | None:
        """The row that a label names, as the layout prints it."""
        if label:
            tables = tuple(form.table for form in self.forms)
            if (row := row_of(tables, self.group, label)) is not None:
                return self._fixed(*row)
            if (year := YEAR.search(label)) is not None:
                for form in self.forms:
                    if (found := self._fixed(form.table, int(year[0]))) is not None:
                        return found
        for form in self.forms:
            for line in form.lines:
                if line.row is Listed.REGISTRIES and REGISTRY.fullmatch(label):
                    return form, line, label
                if line.row is Listed.CORRECTIONS and self._says(number):
                    self.corrective += 1
                    return form, line, label or f"#{self.corrective}"
        return None

    def _fixed(self, table: Table, row: RowKey) -> tuple[Form, Line, RowKey] | None:
        for form in self.forms:
            for line in form.lines:
                if form.table is table and line.row == row and not isinstance(line.row, Listed):
                    return form, line, row
        return None

    def _values(self, number: int) -> Iterator[tuple[int, Raw]]:
        inside = {column for columns in self.columns.values() for column, *_ in columns}
        yield from ((at, raw) for at, raw in self.region.grid.row(number) if at in inside)

    def _says(self, number: int) -> bool:
        return any(read_any(raw)[0] is not CellKind.EMPTY for _, raw in self._values(number))

    def _use(self, number: int) -> None:
        title = self.region.grid.title
        self.reading.used |= {(title, number, column) for column, _ in self._values(number)}

    def _group_cells(self, number: int) -> None:
        for column, raw in self._values(number):
            if read_any(raw)[0] is not CellKind.EMPTY:
                self._note(Fault.SHADED_FILLED, self.region.table.value, number, column)
        self._use(number)

    def _cell(self, row: int, column: int, spot: Spot, line: Line, side: int) -> None:
        grid = self.region.grid
        raw = grid.cells.get((row, column))
        if line.is_open(side, spot.unit):
            kind, quantity, faults = read_open(raw)
        elif line.may_be_open(side, spot.unit):
            kind, quantity, faults = read_any(raw)
            kind = CellKind.NOT_APPLICABLE if kind is CellKind.EMPTY else kind
        else:
            kind, quantity, faults = read_shaded(raw)
        if (row, column) in grid.formulas:
            faults = (*faults, Fault.FORMULA)
        self.reading.cells[spot] = Cell(kind, quantity, grid.title, address(row, column))
        self.reading.used.add((grid.title, row, column))
        for fault in faults:
            self._note(fault, words_of(spot), row, column)
