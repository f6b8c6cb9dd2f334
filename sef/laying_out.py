# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Lays a submission out: which value stands in which cell of which sheet of a layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from openpyxl.utils import column_index_from_string

from sef.layout import Columns, Form, Layout, Line, Listed, SheetForm
from sef.model import UNIT_OF_LETTER, CellKind, Header, Row, RowKey, Spot, Submission, Table

INFORMATION: Final = "Report Information"
REPORT_TYPE: Final = "RREG1"
_FIRST_CAPTION: Final = 6
REGISTRY: Final = re.compile(r"[A-Z]{2,3}", re.ASCII)
"""The code of a registry, as rows of external transactions bear it."""


class Look(Enum):
    """What a cell looks like."""

    TEXT = auto()
    CAPTION = auto()
    HEADING = auto()
    LABEL = auto()
    GROUP = auto()
    VALUE = auto()
    SHADED = auto()


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A cell where it stands.

    Attributes:
        spot: What it counts; None for headings and labels.
    """

    row: int
    column: int
    value: str | int
    look: Look
    spot: Spot | None = None


@dataclass(slots=True)
class LaidOut:
    """A submission laid out.

    Attributes:
        sheets: Title of each sheet and its cells.
        unplaced: Cells with a quantity for which the layout has no place, or that cannot be read.
    """

    sheets: list[tuple[str, list[PlacedCell]]] = field(default_factory=list)
    unplaced: list[Spot] = field(default_factory=list)


def lay_out(submission: Submission, layout: Layout) -> LaidOut:
    """Lays a submission out."""
    found = LaidOut([(INFORMATION, list(_information(submission.header, layout)))])
    for sheet in layout.sheets:
        cells = [*_header(submission.header, layout, sheet)]
        last = 0
        for number, form in enumerate(sheet.forms):
            caption = last + form.place.gap if number else _FIRST_CAPTION
            if number and not form.place.gap:
                caption = max(each.row for each in cells if each.look is Look.CAPTION)
            table = _Table(submission, layout, form, caption)
            cells += table.cells()
            last = max(last, table.last)
        found.sheets.append((sheet.title, cells))
    placed = {each.spot for _, cells in found.sheets for each in cells if each.look is Look.VALUE}
    found.unplaced = [
        spot
        for spot, cell in submission.cells.items()
        if (spot not in placed and cell.kind is CellKind.NUMBER) or cell.kind is CellKind.UNREADABLE
    ]
    return found


def _information(header: Header, layout: Layout) -> Iterator[PlacedCell]:
    report, reported, submitted = layout.information
    pairs: tuple[tuple[str, str | int], ...] = (
        (report, REPORT_TYPE),
        ("Registry", header.registry),
        (reported, header.reported_year),
        (submitted, header.submission_year),
        ("CP", header.period),
        ("Version", header.version),
        ("Status", header.status.value if header.status else ""),
        ("Validity", header.validity),
    )
    for row, (label, value) in enumerate(pairs, 2):
        yield PlacedCell(row, 1, label, Look.TEXT)
        yield PlacedCell(row, 2, value, Look.TEXT)


def _header(header: Header, layout: Layout, sheet: SheetForm) -> Iterator[PlacedCell]:
    label = column_index_from_string(sheet.header_label)
    value = column_index_from_string(sheet.header_value)
    words = ("Party", *layout.header_words)
    said: tuple[str | int, ...] = (
        header.party or header.registry,
        header.submission_year,
        header.reported_year,
        header.period,
    )
    for row, (word, each) in enumerate(zip(words, said, strict=True), 1):
        yield PlacedCell(row, label, word, Look.TEXT)
        yield PlacedCell(row, value, each, Look.TEXT)


@dataclass(slots=True)
class _Table:
    """A table while it is laid out."""

    submission: Submission
    layout: Layout
    form: Form
    caption: int
    last: int = 0

    def cells(self) -> Iterator[PlacedCell]:
        form, place = self.form, self.form.place
        labels = self.layout.column + place.column
        left = labels + 1 if form.labelled else labels
        if form.caption:
            yield PlacedCell(self.caption, labels, form.caption, Look.CAPTION)
        if form.label:
            yield PlacedCell(self.caption + place.label, labels, form.label, Look.HEADING)
        at = left
        for columns in form.columns:
            yield from self._headings(columns, at)
            at += len(columns.units)
        row = self.caption + place.first
        self.last = max(row - 1, self.caption + place.units)
        number = 0
        for line, key in expanded(form, self.submission):
            number += line.numbered
            if (
                self.layout.numbers_rows
                and line.numbered
                and form.labelled
                and not sheet_free(form)
            ):
                yield PlacedCell(row, labels - 1, number, Look.LABEL)
            if form.labelled:
                label = line.label if not isinstance(line.row, Listed) else str(key)
                yield PlacedCell(row, labels, label, Look.LABEL)
            yield from self._values(line, key, row, left)
            self.last = row
            row += 1

    def _headings(self, columns: Columns, left: int) -> Iterator[PlacedCell]:
        place = self.form.place
        if columns.heading and place.heads:
            yield PlacedCell(self.caption + place.heads, left, columns.heading, Look.HEADING)
        if place.again:
            yield PlacedCell(self.caption + place.again, left, "Unit type", Look.HEADING)
        if place.units:
            for offset, letter in enumerate(columns.units):
                name = f"{UNIT_OF_LETTER[letter].value}s"
                yield PlacedCell(self.caption + place.units, left + offset, name, Look.HEADING)

    def _values(self, line: Line, key: RowKey, row: int, left: int) -> Iterator[PlacedCell]:
        at = left
        for side, columns in enumerate(self.form.columns):
            for letter in columns.units:
                unit = UNIT_OF_LETTER[letter]
                if line.row is None:
                    yield PlacedCell(row, at, "", Look.GROUP)
                else:
                    spot = Spot(self.form.table, key, columns.side, unit)
                    yield self._value(line, side, spot, row, at)
                at += 1

    def _value(self, line: Line, side: int, spot: Spot, row: int, column: int) -> PlacedCell:
        cell = self.submission.cell(spot)
        is_open = line.is_open(side, spot.unit)
        number = cell.kind is CellKind.NUMBER
        if not is_open and not (number and line.may_be_open(side, spot.unit)):
            return PlacedCell(row, column, "", Look.SHADED, spot)
        if number:
            return PlacedCell(row, column, cell.quantity, Look.VALUE, spot)
        empty = cell.kind is CellKind.EMPTY
        return PlacedCell(row, column, "" if empty else "NO", Look.VALUE, spot)


def sheet_free(form: Form) -> bool:
    """Whether the rows of a table are corrective transactions, which are not numbered."""
    return all(line.row is Listed.CORRECTIONS for line in form.lines)


def expanded(form: Form, submission: Submission) -> Iterator[tuple[Line, RowKey]]:
    """Yields the rows of a table, those of which a file has as many as it needs one by one.

    Args:
        form: The table as a layout prints it.
        submission: Says which registries and transactions there are.
    """
    for line in form.lines:
        match line.row:
            case Listed.REGISTRIES:
                yield from ((line, row) for row in free_rows(submission, form.table, registry=True))
            case Listed.CORRECTIONS:
                yield from (
                    (line, row) for row in free_rows(submission, form.table, registry=False)
                )
            case None:
                yield line, ""
            case row:
                yield line, row


def free_rows(submission: Submission, table: Table, *, registry: bool) -> Iterator[str]:
    """Yields the rows of a table that are registries, or that are transactions."""
    for row in submission.rows(table):
        free = isinstance(row, str) and not isinstance(row, Row)
        if free and (REGISTRY.fullmatch(str(row)) is not None) is registry:
            yield str(row)
