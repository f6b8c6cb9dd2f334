# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Finds a cell by what people call it: number of the table, label of the row, side and unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sef.laying_out import REGISTRY
from sef.layout import Form, Layout, Line, Listed
from sef.model import Row, RowKey, Side, Spot, Unit
from sef.vocabulary import folded, row_of

_NUMBER: Final = re.compile(r"Table ([0-9]) ?\(?([a-e])?\)?")
SIDES: Final = {side.value: side for side in Side}
"""Sides by the word that a reader has for them."""


def tables(layout: Layout) -> dict[str, tuple[Form, ...]]:
    """Returns what stands under each number of a table, such as "2a"."""
    found: dict[str, list[Form]] = {}
    number = ""
    for _, form in layout.forms():
        named = _NUMBER.match(form.caption)
        number = "".join(part or "" for part in named.groups()) if named else number
        found.setdefault(number, []).append(form)
    return {each: tuple(forms) for each, forms in found.items()}


def spot_of(layout: Layout, table: str, row: str, unit: Unit, side: Side | None) -> Spot | None:
    """Returns a cell; None where the layout has no such table, row or side.

    Args:
        layout: The layout.
        table: Number of the table, such as 1, 2a or 5b.
        row: The label of the row, what it is about in short, a year, or the code of a registry.
        unit: Type of units.
        side: Which columns; None: the only ones, or the first that are open.
    """
    for form in tables(layout).get(table, ()):
        for line, key in _rows(form, row):
            for at, columns in enumerate(form.columns):
                wanted = columns.side is side or (side is None and line.may_be_open(at, unit))
                if wanted and columns.has(unit):
                    return Spot(form.table, key, columns.side, unit)
    return None


def _rows(form: Form, row: str) -> Iterator[tuple[Line, RowKey]]:
    named = row_of((form.table,), "", row)
    words = folded(row)
    for line in form.lines:
        if line.row is Listed.REGISTRIES and REGISTRY.fullmatch(row):
            yield line, row
        elif isinstance(line.row, Row):
            if words == folded(line.row.value) or (named is not None and named[1] == line.row):
                yield line, line.row
        elif isinstance(line.row, int) and row == str(line.row):
            yield line, line.row
