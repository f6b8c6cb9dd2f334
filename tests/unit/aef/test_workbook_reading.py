# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Workbooks whose form departs from the blank: each is read all the same, and reported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from aef import layout
from aef.draft_layout import DRAFT_ACTIONS, DRAFT_HEADING, DRAFT_HOLDINGS
from aef.layout import ACTIONS, AUTHORIZATIONS, HOLDINGS, SUBMISSION
from aef.model import ActionType, ReadFile
from aef.opening import read_file
from aef.syntax_codes import Code
from aef.workbook_writing import write_workbook
from tests.kit.aef_files import blank_workbook, fill_heading, fill_rows, saved, swiss_workbook

Change = Callable[[Workbook], None]


def read(book: Workbook, folder: Path) -> ReadFile:
    return read_file(saved(book, folder / "file.xlsx"))


def rename(book: Workbook) -> None:
    book[ACTIONS.sheet].title = "Actions 2024 (final)"


def reorder(book: Workbook) -> None:
    book.move_sheet(ACTIONS.sheet, -4)
    book.move_sheet(SUBMISSION.sheet, 3)


def hide(book: Workbook) -> None:
    book[ACTIONS.sheet].sheet_state = "hidden"


def repeat(book: Workbook) -> None:
    book.copy_worksheet(book[ACTIONS.sheet]).title = "Copy"


def drop_entities(book: Workbook) -> None:
    del book[layout.ENTITIES.sheet]


def shift(book: Workbook) -> None:
    sheet = book[AUTHORIZATIONS.sheet]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.insert_cols(2)
    sheet.insert_rows(1, 3)


def restyle_headings(book: Workbook) -> None:
    sheet = book[ACTIONS.sheet]
    sheet["C8"], sheet["I8"], sheet["W8"] = "ACTION\n type *", "First ID\u00b9", " vintage (a)"


def lose_column(book: Workbook) -> None:
    book[ACTIONS.sheet]["AE8"] = None


def add_column(book: Workbook) -> None:
    book[ACTIONS.sheet]["AF8"] = "Price"


def double_column(book: Workbook) -> None:
    book[ACTIONS.sheet]["AF8"] = "Vintage"


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (rename, Code.SHEET_RENAMED, "Actions 2024 (final)"),
        (reorder, None, ""),
        (hide, Code.SHEET_HIDDEN, "Table 3 Actions"),
        (repeat, Code.SHEET_REPEATED, "Copy"),
        (drop_entities, Code.SHEET_MISSING, "Table 5 Auth. entities"),
        (shift, Code.COLUMN_MOVED, "Table 2 Authorizations!C10"),
        (restyle_headings, None, ""),
        (lose_column, Code.COLUMN_MISSING, "Table 3 Actions!8"),
        (add_column, Code.COLUMN_UNKNOWN, "Table 3 Actions!AF8"),
        (double_column, Code.COLUMN_REPEATED, "Table 3 Actions!AF8"),
    ],
)
def test_another_form_is_read_all_the_same(
    tmp_path: Path, change: Change, code: Code | None, place: str
) -> None:
    plain = read(swiss_workbook(), tmp_path)
    book = swiss_workbook()
    change(book)
    changed = read(book, tmp_path)
    assert len(changed.submission.actions) == len(plain.submission.actions) == 1
    assert changed.submission.actions[0].span == plain.submission.actions[0].span
    assert changed.submission.authorizations[0].time_frame == (2021, 2030)
    assert changed.submission.heading == plain.submission.heading
    usual = {finding.code for finding in plain.findings}
    new = [finding for finding in changed.findings if finding.code not in usual]
    assert {finding.code for finding in new} == ({code} if code else set())
    if new:
        assert str(new[0].place) == place


def test_a_formula_is_reported_and_never_calculated(tmp_path: Path) -> None:
    book = swiss_workbook()
    book[ACTIONS.sheet]["S9"] = "=1000+916"
    found = read(book, tmp_path)
    (formula,) = [each for each in found.findings if each.code == Code.FORMULA]
    assert (str(formula.place), formula.found) == ("Table 3 Actions!S9", "=1000+916")
    # Nothing was ever stored with it, so nothing is read.
    assert found.submission.actions[0].quantity is None


def test_merged_cells_are_read_for_each_of_their_rows(tmp_path: Path) -> None:
    book = swiss_workbook()
    sheet = book[HOLDINGS.sheet]
    for letter in ("D", "E", "F", "G", "M", "P", "S", "T"):
        sheet[f"{letter}9"] = sheet[f"{letter}8"].value
    sheet.merge_cells("B8:B9")
    sheet.merge_cells("C8:C9")
    found = read(book, tmp_path)
    assert [each.authorization_id for each in found.submission.holdings] == ["5002", "5002"]
    merged = [str(each.place) for each in found.findings if each.code == Code.MERGED_CELLS]
    assert merged == ["Table 4 Holdings!B9", "Table 4 Holdings!C9"]


def test_rows_that_are_no_entries(tmp_path: Path) -> None:
    book = swiss_workbook()
    sheet = book[ACTIONS.sheet]
    sheet["B20"] = "Note: all figures are provisional."
    sheet["B21"], sheet["S21"] = "Total", 1916
    sheet["B22"], sheet["C22"] = "Action date", "Action type"
    sheet["B23"], sheet["C23"], sheet["E23"] = "NA", "NA", "NA"
    found = read(book, tmp_path)
    assert len(found.submission.actions) == 1
    ignored = [each.place.row for each in found.findings if each.code == Code.ROW_IGNORED]
    assert ignored == [20, 21, 22, 23]


def test_dates_with_the_month_first_leave_the_others_open(tmp_path: Path) -> None:
    book = swiss_workbook()
    row = {
        column.field: book[ACTIONS.sheet][f"{column.letter}9"].value for column in ACTIONS.columns
    }
    fill_rows(book, ACTIONS, [{**row, "date": text} for text in ("12/20/2023", "03/04/2023")])
    found = read(book, tmp_path)
    sure, open_one = found.submission.actions
    assert (sure.date, sure.written.get("date")) == (date(2023, 12, 20), None)
    assert (open_one.date, open_one.written["date"]) == (None, "03/04/2023")
    doubtful = [each for each in found.findings if each.code == Code.DATE_AMBIGUOUS]
    assert [(str(each.place), each.fatal) for each in doubtful] == [("Table 3 Actions!B10", True)]


def draft_workbook() -> Workbook:
    book = Workbook()
    heading = book.active
    assert isinstance(heading, Worksheet)
    heading.title = DRAFT_HEADING.sheet
    texts = ("GHA", "1.0", 2023, "01/04/2024", None, None, 2021, 2030, None)
    for row, (column, text) in enumerate(zip(SUBMISSION.columns, texts, strict=True), 2):
        heading[f"A{row}"], heading[f"B{row}"] = column.title, text
    said = {
        "cooperative_approach": "CA0002",
        "first_id": "1",
        "last_id": "100",
        "metric": "GHG",
        "quantity": 100,
        "conversion_factor": 1,
        "first_transferring_party": "GHA",
        "vintage": 2022,
        "authorized_sectors": "Agriculture",
        "authorized": "11/09/2023",
        "authorization_id": "1001",
        "purposes": "NDC",
        "date": "13/09/2023",
        "type": "Use",
        "user": "CHE",
    }
    for table in (DRAFT_ACTIONS, DRAFT_HOLDINGS):
        sheet = book.create_sheet(table.sheet)
        sheet.append([table.title])
        sheet.append([column.title for column in table.columns])
        sheet.append([said.get(column.field) for column in table.columns])
    return book


def test_the_draft_layout_is_recognised_and_carried_over(tmp_path: Path) -> None:
    found = read(draft_workbook(), tmp_path)
    submission = found.submission
    assert submission.draft_layout
    assert Code.LAYOUT_DRAFT in {each.code for each in found.findings}
    assert not any(each.code == Code.SHEET_MISSING for each in found.findings)
    (action,), (holding,), (authorization,) = (
        submission.actions,
        submission.holdings,
        submission.authorizations,
    )
    assert (action.type, action.using_party, action.sector) == (
        ActionType.USE,
        "CHE",
        "Agriculture",
    )
    assert (action.conversion_factor, holding.quantity) == ("1", 100)
    assert authorization.date == date(2023, 9, 11)
    assert authorization.purposes == {"NDC"}
    # The 26 of 6/CMA.4, the database's id of the record, and the answer to "First transfer".
    assert len(DRAFT_ACTIONS.columns) == 28


def test_the_same_submission_gives_the_same_bytes(tmp_path: Path) -> None:
    submission = read(swiss_workbook(), tmp_path).submission
    one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    steps: list[tuple[int, int]] = []
    write_workbook(submission, one, lambda done, total: steps.append((done, total)))
    write_workbook(submission, two)
    assert one.read_bytes() == two.read_bytes()
    assert steps == [(3, 3)]
    assert not list(tmp_path.glob(".*"))


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    book = blank_workbook()
    fill_heading(book, {"party": "CHE"})
    fill_rows(book, layout.ENTITIES, [{"name": "placeholder", "country": "CHE"}])
    cell = book[layout.ENTITIES.sheet]["D11"]
    cell.value = "=HYPERLINK(1)"
    cell.data_type = "s"
    found = read(book, tmp_path)
    assert found.submission.entities[0].name == "=HYPERLINK(1)"
    again = tmp_path / "again.xlsx"
    write_workbook(found.submission, again)
    assert read_file(again).submission.entities[0].name == "=HYPERLINK(1)"
    assert not any(each.code == Code.FORMULA for each in read_file(again).findings)
