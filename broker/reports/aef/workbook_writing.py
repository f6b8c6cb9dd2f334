# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a submission as a workbook laid out like the official blank.

Rows are streamed, so that a large file takes little memory. The same submission gives the same
bytes: nothing in the file depends on when or where it was written.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.writer.excel import ExcelWriter

from broker.reports.aef import layout
from broker.reports.aef.archive_inspection import MAX_ROWS
from broker.reports.aef.cell_values import Cell, cell_value, platform_text
from broker.reports.aef.layout import LISTED, SUBMISSION, TABLES, Format, Table, letter_of
from broker.reports.aef.model import ActionSubtype, ActionType, Submission
from broker.reports.aef.progress import EVERY, Progress
from broker.reports.aef.row_xml import FORMULA_STARTS, CellStyles, rows_xml
from broker.reports.aef.texts import MAX_TEXT, cleaned, escaped

_EPOCH: Final = datetime(2024, 11, 23)  # noqa: DTZ001 - properties of a workbook have no time zone
"""Creation time of every file: the day of decision 4/CMA.6, as a fixed one is needed."""
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_END_OF_ROWS: Final = b"</sheetData>"
_LABEL_WIDTH: Final = 42
_VALUE_WIDTH: Final = 54
_GAP_WIDTH: Final = 2
_TEXT_FORMAT: Final = "@"
_DATE_FORMAT: Final = "dd/mm/yyyy"
_MAX_LIST_TEXT: Final = 255
"""Characters of a pick-list that a spreadsheet takes without a sheet of its own."""

_THIN: Final = Side(style="thin", color="FF999999")
_BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_CENTRED: Final = Alignment(wrap_text=True, vertical="center", horizontal="center")
_SHADE: Final = PatternFill("solid", fgColor="FFDCE6F1")


class _FixedZip(zipfile.ZipFile):
    """An archive whose entries bear no time of their own, and whose long tables come as text.

    Attributes:
        rows: Rows to be put behind those that a worksheet has, by the name of its entry.
    """

    rows: Mapping[str, Iterable[bytes]] = MappingProxyType({})

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401 - the signature of the standard library
        super().writestr(_entry(zinfo_or_arcname), data, zipfile.ZIP_DEFLATED)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:  # noqa: ANN401 - same
        with Path(filename).open("rb") as source, self.open(_entry(arcname), "w") as target:
            if arcname in self.rows:
                # Only the rows can be many: what openpyxl wrote is headings and pick-lists.
                head, end, tail = source.read().partition(_END_OF_ROWS)
                target.write(head)
                for row in self.rows[arcname]:
                    target.write(row)
                target.write(end + tail)
                return
            while piece := source.read(1 << 20):
                target.write(piece)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


class _Styles:
    """The styles of a workbook, made once; a cell takes a copy of the numbers behind them."""

    def __init__(self, sheet: Any) -> None:  # noqa: ANN401 - openpyxl has a type of its own for streamed sheets
        self._sheet = sheet
        self.title = self._made(font=Font(bold=True, size=14))
        self.heading = self._made(
            font=Font(bold=True), alignment=_CENTRED, border=_BOX, fill=_SHADE
        )
        self.text = self._made(alignment=_WRAPPED, border=_BOX, number_format=_TEXT_FORMAT)
        self.escaped = self._made(
            alignment=_WRAPPED, border=_BOX, number_format=_TEXT_FORMAT, quotePrefix=True
        )
        self.number = self._made(alignment=_WRAPPED, border=_BOX, number_format="0")
        self.date = self._made(alignment=_WRAPPED, border=_BOX, number_format=_DATE_FORMAT)

    def _made(self, **properties: Any) -> Any:  # noqa: ANN401 - openpyxl's own style record
        cell: Any = WriteOnlyCell(self._sheet, "")
        for name, value in properties.items():
            setattr(cell, name, value)
        return copy(cell._style)  # noqa: SLF001 - copying it is openpyxl's documented way to share a style

    def numbers(self, book: Workbook) -> CellStyles:
        """The styles of plain cells as the workbook counts them."""
        text, escaped, number, day = (
            book._cell_styles.add(style)  # type: ignore[attr-defined]  # noqa: SLF001 - not in the stubs
            for style in (self.text, self.escaped, self.number, self.date)
        )
        return CellStyles(text, escaped, number, day)

    def cell(self, value: Cell, style: Any = None) -> Any:  # noqa: ANN401 - same
        """Return a cell; text is never taken for a formula or an error value."""
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


def write_workbook(submission: Submission, path: Path, progress: Progress | None = None) -> None:
    """Write a submission as .xlsx.

    The file appears under its name only when it is complete.

    Args:
        submission: What to write.
        path: The file; one that exists is replaced.
        progress: Told rows done and rows in all.
    """
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _EPOCH
    book.properties.creator = "clearing-house"
    steps = _Steps(sum(len(getattr(submission, table.key)) for table in LISTED), progress)
    _index(book)
    _summary(book)
    _heading(book, submission)
    rows = {}
    for table in LISTED:
        styles = _table(book, table)
        listed = getattr(submission, table.key)
        # Worksheets are numbered in their order; a sheet learns its number only when it is stored.
        name = f"xl/worksheets/sheet{len(book.worksheets)}.xml"
        rows[name] = rows_xml(table, steps.over(listed), styles.numbers(book))
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with _FixedZip(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.rows = rows
            ExcelWriter(book, archive).write_data()
        os.replace(unfinished, path)  # noqa: PTH105 - replaces on every system
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()


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
    sheet = book.create_sheet(layout.INDEX_SHEET)
    styles = _Styles(sheet)
    sheet.column_dimensions["B"].width = 30
    sheet.append([])
    sheet.append([styles.cell("Table", styles.heading), styles.cell("Title", styles.heading)])
    for table in TABLES:
        number, _, title = table.title.partition(": ")
        sheet.append([styles.cell(number), styles.cell(title)])


def _summary(book: Workbook) -> None:
    """The sheet of footnotes: what each field holds and whether it must be filled in."""
    sheet = book.create_sheet(layout.SUMMARY_SHEET)
    styles = _Styles(sheet)
    sheet.column_dimensions["B"].width = 48
    sheet.column_dimensions["C"].width = 55
    sheet.append([])
    for table in TABLES:
        sheet.append([None, styles.cell(table.title, styles.title)])
        sheet.append(
            [None, styles.cell("Field", styles.heading), styles.cell("Footnote", styles.heading)]
        )
        for column in table.columns:
            note = f"{column.format.value.capitalize()}; {column.need.value}."
            sheet.append([None, styles.cell(column.title), styles.cell(note)])
        sheet.append([])


def _heading(book: Workbook, submission: Submission) -> None:
    sheet = book.create_sheet(SUBMISSION.sheet)
    styles = _Styles(sheet)
    sheet.column_dimensions["B"].width = _LABEL_WIDTH
    sheet.column_dimensions["C"].width = _VALUE_WIDTH
    sheet.append([])
    sheet.append([])
    sheet.append([None, styles.cell(SUBMISSION.title, styles.title)])
    for column in SUBMISSION.columns:
        value = cell_value(column, submission.heading)
        shown = platform_text(column) if value is None else value
        sheet.append([None, styles.cell(column.title, styles.heading), styles.cell(shown)])


def _table(book: Workbook, table: Table) -> _Styles:
    """Makes a sheet down to its headings; returns its styles. The rows are put in when it is stored."""
    sheet = book.create_sheet(table.sheet)
    styles = _Styles(sheet)
    _widths(sheet, table)
    sheet.freeze_panes = f"A{table.header_row + 1}"
    for text in table.merged:
        sheet.merged_cells.add(text)
    for validation in _pick_lists(table):
        sheet.data_validations.append(validation)
    for cells in _heading_rows(table):
        sheet.append(
            [
                styles.cell(
                    cells.get(at), styles.title if cells.get(at) == table.title else styles.heading
                )
                for at in range(1, max(cells, default=0) + 1)
            ]
        )
    return styles


def _heading_rows(table: Table) -> Iterator[Mapping[int, str]]:
    """The rows down to the lowest heading: text by column number."""
    rows: dict[int, dict[int, str]] = {at: {} for at in range(1, table.header_row + 1)}
    for coordinate, text in ((table.title_cell, table.title), *table.groups):
        letter, number = coordinate_from_string(coordinate)
        rows[number][column_index_from_string(letter)] = text
    for column in table.columns:
        rows[column.title_row][column_index_from_string(column.letter)] = column.title
    yield from (rows[at] for at in sorted(rows))


def _widths(sheet: Any, table: Table) -> None:  # noqa: ANN401 - see _Styles
    widths = {column.letter: column.width for column in table.columns}
    last = max(column_index_from_string(letter) for letter in widths)
    for index in range(1, last + 1):
        letter = letter_of(index)
        sheet.column_dimensions[letter].width = widths.get(letter, _GAP_WIDTH)


def _pick_lists(table: Table) -> Iterator[DataValidation]:
    """Pick-lists for the cells below the headings, where the blank prints its values."""
    choices = layout.PICK_LISTS | {
        Format.ACTION_TYPE: tuple(ActionType),
        Format.ACTION_SUBTYPE: tuple(ActionSubtype),
    }
    for column in table.columns:
        text = ",".join(choices.get(column.format, ()))
        if not text or len(text) > _MAX_LIST_TEXT:
            continue
        below = f"{column.letter}{table.header_row + 1}:{column.letter}{MAX_ROWS}"
        yield DataValidation(type="list", formula1=f'"{text}"', allow_blank=True, sqref=below)
