# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Submissions in the standard electronic format: empty ones, changed ones, and those that were published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import coordinate_from_string

from sef.grids import Grid
from sef.laying_out import lay_out
from sef.layout import Layout, Listed
from sef.layouts import LAYOUTS
from sef.model import NA, NO, UNIT_OF_LETTER, Cell, CellKind, Header, Spot, Status, Submission
from sef.read_file import ReadFile
from sef.workbook_reading import read_grids
from sef.workbook_writing import write_workbook
from workbooks.raw import Raw

FOLDERS = [each / "shared" / "fixtures" / "sef_gb" for each in Path(__file__).resolve().parents]
FOLDER = next((each for each in FOLDERS if each.is_dir()), None)
"""Published workbooks, where the folder that holds them lies beside the project."""
PUBLISHED = sorted(FOLDER.glob("*.xlsx")) if FOLDER else []
NOT_HERE = "the folder with published workbooks is not here"


def header(layout: Layout, **fields: str | int) -> Header:
    said: dict[str, Any] = {
        "party": "New Zealand",
        "registry": "NZ",
        "reported_year": layout.years[0],
        "submission_year": layout.years[0] + 1,
        "period": layout.period,
        "status": Status.FINAL,
        "validity": "VALID",
    }
    return Header(**said | fields)


def empty(name: str, **fields: str | int) -> Submission:
    """A submission in a layout in which nothing occurred."""
    layout = LAYOUTS[name]
    cells: dict[Spot, Cell] = {}
    for _, form in layout.forms():
        for line in form.lines:
            if line.row is None or isinstance(line.row, Listed):
                continue
            for at, columns in enumerate(form.columns):
                for letter in columns.units:
                    unit = UNIT_OF_LETTER[letter]
                    spot = Spot(form.table, line.row, columns.side, unit)
                    cells[spot] = NO if line.is_open(at, unit) else NA
    return Submission(header=header(layout, **fields), cells=cells, layout=name)


def with_numbers(submission: Submission, numbers: Mapping[Spot, int]) -> Submission:
    """The same with other quantities; 0 stands for NO."""
    changed = dict(submission.cells)
    for spot, quantity in numbers.items():
        old = changed.get(spot, NO)
        kind = CellKind.NUMBER if quantity else CellKind.NOT_OCCURRING
        changed[spot] = replace(old, kind=kind, quantity=quantity)
    return replace(submission, cells=changed)


def written(submission: Submission, path: Path) -> Path:
    write_workbook(submission, LAYOUTS[submission.layout], path)
    return path


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """A workbook after a change by openpyxl."""
    book = load_workbook(path)
    change(book)
    book.save(path)
    return path


Cells = dict[str, dict[tuple[int, int], Raw]]
"""What stands in a workbook: by sheet, row and column."""


def cells_of(submission: Submission) -> Cells:
    """A submission as a workbook in memory."""
    laid_out = lay_out(submission, LAYOUTS[submission.layout])
    return {
        title: {(cell.row, cell.column): cell.value for cell in cells}
        for title, cells in laid_out.sheets
    }


def read_cells(cells: Cells, name: str = "sef.xlsx") -> ReadFile:
    """What is read from a workbook in memory; formulas begin with an equals sign."""
    grids = []
    for title, listed in cells.items():
        formulas = {
            place: raw for place, raw in listed.items() if isinstance(raw, str) and raw[:1] == "="
        }
        values = {place: raw for place, raw in listed.items() if place not in formulas}
        grids.append(Grid(title, values, formulas))
    return read_grids(name, grids)


def at(address: str) -> tuple[int, int]:
    """Row and column of an address such as C12."""
    letters, row = coordinate_from_string(address)
    return row, column_index_from_string(letters)
