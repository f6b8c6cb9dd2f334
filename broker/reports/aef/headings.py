# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the headings of a table by their text, wherever in the sheet they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from broker.reports.aef.layout import Column, Table, letter_of
from broker.reports.aef.parsed import Raw
from broker.reports.aef.texts import cleaned, folded

HEAD_ROWS: Final = 60
"""Rows from the top among which headings are looked for; the blank has them above row 11."""
MERGED_ABOVE: Final = 6
"""Rows above the lowest headings in which those that span several rows may begin."""
FEWEST: Final = 3
"""Headings in one row by which a table is recognised; the sheet of footnotes has one in a row."""

Row = Mapping[int, Raw]
"""Values by column number."""
Rows = Mapping[int, Row]
"""Rows by number."""


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A heading that was found: 1-based row and column."""

    column: Column
    row: int
    index: int

    @property
    def letter(self) -> str:
        """Letter of the column in which it stands."""
        return letter_of(self.index)


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a table in a sheet.

    Attributes:
        table: The table.
        found: Those found, in the order of the table.
        missing: Those not found.
        repeated: Further places of headings already found.
        unknown: Texts in the row of the headings that are none of the table: row, column, text.
        last_row: Row below which the data begin.
    """

    table: Table
    found: tuple[FoundColumn, ...]
    missing: tuple[Column, ...]
    repeated: tuple[FoundColumn, ...]
    unknown: tuple[tuple[int, int, str], ...]
    last_row: int


def heading_text(raw: Raw) -> str:
    """Return the form in which a cell is compared with headings; empty for what is no text."""
    return folded(cleaned(raw)) if isinstance(raw, str) else ""


def titles_of(table: Table) -> dict[str, Column]:
    """Return every text by which a column of the table may be headed."""
    return {
        folded(title): column
        for column in table.columns
        for title in (*column.aliases, column.title)
    }


def find_headings(table: Table, rows: Rows) -> Headings | None:
    """Find the columns of a table that has one row for each thing; None for another sheet."""
    titles = titles_of(table)
    matches: dict[int, list[tuple[int, Column]]] = {
        number: [
            (index, titles[text])
            for index, raw in sorted(row.items())
            if (text := heading_text(raw)) in titles
        ]
        for number, row in rows.items()
    }
    counts = {at: len({column.field for _, column in found}) for at, found in matches.items()}
    lowest = max(counts, key=lambda at: (counts[at], -at), default=0)
    if counts.get(lowest, 0) < FEWEST:
        return None
    found: dict[str, FoundColumn] = {}
    repeated: list[FoundColumn] = []
    taken: set[int] = set()
    # The lowest row first: a heading there is never one that spans several columns.
    for at in range(lowest, max(0, lowest - MERGED_ABOVE - 1), -1):
        for index, column in matches.get(at, ()):
            if index in taken and at != lowest:
                continue
            here = FoundColumn(column, at, index)
            if column.field in found:
                repeated.append(here)
            else:
                found[column.field] = here
            taken.add(index)
    return Headings(
        table,
        tuple(found[column.field] for column in table.columns if column.field in found),
        tuple(column for column in table.columns if column.field not in found),
        tuple(repeated),
        tuple(_unknown(table, rows[lowest], lowest, taken)),
        lowest,
    )


def _unknown(table: Table, row: Row, number: int, taken: set[int]) -> list[tuple[int, int, str]]:
    groups = {folded(text) for _, text in table.groups} | {folded(table.title)}
    return [
        (number, index, cleaned(raw))
        for index, raw in sorted(row.items())
        if isinstance(raw, str) and index not in taken and heading_text(raw) not in groups | {""}
    ]


def find_fields(table: Table, rows: Rows) -> Headings | None:
    """Find the fields of table 1, which stand below each other with their values to the right."""
    titles = titles_of(table)
    found: dict[str, FoundColumn] = {}
    repeated: list[FoundColumn] = []
    for number, row in sorted(rows.items()):
        texts = {index: heading_text(raw) for index, raw in sorted(row.items())}
        if "footnote" in texts.values() or "footnotes" in texts.values():
            return None
        for index, text in texts.items():
            if (column := titles.get(text)) is None:
                continue
            here = FoundColumn(column, number, index)
            if column.field in found:
                # The blank says "Party" beside "Party"; the left one is the heading.
                if found[column.field].row != number:
                    repeated.append(here)
            else:
                found[column.field] = here
    if len(found) < FEWEST or len({each.row for each in found.values()}) < FEWEST:
        return None
    missing = tuple(column for column in table.columns if column.field not in found)
    last_row = max(each.row for each in found.values())
    return Headings(table, tuple(found.values()), missing, tuple(repeated), (), last_row)
