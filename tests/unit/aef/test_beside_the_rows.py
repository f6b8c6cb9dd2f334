# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in a workbook beside the rows of its tables: never read in silence, never left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.comments import Comment

from aef.layout import ACTIONS, AUTHORIZATIONS, HOLDINGS, LISTED, SUBMISSION, TABLES
from aef.model import ReadFile
from aef.opening import read_file
from aef.syntax_codes import Code
from tests.kit.aef_files import saved
from tests.kit.aef_pair import packed, parts_of, thai

_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_TEXT = "http://schemas.openxmlformats.org/drawingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TEXT_BOX = (
    "<xdr:sp><xdr:txBody><a:p><a:r><a:t>500 units</a:t></a:r><a:r><a:t>were sold</a:t></a:r></a:p>"
    "</xdr:txBody></xdr:sp>"
)
PICTURE = "<xdr:pic/>"


def read(book: Workbook, folder: Path) -> ReadFile:
    return read_file(saved(book, folder / "file.xlsx"))


def drawn_on(book: Workbook, sheet: str, shape: str, folder: Path) -> ReadFile:
    """The workbook with a drawing on one of its sheets."""
    parts = parts_of(book)
    number = book.sheetnames.index(sheet) + 1
    anchor = f"<xdr:twoCellAnchor>{shape}</xdr:twoCellAnchor>" if shape else ""
    parts["xl/drawings/drawing9.xml"] = (
        f'<xdr:wsDr xmlns:xdr="{_DRAWING}" xmlns:a="{_TEXT}">{anchor}</xdr:wsDr>'.encode()
    )
    parts[f"xl/worksheets/_rels/sheet{number}.xml.rels"] = (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_KINDS}/drawing"'
        ' Target="../drawings/drawing9.xml"/></Relationships>'
    ).encode()
    return read_file(packed(parts, folder / "drawn.xlsx"))


def told(found: ReadFile) -> list[tuple[str, str, str]]:
    return [(each.code, str(each.place), each.found) for each in found.findings]


@pytest.mark.parametrize(
    ("shape", "said"),
    [(TEXT_BOX, "a text box: 500 units were sold"), (PICTURE, "a picture"), ("<xdr:cxnSp/>", "a line")],
)  # fmt: skip
def test_what_is_drawn_on_a_sheet_is_named(tmp_path: Path, shape: str, said: str) -> None:
    found = drawn_on(thai(), ACTIONS.sheet, shape, tmp_path)
    assert told(found) == [(Code.OBJECT_UNREAD, ACTIONS.sheet, said)]
    assert found.submission.unseen == frozenset()


def test_a_table_without_rows_under_a_picture_was_not_seen(tmp_path: Path) -> None:
    found = drawn_on(thai(), HOLDINGS.sheet, PICTURE, tmp_path)
    assert found.submission.unseen == {HOLDINGS.key}


def test_a_drawing_with_nothing_on_it_is_nothing(tmp_path: Path) -> None:
    assert told(drawn_on(thai(), ACTIONS.sheet, "", tmp_path)) == []


def test_a_picture_on_a_sheet_without_cells(tmp_path: Path) -> None:
    book = thai()
    book.create_sheet("Scan")
    assert told(drawn_on(book, "Scan", PICTURE, tmp_path)) == [
        (Code.OBJECT_UNREAD, "Scan", "a picture")
    ]


def test_charts_and_comments_are_named(tmp_path: Path) -> None:
    book = thai()
    book[ACTIONS.sheet]["B9"].comment = Comment("500 more are on the way", "somebody")
    book[HOLDINGS.sheet].add_chart(BarChart(), "B20")  # type: ignore[call-arg]  # a worksheet, no sheet of charts
    book.create_chartsheet("Diagram")
    found = read(book, tmp_path)
    assert [each for each in told(found) if each[1] != HOLDINGS.sheet] == [
        (Code.OBJECT_UNREAD, ACTIONS.sheet, "a comment at B9: 500 more are on the way"),
        (Code.OBJECT_UNREAD, "Diagram", "a sheet of charts, without cells"),
    ]
    assert found.submission.unseen == {HOLDINGS.key}


def test_cells_beside_a_table_are_named(tmp_path: Path) -> None:
    book = thai()
    sheet = book[ACTIONS.sheet]
    sheet["K9"], sheet["ZZ9"], sheet["A40"], sheet["AK41"] = "in the gap", 7, "far below", "  "
    assert told(read(book, tmp_path)) == [
        (Code.CELL_OUTSIDE, "Table 3 Actions!K9", "in the gap"),
        (Code.CELL_OUTSIDE, "Table 3 Actions!ZZ9", "7"),
        (Code.CELL_OUTSIDE, "Table 3 Actions!A40", "far below"),
    ]


def test_cells_beside_the_values_of_table_1_are_named(tmp_path: Path) -> None:
    book = thai()
    sheet = book[SUBMISSION.sheet]
    sheet["D6"], sheet["C7"], sheet["K7"] = "or 2024", None, "10/04/2024"
    found = read(book, tmp_path)
    assert told(found) == [
        (Code.CELL_OUTSIDE, "Table 1 Submission!D6", "or 2024"),
        (Code.CELL_OUTSIDE, "Table 1 Submission!K7", "10/04/2024"),
        (Code.VALUE_MISSING, "Table 1 Submission!C7", ""),
    ]


@pytest.mark.parametrize(
    ("table", "cells", "rows", "code"),
    [
        (ACTIONS, {"C12": "First transfer", "D12": "Issuance"}, 1, Code.VALUE_MISSING),
        (ACTIONS, {"P12": "GHG", "V12": "Removals"}, 1, Code.VALUE_MISSING),
        (AUTHORIZATIONS, {"H10": "GHG", "M10": "NDC and OIMP"}, 1, Code.VALUE_MISSING),
        (HOLDINGS, {"M8": "GHG", "S8": "Removals"}, 1, Code.VALUE_MISSING),
        (ACTIONS, {"C12": "First transfer"}, 0, Code.ROW_IGNORED),
        (ACTIONS, {"C20": "Acquisition", "P20": "GHG", "V20": "Emission reductions"}, 0, Code.ROW_IGNORED),
    ],
)  # fmt: skip
def test_a_row_of_values_of_lists_is_not_swallowed(
    tmp_path: Path, table: object, cells: dict[str, str], rows: int, code: Code
) -> None:
    book = thai()
    (wanted,) = (each for each in LISTED if each is table)
    before = len(getattr(read(book, tmp_path).submission, wanted.key))
    for place, value in cells.items():
        book[wanted.sheet][place] = value
    found = read(book, tmp_path)
    assert len(getattr(found.submission, wanted.key)) - before == rows
    assert {each.code for each in found.findings} == {code}


def test_what_is_left_of_the_lists_of_the_blank_is_no_row(tmp_path: Path) -> None:
    book = thai()
    for row, value in enumerate(["Transfer", "Use", "Cancellation", "First transfer"], 10):
        book[ACTIONS.sheet][f"C{row}"] = value
    book[ACTIONS.sheet]["P10"] = "non-GHG"
    book[HOLDINGS.sheet]["M9"] = "non-GHG"
    found = read(book, tmp_path)
    assert (told(found), len(found.submission.actions)) == ([], 1)


@pytest.mark.parametrize("said", ["{}", "({})", "[{}]", "(text {})"])
def test_a_row_that_explains_the_columns_is_no_entry(tmp_path: Path, said: str) -> None:
    book = thai()
    sheet = book[ACTIONS.sheet]
    for number, column in enumerate(ACTIONS.columns, 1):
        text = said.format(number)
        sheet[f"{column.letter}10"] = int(text) if text.isdecimal() else text
    found = read(book, tmp_path)
    assert told(found)[0][:2] == (Code.ROW_IGNORED, "Table 3 Actions!10")
    assert (len(found.findings), len(found.submission.actions)) == (1, 1)


@pytest.mark.parametrize(
    "said",
    [
        "N/A - no action",
        "There were no actions",
        "Not applicable for this reporting year",
        "Il n'y a pas eu d'actions",
        "En 2023 no hubo acciones",
        "Nil report",
        "Ninguna transferencia",
    ],
)
def test_a_sentence_that_nothing_happened_is_no_entry(tmp_path: Path, said: str) -> None:
    book = thai()
    for column in ACTIONS.columns:
        book[ACTIONS.sheet][f"{column.letter}10"] = "N/A" if column.letter != "C" else said
    found = read(book, tmp_path)
    assert [(code, place) for code, place, _ in told(found)] == [
        (Code.ROW_IGNORED, "Table 3 Actions!10")
    ]


# -- headings ---------------------------------------------------------------------------------------


def headed(change: object, folder: Path) -> ReadFile:
    book = thai()
    assert callable(change)
    for table in TABLES:
        for column in table.columns:
            letter = "B" if table is SUBMISSION else column.letter
            book[table.sheet][f"{letter}{column.title_row}"] = change(column.title)
    return read(book, folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda title: title.replace(" ", "\n", 1),
        lambda title: f"{title} (a)",
        lambda title: f"{title} a/",
        lambda title: f"{title}12",
        lambda title: f"{title} [1]",
        lambda title: f"  {title}:  ",
        lambda title: f"{title} *",
        lambda title: f"{title} (required)",
        lambda title: title.upper().replace(" ", "\u00a0"),
        lambda title: f"3. {title}",
        lambda title: title.replace("uthoriz", "uthoris"),
    ],
)
def test_headings_in_other_dress_are_the_same(tmp_path: Path, change: object) -> None:
    found = headed(change, tmp_path)
    assert told(found) == []
    assert (found.submission.heading.party, len(found.submission.actions)) == ("THA", 1)


def test_a_heading_with_a_slip_of_the_hand(tmp_path: Path) -> None:
    book = thai()
    book[ACTIONS.sheet]["S8"] = "Quanity (t CO2 eq)"
    book[SUBMISSION.sheet]["B6"] = "Reportd year"
    found = read(book, tmp_path)
    assert {(code, place) for code, place, _ in told(found)} == {
        (Code.COLUMN_RENAMED, "Table 1 Submission!B6"),
        (Code.COLUMN_RENAMED, "Table 3 Actions!S8"),
    }
    assert found.submission.heading.reported_year == 2023
    assert [each.quantity for each in found.submission.actions] == [100]


def test_a_heading_of_other_words_is_not_taken_for_one(tmp_path: Path) -> None:
    book = thai()
    book[ACTIONS.sheet]["S8"] = "Quantity sold"
    found = read(book, tmp_path)
    assert {each.code for each in found.findings} == {Code.COLUMN_MISSING, Code.COLUMN_UNKNOWN}
    assert found.submission.actions[0].quantity is None


def test_a_value_that_begins_like_a_heading_is_a_value(tmp_path: Path) -> None:
    book = thai()
    book[SUBMISSION.sheet]["C6"] = "Reported year 2023"
    book[SUBMISSION.sheet]["C14"] = "Reported year: 2023"
    found = read(book, tmp_path)
    assert found.submission.heading.reported_year == 2023
    assert Code.COLUMN_REPEATED not in {each.code for each in found.findings}
