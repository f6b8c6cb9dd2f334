# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the headings of a table by their text, wherever in the sheet they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from aef.draft_layout import DRAFT_TABLES
from aef.layout import LISTED, SUBMISSION, Column, Table, letter_of
from aef.texts import folded
from workbooks.cell_texts import cleaned
from workbooks.raw import Raw

MERGED_ABOVE: Final = 6
"""Rows above the lowest headings in which those that span several rows may begin."""
FEWEST: Final = 3
"""Headings in one row by which a table is recognised; the sheet of footnotes has one in a row."""
_WHOSE: Final = frozenset({"party", "reported_year"})
"""Two lines that are enough of table 1: the earlier layout has hardly more."""
_MARK: Final = re.compile(
    r"\s?(?:(?<![a-z])[a-z]/|[a-z]|(?<![0-9])[0-9]{1,2}| (?:required|mandatory|optional|if applicable))$",
    re.ASCII,
)
"""Of a footnote, in any of its styles, or the word that a field must be filled in."""
_NUMBERING: Final = re.compile(r"^(?:[a-z]|[0-9]{1,2})\s", re.ASCII)
_NUMBERED: Final = re.compile(r"[(\[]|[a-z0-9]{1,2}[\s.):]", re.ASCII)
_BEGINNING: Final = 3
_NOTES: Final = frozenset({"footnote", "footnotes"})
"""What the blank's sheet of explanations says; its fields are none."""
MAX_HEADING: Final = 120
"""Characters of a text that is compared with headings; the longest of them has 80."""
_ALIKE: Final = 0.88
"""How alike two headings are that differ by a slip of the hand: one letter in eight."""
_MOST_MARKS: Final = 3
"""Footnotes to which one heading refers."""

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
        near: Those of the found whose heading is only like theirs.
    """

    table: Table
    found: tuple[FoundColumn, ...]
    missing: tuple[Column, ...]
    repeated: tuple[FoundColumn, ...]
    unknown: tuple[tuple[int, int, str], ...]
    last_row: int
    near: tuple[FoundColumn, ...] = ()

    @property
    def first_row(self) -> int:
        """The highest row in which one of the headings stands."""
        return min(each.row for each in self.found)

    @property
    def flat(self) -> bool:
        """Whether all stand in one row with no empty column between them, in whatever order."""
        at = {each.index for each in self.found} | {index for _, index, _ in self.unknown}
        return self.first_row == self.last_row and len(at) == max(at) - min(at) + 1


def heading_text(raw: Raw) -> str:
    """Returns the form in which a cell is compared with headings; empty for what is no text."""
    return folded(cleaned(raw)).replace("authoris", "authoriz") if isinstance(raw, str) else ""


def titles_of(table: Table) -> dict[str, Column]:
    """Returns every text by which a column of the table may be headed."""
    return {
        folded(title): column
        for column in table.columns
        for title in (*column.aliases, column.title)
    }


@lru_cache(maxsize=1)
def _titles() -> frozenset[str]:
    """Every text that heads a column of any layout, and the word by which the notes are known."""
    tables = (SUBMISSION, *LISTED, *DRAFT_TABLES)
    return frozenset(_NOTES.union(*map(titles_of, tables)))


@lru_cache(maxsize=1)
def _beginnings() -> frozenset[str]:
    return frozenset(title[:_BEGINNING] for title in _titles())


def title_in(raw: Raw) -> str:
    """Returns the title that a cell is, with or without the marks of its footnotes; else nothing."""
    if not isinstance(raw, str):
        return ""
    # Nearly all cells are data, and each text of them another one.
    start = raw.lstrip()[:_BEGINNING].casefold()
    if start.isascii() and start not in _beginnings() and _NUMBERED.match(start) is None:
        return ""
    return _title_in(raw)


@lru_cache(maxsize=4096)
def _title_in(raw: str) -> str:
    text = heading_text(raw)
    for shorter in (text, _NUMBERING.sub("", text)):
        for _ in range(_MOST_MARKS + 1):
            if shorter in _titles():
                return shorter
            shorter = _MARK.sub("", shorter)  # noqa: PLW2901 - one mark less each time
    return ""


def rows_with_titles(rows: Rows) -> Rows:
    """Returns the rows of a sheet in which any title stands."""
    return {number: row for number, row in rows.items() if any(map(title_in, row.values()))}


def find_headings(table: Table, rows: Rows) -> Headings | None:
    """Finds the columns of a table that has one row for each thing; None for another sheet."""
    titles = titles_of(table)
    matches: dict[int, list[tuple[int, Column]]] = {
        number: [
            (index, column)
            for index, raw in sorted(row.items())
            if (column := titles.get(title_in(raw))) is not None
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
    """Finds the fields of table 1, which stand below each other with their values to the right."""
    titles = titles_of(table)
    found: dict[str, FoundColumn] = {}
    repeated: list[FoundColumn] = []
    for number, row in sorted(rows.items()):
        texts = {index: title_in(raw) for index, raw in sorted(row.items())}
        if not _NOTES.isdisjoint(texts.values()):
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
    lines = {each.row for each in found.values()}
    if min(len(found), len(lines)) < FEWEST and not (found.keys() >= _WHOSE and len(lines) > 1):
        return None
    missing = tuple(column for column in table.columns if column.field not in found)
    last_row = max(each.row for each in found.values())
    return Headings(table, tuple(found.values()), missing, tuple(repeated), (), last_row)


def with_near(headings: Headings, rows: Rows) -> Headings:
    """Returns headings with those added that differ from the missing ones by a slip of the hand."""
    missing = {folded(column.title): column for column in headings.missing}
    if not missing:
        return headings
    down = headings.table is SUBMISSION and headings.first_row != headings.last_row
    first = headings.first_row if down else max(1, headings.last_row - MERGED_ABOVE)
    labels = {each.index for each in headings.found}
    taken = {(each.row, each.index) for each in (*headings.found, *headings.repeated)}
    near: dict[str, FoundColumn] = {}
    for number in range(headings.last_row, first - 1, -1):
        for index, raw in sorted(rows.get(number, {}).items()):
            # The values of table 1 stand beside its headings, those of another below them.
            if (number, index) in taken or (index in labels) is not down:
                continue
            alike = get_close_matches(heading_text(raw)[:MAX_HEADING], missing, 2, _ALIKE)
            if len(alike) == 1 and alike[0] not in near:
                near[alike[0]] = FoundColumn(missing[alike[0]], number, index)
    found = {each.column.field: each for each in (*headings.found, *near.values())}
    places = {(each.row, each.index) for each in near.values()}
    return replace(
        headings,
        found=tuple(found[c.field] for c in headings.table.columns if c.field in found),
        missing=tuple(column for column in headings.missing if column.field not in found),
        unknown=tuple(each for each in headings.unknown if each[:2] not in places),
        near=tuple(near.values()),
    )
