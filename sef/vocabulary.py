# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Captions and labels of every layout, in the form in which they are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from sef.layout import Form, Layout, Listed
from sef.layouts import LAYOUTS
from sef.model import RowKey, Table, Unit

_NOT_WORD: Final = re.compile(r"[^a-z0-9]+", re.ASCII)
_NUMBER: Final = re.compile(r"table[0-9][a-e]?")
YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}", re.ASCII)


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Returns a caption or label as it is compared: case, space and punctuation do not count."""
    return _NOT_WORD.sub("", text.casefold())


def title_of(caption: str) -> str:
    """Returns a folded caption without the number of its table, which differs between formats."""
    return _NUMBER.sub("", folded(caption), count=1)


class LabelledRow(NamedTuple):
    """A row as a label names it."""

    table: Table
    group: str
    label: str


def together(layout: Layout) -> Iterator[tuple[str, tuple[Form, ...]]]:
    """Yields the captions of a layout, each with the tables that stand below it, and their sheet."""
    for sheet in layout.sheets:
        found: list[Form] = []
        for form in sheet.forms:
            if form.caption and found:
                yield sheet.title, tuple(found)
                found = []
            found.append(form)
        yield sheet.title, tuple(found)


def labels_of(forms: tuple[Form, ...]) -> Iterator[tuple[LabelledRow, RowKey]]:
    """Yields the rows with a label below a caption; those under a heading belong to its group."""
    for form in forms:
        group = ""
        for line in form.lines:
            if line.row is None:
                group = folded(line.label)
            elif not isinstance(line.row, Listed):
                yield LabelledRow(form.table, group, folded(line.label)), line.row


def _captions() -> Iterator[tuple[str, Table]]:
    for layout in LAYOUTS.values():
        for _, form in layout.forms():
            if form.caption:
                yield folded(form.caption), form.table


def _titles() -> Iterator[tuple[str, Table]]:
    found: dict[str, set[Table]] = {}
    for caption, table in _captions():
        found.setdefault(title_of(caption), set()).add(table)
    yield from ((title, tables.pop()) for title, tables in found.items() if len(tables) == 1)


CAPTIONS: Final[Mapping[str, Table]] = dict(_captions())
"""Table of every folded caption."""
TITLES: Final[Mapping[str, Table]] = dict(_titles())
"""Table of every title that belongs to one table only."""
GROUPS: Final = frozenset(
    folded(line.label)
    for layout in LAYOUTS.values()
    for _, form in layout.forms()
    for line in form.lines
    if line.row is None
)
"""Folded headings of groups of rows."""
HEADINGS: Final = (
    frozenset(folded(form.label) for layout in LAYOUTS.values() for _, form in layout.forms())
    - GROUPS
    - {""}
)
"""Folded headings of columns of labels."""
ROWS: Final[Mapping[LabelledRow, RowKey]] = dict(
    pair
    for layout in LAYOUTS.values()
    for _, forms in together(layout)
    for pair in labels_of(forms)
)
"""Row of every label, by table and group."""
_LABELLED: Final[Mapping[tuple[Table, str], frozenset[RowKey]]] = {
    (table, label): frozenset(
        row for each, row in ROWS.items() if (each.table, each.label) == (table, label)
    )
    for table, _, label in ROWS
}
"""Rows of every label, by table, whatever group they are in."""
UNITS: Final[Mapping[str, Unit]] = {
    name: unit for unit in Unit for name in (folded(unit), folded(f"{unit}s"))
}
"""Unit of every heading of a column."""


def table_of(caption: str) -> Table | None:
    """Returns the table that a text is the caption of; None for any other text."""
    return CAPTIONS.get(folded(caption)) or TITLES.get(title_of(caption))


def row_of(tables: tuple[Table, ...], group: str, label: str) -> tuple[Table, RowKey] | None:
    """Returns the row that a label names.

    Args:
        tables: The tables that stand below one caption.
        group: Folded heading of the group that it stands in; empty for none.
        label: The label.
    """
    word = folded(label)
    for table in tables:
        if (row := ROWS.get(LabelledRow(table, group, word))) is not None:
            return table, row
    # A heading of a group may be missing or worded otherwise, as long as no other row is called so.
    named = {(table, row) for table in tables for row in _LABELLED.get((table, word), ())}
    return named.pop() if len(named) == 1 else None
