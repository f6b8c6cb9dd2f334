# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A written workbook looks like the official blank: every line of its headings, centring, heights, links."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

from aef.layout import INDEX_SHEET, LISTED, SUBMISSION, TABLES, Table
from aef.model import Heading, Submission
from aef.workbook_writing import write_workbook
from tests.kit.aef_files import official_blank

_STRENGTH = {None: 0, "thin": 1, "medium": 2, "thick": 3}


def written(tmp_path: Path, *, merged: bool = True) -> Workbook:
    path = tmp_path / "written.xlsx"
    write_workbook(Submission(source="", heading=Heading(party="THA")), path, merged=merged)
    return load_workbook(path)


@cache
def blank() -> Workbook:
    """What is only looked at is read once."""
    if (path := official_blank()) is None:
        pytest.skip("the official blank is not at hand")
    return load_workbook(path)


def last_column(table: Table) -> int:
    if table is SUBMISSION:
        return 3
    return max(column_index_from_string(each.letter) for each in table.columns)


def lines(sheet: Worksheet, table: Table) -> dict[tuple[int, int], int]:
    """Strength of the line below each cell of the headings, whichever of the two cells has it."""
    bottom = 12 if table is SUBMISSION else table.header_row
    found = {}
    inside = {
        (row, column)
        for each in sheet.merged_cells.ranges
        for row in range(each.min_row, each.max_row)
        for column in range(each.min_col, each.max_col + 1)
    }
    for row in range(2, bottom + 1):
        for column in range(2, last_column(table) + 1):
            if (row, column) in inside:
                continue
            above, below = sheet.cell(row, column).border, sheet.cell(row + 1, column).border
            strongest = max(
                _STRENGTH[each.style if each else None] for each in (above.bottom, below.top)
            )
            if strongest:
                found[row, column] = strongest
    return found


@pytest.mark.filterwarnings("ignore:Print area")
@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_every_line_is_where_the_blank_has_it(table: Table, merged: bool, tmp_path: Path) -> None:
    ours = lines(written(tmp_path, merged=merged)[table.sheet], table)
    assert ours == lines(blank()[table.sheet], table)


@pytest.mark.filterwarnings("ignore:Print area")
@pytest.mark.parametrize("table", LISTED, ids=lambda table: table.key)
def test_a_heading_over_several_columns_stands_in_their_middle_on_one_line(
    table: Table, tmp_path: Path
) -> None:
    theirs, ours = blank()[table.sheet], written(tmp_path)[table.sheet]
    for place, title in table.groups:
        if theirs[place].alignment.horizontal != "centerContinuous":
            continue
        cell = ours[place]
        assert cell.alignment.horizontal == "centerContinuous", title
        assert not cell.alignment.wrap_text, title
        beside = ours.cell(cell.row, cell.column + 1)
        assert (beside.value, beside.alignment.horizontal) == (None, "centerContinuous"), title


def test_labels_of_table_1_have_room_for_two_lines(tmp_path: Path) -> None:
    sheet = written(tmp_path)[SUBMISSION.sheet]
    for column in SUBMISSION.columns:
        if len(column.title) > sheet.column_dimensions["B"].width:
            assert sheet.row_dimensions[column.title_row].height >= 26, column.title


def test_the_index_shows_the_tables_and_nothing_else(tmp_path: Path) -> None:
    sheet = written(tmp_path)[INDEX_SHEET]
    assert sheet.column_dimensions["H"].hidden
    for row, table in enumerate(TABLES, 3):
        link = sheet.cell(row, 1).hyperlink
        assert link is not None
        assert link.location == f"'{table.sheet}'!A1"
        assert sheet.cell(row, 1).font.underline == "single"
