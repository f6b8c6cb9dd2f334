# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Turns the values of a row into what its cells show, where that is something else, and notes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from aef.headings import FoundColumn
from aef.layout import Format
from aef.notes import Notes, shown_raw
from aef.row_reading import Where
from aef.sheet_rows import RawRow
from aef.syntax_codes import Code
from workbooks.number_formats import NumberFormat
from workbooks.raw import Raw

_YEARS: Final = frozenset({Format.YEAR, Format.REPORTED_YEAR})
_DATES: Final = frozenset({Format.DATE, Format.MOMENT})
_NUMBERS: Final = _YEARS | {Format.QUANTITY}
_VERSION: Final = re.compile(r"[0-9]{1,4}\.[0-9]", re.ASCII)
"""With two decimals 1.1 would be shown as 1.10, which is another version."""
_RAISED_DIGITS: Final = str.maketrans(
    "0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)


def as_shown(
    row: RawRow,
    columns: Mapping[str, FoundColumn],
    where: Where,
    notes: Notes,
    *,
    dates_asked: bool = True,
) -> None:
    """Changes the values of a row to what its cells show.

    Args:
        row: The row.
        columns: Its columns, by field.
        where: Says where a field of it stands.
        notes: Takes the findings.
        dates_asked: Whether the layout asks for dd/mm/yyyy.
    """
    for name, shape in row.formats.items():
        raw, found = row.raws.get(name), columns[name]
        if isinstance(raw, datetime):
            row.raws[name] = _date(raw, shape, found, where, notes, asked=dates_asked)
        elif isinstance(raw, int | float) and not isinstance(raw, bool):
            row.raws[name] = _number(raw, shape, found.column.format)
    for name, mark in row.marks.items():
        raw, found = row.raws.get(name), columns[name]
        said = f"{raw} [{mark}]"
        unclear = found.column.format is Format.QUANTITY and any(map(str.isdigit, mark))
        as_read = "" if unclear else shown_raw(raw)
        notes.add(Code.RAISED_MARK, where(name), found.column.title, said, read_as=as_read)
        if unclear:
            # A footnote or a power of ten: nobody can tell, so the number is not read without it.
            row.raws[name] = f"{raw}{mark.translate(_RAISED_DIGITS)}"


def _date(
    raw: datetime,
    shape: NumberFormat,
    found: FoundColumn,
    where: Where,
    notes: Notes,
    *,
    asked: bool,
) -> Raw:
    column = found.column
    if column.format in _YEARS and shape.shows_year_only:
        year = str(raw.year)
        notes.add(Code.VALUE_KIND, where(column.field), column.title, raw, read_as=year)
        return raw.year
    moment = column.format is Format.MOMENT
    if column.format in _DATES and asked and not shape.shows_date_as_asked(moment=moment):
        day = f"{raw:%d/%m/%Y}"
        said = f"{day}, in the format {shape.code}"
        notes.add(Code.DATE_SHOWN, where(column.field), column.title, said, read_as=day)
    return raw


def _number(raw: float, shape: NumberFormat, form: Format) -> Raw:
    shown = shape.shown(raw)
    if shown is None or form is Format.NUMBER_VERSION:
        return raw
    if form in _NUMBERS:
        # A share of units is no quantity; what stands there is for its reader to refuse.
        return shown if shape.is_percentage else raw
    if form is Format.VERSION:
        return shown if _VERSION.fullmatch(shown) is not None else raw
    return raw if shape.decimals else shown
