# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a submission as a workbook in a layout; the same submission gives the same bytes."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Color, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from sef.laying_out import Look, PlacedCell, lay_out
from sef.layout import Layout
from sef.model import Submission
from sef.spot_words import words_of
from sef.unplaced import Unplaced
from workbooks.cell_texts import MAX_TEXT, cleaned, escaped
from workbooks.fixed_archive import new_workbook, store

_EPOCH: Final = datetime(2008, 1, 1)  # noqa: DTZ001 - properties of a workbook have no time zone
"""Creation time of every file: the first day of the first period, as a fixed one is needed."""
_NUMBER_FORMAT: Final = "#,###,###"
_SHADE: Final = 23
"""Number of the colour of shaded cells in the workbooks in use."""
_LABEL_WIDTH, _VALUE_WIDTH, _NARROW = 58, 16, 5
_BOLD: Final = Font(name="Calibri", size=11, bold=True)
_PLAIN: Final = Font(name="Calibri", size=11)
_THIN: Final = Side(style="thin")
_BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_RIGHT: Final = Alignment(horizontal="right")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="center")


def write_workbook(submission: Submission, layout: Layout, path: Path) -> None:
    """Writes a submission as .xlsx; the file appears under its name only when it is complete.

    Raises:
        Unplaced: The layout has no place for a quantity, or a cell cannot be read.
        OSError: The disk did not take it.
    """
    laid_out = lay_out(submission, layout)
    if laid_out.unplaced:
        raise Unplaced(layout.name, tuple(map(words_of, laid_out.unplaced)))
    book = new_workbook(_EPOCH)
    for title, cells in laid_out.sheets:
        sheet: Any = book.create_sheet(title)
        _widths(sheet, layout, cells)
        styles = _styles(sheet)
        by_place = {(cell.row, cell.column): cell for cell in cells}
        for row in range(1, max((each.row for each in cells), default=0) + 1):
            last = max((column for at, column in by_place if at == row), default=0)
            sheet.append(
                [_cell(sheet, styles, by_place.get((row, at))) for at in range(1, last + 1)]
            )
    store(book, path)


def _widths(sheet: Any, layout: Layout, cells: list[PlacedCell]) -> None:  # noqa: ANN401 - openpyxl's streamed sheet
    labels = {
        cell.column for cell in cells if cell.look is Look.LABEL and not isinstance(cell.value, int)
    }
    for column in range(1, max((each.column for each in cells), default=0) + 1):
        width = _VALUE_WIDTH
        if column in labels or (column == layout.column and not labels):
            width = _LABEL_WIDTH
        elif column < layout.column:
            width = _NARROW
        sheet.column_dimensions[get_column_letter(column)].width = width


def _styles(sheet: Any) -> dict[Look, Any]:  # noqa: ANN401 - same
    shaded = PatternFill("solid", fgColor=Color(indexed=_SHADE))
    looks: dict[Look, dict[str, Any]] = {
        Look.TEXT: {"font": _PLAIN},
        Look.CAPTION: {"font": _BOLD},
        Look.HEADING: {"font": _BOLD, "border": _BOX, "alignment": _WRAPPED},
        Look.LABEL: {"font": _PLAIN, "border": _BOX, "alignment": _WRAPPED},
        Look.GROUP: {"font": _PLAIN},
        Look.VALUE: {
            "font": _PLAIN, "border": _BOX, "alignment": _RIGHT, "number_format": _NUMBER_FORMAT,
        },
        Look.SHADED: {"fill": shaded, "border": _BOX},
    }  # fmt: skip
    styles = {}
    for look, properties in looks.items():
        cell: Any = WriteOnlyCell(sheet, "")
        for name, value in properties.items():
            setattr(cell, name, value)
        styles[look] = copy(cell._style)  # noqa: SLF001 - openpyxl's documented way to share a style
    return styles


def _cell(sheet: Any, styles: dict[Look, Any], placed: PlacedCell | None) -> Any:  # noqa: ANN401 - same
    if placed is None:
        return None
    cell: Any = WriteOnlyCell(sheet)
    if isinstance(placed.value, str):
        cell._value = escaped(_cleaned(placed.value))  # noqa: SLF001 - the public way takes "=" for a formula
        cell.data_type = "s"
    else:
        cell.value = placed.value
    cell._style = styles[placed.look]  # noqa: SLF001 - see above
    return cell


def _cleaned(text: str) -> str:
    """A text without what cannot be printed; blanks at its end stay, as in the files in use."""
    rest = text[len(text.rstrip()) :]
    return f"{cleaned(text)}{rest if rest.isspace() else ''}"[:MAX_TEXT]
