# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of a large table as the text of a worksheet, for the one part of a workbook that can be long.

openpyxl makes an object and a tree of elements for every cell; for a hundred thousand actions that
is most of the time of an export. Here a row is put together as text. Everything else of the workbook
(sheets, headings, styles, pick-lists) is openpyxl's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final
from xml.sax.saxutils import escape

from aef.cell_values import Cell, cell_value
from aef.layout import Column, Format, Table
from workbooks.cell_texts import MAX_TEXT, cleaned, escaped

FORMULA_STARTS: Final = ("=", "+", "-", "@")
"""A spreadsheet takes text that begins so for a formula when somebody edits the cell."""
NOT_APPLICABLE_TEXT: Final = "NA"
_DAY_ZERO: Final = date(1899, 12, 30).toordinal()
"""Spreadsheets count days from here."""
_AS_IT_IS: Final = frozenset(
    {
        Format.TEXT,
        Format.PARTY,
        Format.PARTY_OR_FUND,
        Format.REGISTRY,
        Format.APPROACH,
        Format.AUTHORIZATION,
        Format.DATE,
        Format.YEAR,
        Format.METRIC,
        Format.UNIT_ID,
        Format.MITIGATION,
        Format.UNDERLYING,
        Format.DEFINITION,
        Format.NUMBER_VERSION,
    }
)
"""Formats whose cell is the value of the field."""


@dataclass(frozen=True, slots=True)
class CellStyles:
    """Numbers of the styles, as the workbook counts them."""

    text: int
    escaped: int
    number: int
    date: int


def rows_xml(
    table: Table,
    rows: Iterable[Any],
    styles: CellStyles,
    not_applicable: frozenset[str] = frozenset(),
) -> Iterator[bytes]:
    """The rows of a table, from the one below its headings on.

    Args:
        table: The table.
        rows: Its rows.
        styles: Numbers of the styles.
        not_applicable: Fields that say NA where they are empty.
    """
    columns = [
        (
            column.letter,
            _or_na(_reader(column)) if column.field in not_applicable else _reader(column),
        )
        for column in table.columns
    ]
    as_written = [(column.letter, partial(cell_value, column)) for column in table.columns]
    for number, row in enumerate(rows, table.header_row + 1):
        cells = [
            _cell(f"{letter}{number}", value, styles)
            for letter, read in (as_written if row.written else columns)
            if (value := read(row)) is not None and value != ""
        ]
        yield f'<row r="{number}">{"".join(cells)}</row>'.encode()


def _reader(column: Column) -> Callable[[Any], Cell]:
    if column.format in _AS_IT_IS:
        return attrgetter(column.field)
    return partial(cell_value, column)


def _or_na(read: Callable[[Any], Cell]) -> Callable[[Any], Cell]:
    return lambda row: NOT_APPLICABLE_TEXT if (value := read(row)) in (None, "") else value


def _cell(place: str, value: Cell, styles: CellStyles) -> str:
    if isinstance(value, str):
        plain = value.isascii() and value.isprintable()
        text = escaped((value.strip() if plain else cleaned(value))[:MAX_TEXT])
        style = styles.escaped if text.startswith(FORMULA_STARTS) else styles.text
        return (
            f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}'
            "</t></is></c>"
        )
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return f'<c r="{place}" s="{styles.date}"><v>{day.toordinal() - _DAY_ZERO}</v></c>'
    return f'<c r="{place}" s="{styles.number}"><v>{value}</v></c>'
