# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a submission as a workbook laid out like the official blank.

Rows are streamed, so that a large file takes little memory. The same submission gives the same
bytes: nothing in the file depends on when or where it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink

from aef import layout
from aef.cell_values import cell_value, platform_text
from aef.footnotes import FOOTNOTES, NOT_APPLICABLE, TITLES
from aef.heading_lines import LOOKS, Look
from aef.layout import LISTED, SUBMISSION, TABLES, Format, Need, Table, letter_of
from aef.model import ActionSubtype, ActionType, Submission
from aef.row_xml import rows_xml
from aef.workbook_styles import Styles, height_of
from workbooks.archive_inspection import MAX_ROWS
from workbooks.fixed_archive import new_workbook, store
from workbooks.progress import EVERY, Progress

_EPOCH: Final = datetime(2024, 11, 23)  # noqa: DTZ001 - properties of a workbook have no time zone
"""Creation time of every file: the day of decision 4/CMA.6, as a fixed one is needed."""
_LABEL_WIDTH: Final = 42
_VALUE_WIDTH: Final = 54
_GAP_WIDTH: Final = 2.2
_PLAIN: Final = Look()
_SMALL: Final = 8
"""Size of the font of headings."""
_LONG_LIST_COLUMN, _LONG_LIST_GAP = "H", 5
_LONG_LIST: Final = (
    f"'{layout.INDEX_SHEET}'!${_LONG_LIST_COLUMN}$3:${_LONG_LIST_COLUMN}${2 + len(ActionSubtype)}"
)
"""Action subtypes are more than the 255 characters that a pick-list may have by itself; they stand in a
hidden column of the index."""


def write_workbook(
    submission: Submission, path: Path, progress: Progress | None = None, *, merged: bool = True
) -> None:
    """Writes a submission as .xlsx.

    The file appears under its name only when it is complete.

    Args:
        submission: What to write.
        path: The file; one that exists is replaced.
        progress: Told rows done and rows in all.
        merged: Merge the cells of headings, as the blank does; False: every column has its heading in
            one row.
    """
    book = new_workbook(_EPOCH)
    steps = _Steps(sum(len(getattr(submission, table.key)) for table in LISTED), progress)
    _index(book)
    _summary(book)
    _heading(book, submission)
    rows = {}
    for table in LISTED:
        styles = _table(book, table, merged=merged)
        listed = getattr(submission, table.key)
        # Worksheets are numbered in their order; a sheet learns its number only when it is stored.
        name = f"xl/worksheets/sheet{len(book.worksheets)}.xml"
        not_applicable = NOT_APPLICABLE.get(table.key) if submission.from_ledger else None
        rows[name] = rows_xml(
            table, steps.over(listed), styles.numbers(book), not_applicable or frozenset()
        )
    store(book, path, rows)


class _Steps:
    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def over(self, rows: Iterable[Any]) -> Iterator[Any]:
        """The rows, each counted when it is taken."""
        for row in rows:
            yield row
            self._done += 1
            if self._progress is not None and (
                self._done % EVERY == 0 or self._done == self._total
            ):
                self._progress(self._done, self._total)


# -- the sheets -----------------------------------------------------------------------------------


def _index(book: Workbook) -> None:
    sheet: Any = book.create_sheet(layout.INDEX_SHEET)
    styles = Styles(sheet)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 21.5, 82.5
    # Columns are written with the first row.
    sheet.column_dimensions[_LONG_LIST_COLUMN].hidden = True
    sheet.append([])
    sheet.append([styles.cell(text, styles.index_heading) for text in ("Table", "Title")])
    for row, (table, subtype) in enumerate(zip_longest(TABLES, ActionSubtype), 3):
        cells = [None, None]
        if table is not None:
            name, title = table.title.split(": ")
            cells = [styles.cell(name, styles.index_link), styles.cell(title, styles.index)]
            link = Hyperlink(ref=f"A{row}", location=f"'{table.sheet}'!A1")
            sheet._hyperlinks.append(link)  # noqa: SLF001 - openpyxl has no other way for streamed sheets
        sheet.append([*cells, *[None] * _LONG_LIST_GAP, styles.cell(subtype and subtype.value)])


def _summary(book: Workbook) -> None:
    """The sheet of footnotes, as the blank has it."""
    sheet = book.create_sheet(layout.SUMMARY_SHEET)
    styles = Styles(sheet)
    sheet.column_dimensions["B"].width, sheet.column_dimensions["C"].width = 48.7, 55.2
    row = 0
    for table in TABLES:
        title, at = TITLES[table.key]
        heading = [styles.cell(text, styles.summary_heading) for text in ("Field", "Footnote")]
        for _ in range(row, at - 1):
            sheet.append([])
        sheet.append([None, styles.cell(title, styles.summary_title)])
        sheet.append([])
        sheet.append([None, *heading])
        row = at + 2
        for field, footnote in FOOTNOTES[table.key]:
            row += 1
            sheet.row_dimensions[row].height = height_of(footnote, 55.2, 10)
            sheet.append(
                [None, styles.cell(field, styles.label), styles.cell(footnote, styles.footnote)]
            )


def _heading(book: Workbook, submission: Submission) -> None:
    sheet = book.create_sheet(SUBMISSION.sheet)
    styles = Styles(sheet)
    sheet.column_dimensions["B"].width = _LABEL_WIDTH
    sheet.column_dimensions["C"].width = _VALUE_WIDTH
    looks = LOOKS[SUBMISSION.key]
    top, under = looks[3, 2], looks[13, 2]
    sheet.append([])
    sheet.append([])
    titled = styles.heading(top, title=True)
    sheet.append([None, styles.cell(SUBMISSION.title, titled), styles.empty(titled)])
    for column in SUBMISSION.columns:
        value = cell_value(column, submission.heading)
        shown = platform_text(column) if value is None else value
        platform = column.need is Need.PLATFORM and value is None
        cell = styles.cell(shown, styles.platform) if platform else styles.heading_value(shown)
        sheet.row_dimensions[column.title_row].height = height_of(column.title, _LABEL_WIDTH, 10)
        sheet.append([None, styles.cell(column.title, styles.label), cell])
    sheet.append([None, *[styles.empty(styles.heading(under, title=True))] * 2])


def _table(book: Workbook, table: Table, *, merged: bool) -> Styles:
    """Makes a sheet down to its headings; returns its styles. The rows are put in when it is stored."""
    sheet = book.create_sheet(table.sheet)
    styles = Styles(sheet)
    _widths(sheet, table)
    sheet.freeze_panes = f"A{table.header_row + 1}"
    for text in table.merged if merged else ():
        sheet.merged_cells.add(text)
    for validation in _pick_lists(table):
        sheet.data_validations.append(validation)
    joined = _joined(table) if merged else frozenset()
    looks, last = LOOKS[table.key], _last_column(table)
    for number, cells in enumerate(_heading_rows(table, merged=merged), 1):
        sheet.row_dimensions[number].height = max(
            (height_of(text, _room(table, number, at), _SMALL) for at, text in cells.items()),
            default=None,
        )
        row: list[Any] = [None] * last
        for at in range(1, last + 1):
            look, text = looks.get((number, at), _PLAIN), cells.get(at, "")
            if text or look != _PLAIN:
                style = styles.heading(
                    look, title=text == table.title, merged=(number, at) in joined
                )
                row[at - 1] = styles.cell(text, style) if text else styles.empty(style)
        sheet.append(row)
    return styles


def _joined(table: Table) -> frozenset[tuple[int, int]]:
    """Row and column of the cells that are merged with others."""
    return frozenset(
        (row, column)
        for text in table.merged
        for place in (CellRange(text),)
        for row in range(place.min_row, place.max_row + 1)
        for column in range(place.min_col, place.max_col + 1)
    )


def _heading_rows(table: Table, *, merged: bool) -> Iterator[Mapping[int, str]]:
    """The rows down to the lowest heading: text by column number.

    Where cells are not merged, every column has its heading in the lowest row, where a program that
    reads one line of headings finds it.
    """
    rows: dict[int, dict[int, str]] = {at: {} for at in range(1, table.header_row + 1)}
    for coordinate, text in ((table.title_cell, table.title), *table.groups):
        letter, number = coordinate_from_string(coordinate)
        rows[number][column_index_from_string(letter)] = text
    for column in table.columns:
        row = column.title_row if merged else table.header_row
        rows[row][column_index_from_string(column.letter)] = column.title
    yield from (rows[at] for at in sorted(rows))


def _widths(sheet: Any, table: Table) -> None:  # noqa: ANN401 - openpyxl has a type of its own for streamed sheets
    widths = {column.letter: column.width for column in table.columns}
    for index in range(1, _last_column(table) + 1):
        letter = letter_of(index)
        sheet.column_dimensions[letter].width = widths.get(letter, _GAP_WIDTH)


def _last_column(table: Table) -> int:
    return max(column_index_from_string(column.letter) for column in table.columns)


def _room(table: Table, row: int, at: int) -> float:
    """The width that a heading has: that of its column, or of those over which it is centred."""
    widths = {column_index_from_string(each.letter): each.width for each in table.columns}
    over = LOOKS[table.key].get((row, at), _PLAIN).over
    if over is not None:
        return sum(widths.get(each, _GAP_WIDTH) for each in range(over[0], over[1] + 1))
    # Titles and groups run on over the empty cells beside them.
    return max(widths.get(at, _GAP_WIDTH), 12 if at in widths else 60)


def _pick_lists(table: Table) -> Iterator[DataValidation]:
    """Picks-lists for the cells below the headings, where the blank prints its values."""
    choices = layout.PICK_LISTS | {
        Format.ACTION_TYPE: tuple(ActionType),
        Format.ACTION_SUBTYPE: tuple(ActionSubtype),
    }
    for column in table.columns:
        text = ",".join(choices.get(column.format, ()))
        if not text:
            continue
        below = f"{column.letter}{table.header_row + 1}:{column.letter}{MAX_ROWS}"
        formula = _LONG_LIST if column.format is Format.ACTION_SUBTYPE else f'"{text}"'
        yield DataValidation(type="list", formula1=formula, allow_blank=True, sqref=below)
