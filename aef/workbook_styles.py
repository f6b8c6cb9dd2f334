# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What cells of a written workbook look like: fonts, borders, alignment and number formats of the blank."""

from __future__ import annotations

import math
from copy import copy
from datetime import date
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Color, Font, Side

from aef.cell_values import Cell
from aef.heading_lines import Look
from aef.row_xml import FORMULA_STARTS, CellStyles
from workbooks.cell_texts import MAX_TEXT, cleaned, escaped

_TEXT_FORMAT: Final = "@"
_DATE_FORMAT: Final = "dd/mm/yyyy"
_WHOLE_FORMAT: Final = "0"
"""Not General, which shows a quantity of twelve digits as 1E+11."""

_TITLE: Final = Font(name="Times New Roman", size=10, bold=True)
_BODY: Final = Font(name="Times New Roman", size=10)
_BODY_ITALIC: Final = Font(name="Times New Roman", size=10, italic=True)
_CAPTION: Final = Font(name="Times New Roman", size=8, italic=True)
_SUMMARY_TITLE: Final = Font(name="Calibri", size=14, bold=True)
_SUMMARY_HEADING: Final = Font(name="Times New Roman", size=10, bold=True, italic=True)
_INDEX: Final = Font(name="Calibri", size=11)
_INDEX_HEADING: Final = Font(name="Calibri", size=11, bold=True)

_INDEX_LINK: Final = Font(name="Calibri", size=11, underline="single", color=Color(theme=10))

_THIN, _THICK = Side(style="thin"), Side(style="thick")
_BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_CENTRED: Final = Alignment(wrap_text=True, horizontal="center")
_OVER: Final = Alignment(horizontal="centerContinuous")
_AS_IT_COMES: Final = Alignment()
_LEFT: Final = Alignment(wrap_text=True, vertical="center")
_MIDDLE: Final = Alignment(wrap_text=True, vertical="center", horizontal="center")
"""Of numbers and dates, which spreadsheets would put against the next column."""
_RIGHT: Final = Alignment(wrap_text=True, vertical="center", horizontal="right")

_LINE_HEIGHT: Final = {8: 11.0, 10: 13.5}
"""Points of a line, by the size of the font."""
_PER_WIDTH: Final = {8: 1.25, 10: 1.0}
"""Characters for each unit of a column's width, by the size of the font; words that do not fit on a
line leave some of it empty."""


def height_of(text: str, width: float, size: int) -> float:
    """Returns the height in points that a text takes in a column; spreadsheets find none in merged cells."""
    lines = max(1, math.ceil(len(text) * 1.15 / (width * _PER_WIDTH[size])))
    return lines * _LINE_HEIGHT[size] + 3


class Styles:
    """The styles of a workbook, made once; a cell takes a copy of the numbers behind them."""

    def __init__(self, sheet: Any) -> None:  # noqa: ANN401 - openpyxl has a type of its own for streamed sheets
        self._sheet = sheet
        self.title = self._made(font=_TITLE)
        self._of_headings: dict[tuple[Look, bool, bool], Any] = {}
        self.label = self._made(font=_TITLE, alignment=_LEFT)
        self.value = self._made(font=_BODY, alignment=_RIGHT, number_format=_TEXT_FORMAT)
        self.value_date = self._made(font=_BODY, alignment=_RIGHT, number_format=_DATE_FORMAT)
        self.value_number = self._made(font=_BODY, alignment=_RIGHT, number_format=_WHOLE_FORMAT)
        self.platform = self._made(font=_BODY_ITALIC, alignment=_RIGHT)
        self.summary_title = self._made(font=_SUMMARY_TITLE)
        self.summary_heading = self._made(font=_SUMMARY_HEADING, border=Border(bottom=_THICK))
        self.footnote = self._made(font=_BODY, alignment=_LEFT)
        self.index_heading = self._made(
            font=_INDEX_HEADING, alignment=Alignment(horizontal="center"), border=_BOX
        )
        self.index = self._made(font=_INDEX, border=_BOX)
        self.index_link = self._made(font=_INDEX_LINK, border=_BOX)
        self.text = self._made(font=_BODY, alignment=_LEFT, number_format=_TEXT_FORMAT)
        self.escaped = self._made(
            font=_BODY, alignment=_LEFT, number_format=_TEXT_FORMAT, quotePrefix=True
        )
        self.number = self._made(font=_BODY, alignment=_MIDDLE, number_format=_WHOLE_FORMAT)
        self.date = self._made(font=_BODY, alignment=_MIDDLE, number_format=_DATE_FORMAT)

    def _made(self, **properties: Any) -> Any:  # noqa: ANN401 - openpyxl's own style record
        cell: Any = WriteOnlyCell(self._sheet, "")
        for name, value in properties.items():
            setattr(cell, name, value)
        return copy(cell._style)  # noqa: SLF001 - copying it is openpyxl's documented way to share a style

    def heading(self, look: Look, *, title: bool = False, merged: bool = False) -> Any:  # noqa: ANN401 - same
        """Returns the style of a cell of the headings.

        Args:
            look: Its lines, and the columns over which its text is centred.
            title: Whether it is the title of the table.
            merged: Whether the cell is merged, so that it needs no centring over others.
        """
        key = (look, title, merged)
        if key not in self._of_headings:
            over = look.over is not None and not merged
            self._of_headings[key] = self._made(
                font=_TITLE if title else _CAPTION,
                alignment=_AS_IT_COMES if title else _OVER if over else _CENTRED,
                border=Border(
                    top=Side(style=look.top),
                    bottom=Side(style=look.bottom),
                ),
            )
        return self._of_headings[key]

    def empty(self, style: Any) -> Any:  # noqa: ANN401 - same
        """Returns a cell that shows its style only."""
        cell: Any = WriteOnlyCell(self._sheet)
        cell._style = style  # noqa: SLF001 - as in `cell`
        return cell

    def numbers(self, book: Workbook) -> CellStyles:
        """The styles of plain cells as the workbook counts them."""
        text, escaped, number, day = (
            book._cell_styles.add(style)  # type: ignore[attr-defined]  # noqa: SLF001 - not in the stubs
            for style in (self.text, self.escaped, self.number, self.date)
        )
        return CellStyles(text, escaped, number, day)

    def cell(self, value: Cell, style: Any = None) -> Any:  # noqa: ANN401 - same
        """Returns a cell; text is never taken for a formula or an error value."""
        if value is None:
            return None
        cell: Any = WriteOnlyCell(self._sheet)
        if isinstance(value, str):
            text = escaped(cleaned(value)[:MAX_TEXT])
            cell._value = text  # noqa: SLF001 - the public way takes "=" for a formula
            cell.data_type = "s"
            default = self.escaped if text.startswith(FORMULA_STARTS) else self.text
        else:
            cell.value = value
            default = self.date if isinstance(value, date) else self.number
        cell._style = default if style is None else style  # noqa: SLF001 - see above
        return cell

    def heading_value(self, value: Cell) -> Any:  # noqa: ANN401 - same
        """Returns a cell of table 1."""
        if isinstance(value, date):
            return self.cell(value, self.value_date)
        if isinstance(value, str) and value.startswith(FORMULA_STARTS):
            return self.cell(value)
        return self.cell(value, self.value if isinstance(value, str) else self.value_number)
