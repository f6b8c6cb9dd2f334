# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where tables stand: all on one sheet, hidden, under other names, in another order, in other layouts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.worksheet import Worksheet

from aef.draft_layout import DRAFT_TABLES
from aef.headings import title_in, titles_of
from aef.layout import ACTIONS, AUTHORIZATIONS, LISTED, SUBMISSION, TABLES
from aef.model import ReadFile
from aef.opening import read_file
from aef.syntax_codes import Code
from tests.kit.aef_files import CellValue, saved
from tests.kit.aef_pair import Change, cell, thai


def read(book: Workbook, tmp_path: Path) -> ReadFile:
    return read_file(saved(book, tmp_path / "file.xlsx"))


def found_in(tmp_path: Path, change: Change) -> list[tuple[str, str]]:
    """Findings of the pair's Thai file after a change that leaves what it says as it was."""
    plain = read(thai(), tmp_path)
    book = thai()
    change(book)
    found = read(book, tmp_path)
    assert found.submission.heading == plain.submission.heading
    for table in LISTED:
        said, before = (getattr(each.submission, table.key) for each in (found, plain))
        assert [_content(row) for row in said] == [_content(row) for row in before]
    assert found.submission.unseen == frozenset()
    return [(each.code, str(each.place)) for each in found.findings]


def _content(row: object) -> dict[str, object]:
    names = [name for name in getattr(row, "__dataclass_fields__") if name != "place"]  # noqa: B009 - of any row
    return {name: getattr(row, name) for name in names}


def loose(sheet: Worksheet) -> Worksheet:
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    return sheet


def hide_rows_and_columns(book: Workbook) -> None:
    book[ACTIONS.sheet].row_dimensions[9].hidden = True
    book[ACTIONS.sheet].column_dimensions["S"].hidden = True
    book[SUBMISSION.sheet].row_dimensions[6].hidden = True


def hide_well(book: Workbook) -> None:
    book[ACTIONS.sheet].sheet_state = "veryHidden"


def leave_blank_rows(book: Workbook) -> None:
    for row in range(14, 300):
        book[ACTIONS.sheet].cell(row, 2).value = " "
        book[ACTIONS.sheet].cell(row, 3).value = "\u00a0"


def exchange_columns(book: Workbook) -> None:
    sheet = loose(book[ACTIONS.sheet])
    for row in (8, 9):
        left, right = sheet.cell(row, 3), sheet.cell(row, 4)
        left.value, right.value = right.value, left.value


def begin_far_down(book: Workbook) -> None:
    loose(book[ACTIONS.sheet]).insert_rows(1, 150)


def begin_far_right(book: Workbook) -> None:
    sheet = loose(book[AUTHORIZATIONS.sheet])
    sheet.insert_cols(1, 300)


def caption_over_all_columns(book: Workbook) -> None:
    sheet = book[ACTIONS.sheet]
    sheet["B2"] = "Table 3: Actions"
    sheet.merge_cells("B2:AH2")


def call_it_index(book: Workbook) -> None:
    book["Index"].title = "Contents"
    book[ACTIONS.sheet].title = "Index"


def all_on_one_sheet(book: Workbook) -> None:
    whole, at = book.create_sheet("AEF"), 1
    for table in TABLES:
        for row in book[table.sheet].iter_rows():
            for each in row:
                if each.value is not None:
                    whole.cell(each.row + at, each.column).value = each.value
        at += book[table.sheet].max_row + 1
        del book[table.sheet]


def repeat_headings(book: Workbook) -> None:
    sheet = book[ACTIONS.sheet]
    for row in range(3, 9):
        for column in range(2, 35):
            if (value := sheet.cell(row, column).value) is not None:
                sheet.cell(row + 20, column).value = value


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (hide_rows_and_columns, [(Code.COLUMN_HIDDEN, "Table 3 Actions!S8"), (Code.ROW_HIDDEN, "Table 1 Submission!6"), (Code.ROW_HIDDEN, "Table 3 Actions!9")]),
        (hide_well, [(Code.SHEET_HIDDEN, "Table 3 Actions")]),
        (leave_blank_rows, []),
        (exchange_columns, [(Code.COLUMN_MOVED, "Table 3 Actions!D8"), (Code.COLUMN_MOVED, "Table 3 Actions!C8")]),
        (begin_far_down, []),
        (caption_over_all_columns, []),
        (call_it_index, [(Code.SHEET_UNKNOWN, "Contents"), (Code.SHEET_RENAMED, "Index")]),
        (all_on_one_sheet, [(Code.SHEET_RENAMED, "AEF")]),
        (repeat_headings, []),
    ],
)  # fmt: skip
def test_wherever_a_table_stands(
    tmp_path: Path, change: Change, expected: list[tuple[str, str]]
) -> None:
    assert found_in(tmp_path, change) == expected


def test_columns_beyond_the_letters_of_the_blank(tmp_path: Path) -> None:
    found = found_in(tmp_path, begin_far_right)
    assert {code for code, _ in found} == {Code.COLUMN_MOVED}
    assert found[0][1] == "Table 2 Authorizations!KP7"


@pytest.mark.parametrize(
    "text",
    [
        "Vintage a",
        "Vintage (a)",
        "Vintage [12]",
        "Vintage*",
        "Vintage \u2020",
        "Vintage\u00b9",
        "Vintagej",
        "Vintage a, b",
        "12. Vintage",
        "a) Vintage:",
        "VINTAGE\n",
        "\uff36\uff49\uff4e\uff54\uff41\uff47\uff45",
    ],
)
def test_marks_of_footnotes_do_not_count(tmp_path: Path, text: str) -> None:
    book = thai()
    book[ACTIONS.sheet]["W8"] = text
    found = read(book, tmp_path)
    assert found.submission.actions[0].vintage == 2022
    assert found.findings == ()


def test_no_heading_is_another_one_with_a_mark() -> None:
    for table in (*TABLES, *DRAFT_TABLES):
        for title in titles_of(table):
            assert title_in(title) == title


def test_two_columns_of_one_heading(tmp_path: Path) -> None:
    book = thai()
    book[ACTIONS.sheet]["AF8"], book[ACTIONS.sheet]["AF9"] = "Vintage", 2022
    same = read(book, tmp_path)
    assert same.submission.actions[0].vintage == 2022
    assert [(each.code, each.fatal) for each in same.findings] == [(Code.COLUMN_REPEATED, False)]
    book[ACTIONS.sheet]["AF9"] = 2023
    other = read(book, tmp_path)
    assert (other.submission.actions[0].vintage, other.submission.actions[0].written) == (
        None,
        {"vintage": ""},
    )
    assert [(each.code, each.fatal) for each in other.findings] == [(Code.COLUMN_REPEATED, True)]


def test_a_formula_is_no_row_of_its_own(tmp_path: Path) -> None:
    book = thai()
    cell("actions", "quantity", "=SUM(S9:S9)", 12)(book)
    found = read(book, tmp_path)
    assert len(found.submission.actions) == 1
    assert [each.code for each in found.findings] == [Code.FORMULA, Code.ROW_IGNORED]


# -- other layouts --------------------------------------------------------------------------------


def flat(book: Workbook) -> Workbook:
    """The tables of a workbook with one row of headings each and no empty columns."""
    out = Workbook()
    del out["Sheet"]
    for table in TABLES:
        sheet, source = out.create_sheet(f"T{TABLES.index(table) + 1}"), book[table.sheet]
        sheet.append([column.title for column in table.columns])
        if table is SUBMISSION:
            sheet.append([source[f"C{column.title_row}"].value for column in table.columns])
            continue
        for row in range(table.header_row + 1, source.max_row + 1):
            sheet.append([source[f"{column.letter}{row}"].value for column in table.columns])
    return out


def test_the_flat_layout_is_one_finding(tmp_path: Path) -> None:
    plain = read(thai(), tmp_path).submission
    found = read(flat(thai()), tmp_path)
    assert [(each.code, str(each.place)) for each in found.findings] == [(Code.LAYOUT_FLAT, "T1")]
    assert found.submission.heading == plain.heading
    assert [_content(row) for row in found.submission.actions] == [
        _content(row) for row in plain.actions
    ]


def test_the_flat_layout_in_another_order_with_a_column_of_its_own(tmp_path: Path) -> None:
    book = flat(thai())
    sheet = book["T3"]
    for row in (1, 2):
        left, right = sheet.cell(row, 3), sheet.cell(row, 4)
        left.value, right.value = right.value, left.value
    sheet.insert_cols(5)
    sheet["E1"] = "Internal number"
    found = read(book, tmp_path)
    assert [(each.code, str(each.place)) for each in found.findings] == [
        (Code.LAYOUT_FLAT, "T1"),
        (Code.COLUMN_UNKNOWN, "T3!E1"),
    ]
    assert len(found.submission.actions) == 1


def test_a_column_taken_out_of_table_2_alone_is_no_other_layout(tmp_path: Path) -> None:
    book = thai()
    loose(book[AUTHORIZATIONS.sheet]).delete_cols(6)
    found = read(book, tmp_path)
    assert {each.code for each in found.findings} == {Code.COLUMN_MOVED}


def test_table_1_across_has_one_row(tmp_path: Path) -> None:
    book = flat(thai())
    book["T1"].append(["CHE", "1.0", 2022])
    found = read(book, tmp_path)
    assert found.submission.heading.party == "THA"
    assert [(each.code, str(each.place)) for each in found.findings][1:] == [
        (Code.ROW_IGNORED, "T1!3")
    ]


def marked(text: str, mark: str) -> CellRichText:
    raised = InlineFont(vertAlign="superscript")
    return CellRichText(TextBlock(InlineFont(b=True), text), TextBlock(raised, mark))


def draft(rows: Iterable[Iterable[CellValue | CellRichText]]) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "AEF"
    for row in rows:
        sheet.append(list(row))
    return book


HEADINGS = (
    marked("Cooperative approach", "a"), marked("First unique identifier", "b"), marked("Last unique identifier", "c"), "Metric", "Quantity (t CO2 eq)",
    marked("First transferring participating Party", "i"), marked("Vintage", "j"), marked("Date of authorization", "m"), "Authorization ID", "Purposes for authorization",
)  # fmt: skip
VALUES = ("CA0005", "CA0005-GUY01-GUY-1-2021", "CA0005-GUY01-GUY-9-2021", "GHG", 9, "GUY", 2021, "12/02/2024", "GUY 2024-CA1", "NDC")  # fmt: skip
ACTION_HEADINGS = (*HEADINGS, "Action date", "Action type", "Using participating Party or authorized entity or entities")  # fmt: skip


def test_three_tables_of_the_earlier_layout_on_one_sheet(tmp_path: Path) -> None:
    found = read(
        draft(
            [
                ["Table 1: Heading"],
                [marked("Party", "1"), "Guyana"],
                [marked("Reported year", "2"), "January to December 2024"],
                [],
                ["Table 2: Actions"],
                ACTION_HEADINGS,
                [*VALUES, "12/02/2024", "Use", "Switzerland"],
                [*VALUES, "13/02/2024", "Use", "Airline A"],
                ["a Name or ID of the approach"],
                ["* As at the end of the year"],
                ["Table3: Holdings"],
                HEADINGS,
                VALUES,
                ["(b) The first identifier of the block"],
            ]
        ),
        tmp_path,
    )
    assert [each.code for each in found.findings] == [
        Code.LAYOUT_DRAFT,
        Code.PARTY_NAME,
        Code.YEAR_FORMAT,
    ]
    said = found.submission
    assert (said.heading.party, said.heading.reported_year) == ("GUY", 2024)
    assert [(each.using_party, each.using_entity) for each in said.actions] == [
        ("CHE", ""),
        ("", "Airline A"),
    ]
    assert (len(said.holdings), len(said.authorizations)) == (1, 1)
    assert said.unseen == frozenset()


def test_the_earlier_layout_without_its_holdings(tmp_path: Path) -> None:
    rows: list[Iterable[CellValue | CellRichText]] = [["Party", "GUY"], ["Reported year", 2024], [], ACTION_HEADINGS, [*VALUES, "12/02/2024", "Use", "CHE"]]  # fmt: skip
    found = read(draft(rows), tmp_path)
    assert [each.code for each in found.findings] == [Code.LAYOUT_DRAFT, Code.SHEET_MISSING]
    assert found.submission.unseen == {"holdings"}


@pytest.mark.parametrize(
    "values",
    [
        {"date": "No actions in this year"},
        {"date": "N/A", "type": "N/A", "quantity": 0, "first_id": "NA"},
        {"date": "-", "type": "No aplica", "quantity": "0", "additional_information": "No transfers took place."},
        {"date": "sans objet", "type": "n\u00e9ant", "quantity": 0.0},
        dict.fromkeys((column.field for column in ACTIONS.columns), "Not applicable") | {"quantity": 0},
    ],
)  # fmt: skip
def test_rows_that_say_that_nothing_happened(tmp_path: Path, values: dict[str, CellValue]) -> None:
    book = thai()
    for field, value in values.items():
        cell("actions", field, value, 10)(book)
    found = read(book, tmp_path)
    assert len(found.submission.actions) == 1
    assert [(each.code, str(each.place)) for each in found.findings] == [
        (Code.ROW_IGNORED, "Table 3 Actions!10")
    ]


def test_a_row_that_says_anything_else_is_an_entry(tmp_path: Path) -> None:
    book = thai()
    values: dict[str, CellValue] = {"date": "No", "type": "Use", "quantity": 0, "first_id": "NA"}
    for field, value in values.items():
        cell("actions", field, value, 10)(book)
    assert len(read(book, tmp_path).submission.actions) == 2
