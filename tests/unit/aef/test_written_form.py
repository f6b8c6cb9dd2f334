# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Workbooks drawn from the ledger keep to the rules that the secretariat's public prototype checks.

The prototype itself is not part of this project; its rules are written down here as far as they are
known. It is older than the common nomenclatures of 2026. Where the two differ, the nomenclatures are
kept to:

- ids of cooperative approaches have six digits (item 9, April 2026), four in the prototype;
- dates of actions have a time, ISO 8601 in UTC (item 24), dd/mm/yyyy in the prototype;
- actions may be of the types "Authorization" and "Voluntary Cancellation", unknown there;
- the subtype is "First transfer to another Party" (item 26), "First international transfer" there;
- ids of authorizations with a slash or a full stop are a finding (item 7); there they pass in table 3 in
  its later versions, and never in table 4;
- a use is reported in the year it takes place in, also for a year of the NDC period before (STC03).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

from aef import layout
from aef.footnotes import NOT_APPLICABLE
from aef.json_reading import from_json
from aef.json_writing import to_json
from aef.layout import (
    ACTIONS,
    AUTHORIZATIONS,
    HOLDINGS,
    LISTED,
    SUBMISSION,
    Table,
    letter_of,
)
from aef.model import NOWHERE, ActionSubtype, ActionType, Heading, Submission
from aef.opening import read_file
from aef.syntax_codes import Code
from aef.workbook_reading import ROW_TYPES
from aef.workbook_writing import write_workbook
from itmo import nomenclature
from tests.kit.aef_files import case_file, official_blank
from tests.kit.clearing import START, trading_world, transfer, use
from tests.kit.own_aefs import draw

UNIT_ID: Final = re.compile(r"(CA\d{6})-([A-Z]{3}\d{2})-([A-Z]{3})-([1-9]\d*)-(20\d\d)")
TIME_FRAME: Final = re.compile(
    r"\d{4} - \d{4}|Occurred: from \d{4} to \d{4}(; Use: from \d{4} to \d{4})?"
)
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(scope="module")
def drawn() -> list[Submission]:
    return asyncio.run(_drawn())


async def _drawn() -> list[Submission]:
    world = await trading_world()
    sold = transfer(world, 1, 1_000)
    await world.senders["tha"].propose(sold)
    await world.senders["che"].accept(sold.transaction_id)
    await world.senders["che"].propose(use(world, 1, 100, 2023))
    return [draw(world.connection, party, 2023, submitted=START.date()) for party in ("THA", "CHE")]


@pytest.fixture(scope="module")
def books(drawn: list[Submission], tmp_path_factory: pytest.TempPathFactory) -> list[Workbook]:
    folder = tmp_path_factory.mktemp("written")
    found = []
    for submission in drawn:
        path = folder / f"{submission.heading.party}.xlsx"
        write_workbook(submission, path)
        found.append(load_workbook(path))
    return found


def rows(book: Workbook, table: Table) -> Iterator[dict[str, Any]]:
    """The cells of a table's rows, by field."""
    sheet = book[table.sheet]
    for number in range(table.header_row + 1, sheet.max_row + 1):
        yield {column.field: sheet[f"{column.letter}{number}"] for column in table.columns}


def texts(book: Workbook, table: Table) -> Iterator[dict[str, str]]:
    for row in rows(book, table):
        yield {field: str(cell.value or "") for field, cell in row.items()}


def test_the_heading(books: list[Workbook]) -> None:
    for book in books:
        said = {
            each.field: book[SUBMISSION.sheet][f"C{each.title_row}"] for each in SUBMISSION.columns
        }
        assert re.fullmatch(r"[A-Z]{3}", str(said["party"].value))
        assert re.fullmatch(r"\d+\.\d+", str(said["version"].value))
        assert isinstance(said["submitted"].value, datetime)
        assert said["submitted"].number_format == "dd/mm/yyyy"
        for name in ("reported_year", "ndc_first", "ndc_last"):
            assert 2020 <= said[name].value <= 2040
        for name in ("review_status", "consistency_result"):
            assert said[name].value == layout.CARP_TEXT
        assert said["review_link"].value == layout.CARP_LINK


def test_authorizations(books: list[Workbook]) -> None:
    found = [row for book in books for row in rows(book, AUTHORIZATIONS)]
    assert found
    for row in found:
        assert re.fullmatch(r"[A-Za-z0-9 ./-]+", str(row["authorization_id"].value))
        assert row["date"].number_format == "dd/mm/yyyy"
        assert row["metric"].value in nomenclature.METRICS
        assert row["purposes"].value in nomenclature.PURPOSES
        assert TIME_FRAME.fullmatch(row["time_frame"].value)
        assert int(row["version"].value) >= 1


@pytest.mark.parametrize("table", [ACTIONS, HOLDINGS], ids=lambda table: table.key)
def test_ids_and_quantities(books: list[Workbook], table: Table) -> None:
    found = [row for book in books for row in texts(book, table)]
    assert found
    for row in found:
        first, last = UNIT_ID.fullmatch(row["first_id"]), UNIT_ID.fullmatch(row["last_id"])
        assert first is not None
        assert last is not None
        for part in (1, 2, 3, 5):
            assert first[part] == last[part]
        assert int(last[4]) - int(first[4]) + 1 == int(row["quantity"]) >= 1
        assert (first[1], first[3]) == (
            row["cooperative_approach"],
            row["first_transferring_party"],
        )
        assert first[5] == row["vintage"]
        assert re.fullmatch(r"[A-Z]{3}\d{2}", row["registry"])
        assert row["mitigation_type"] in nomenclature.MITIGATION_TYPES
        for each in NOT_APPLICABLE[table.key]:
            assert row[each] != ""


def test_actions(books: list[Workbook]) -> None:
    found = [row for book in books for row in texts(book, ACTIONS)]
    assert {row["type"] for row in found} == {
        "Authorization", "First transfer", "Acquisition", "Use",
    }  # fmt: skip
    for row in found:
        assert MOMENT.fullmatch(row["date"])
        assert row["type"] in set(ActionType)
        assert (row["transferring_party"] != "NA") == (row["type"] == "Acquisition")
        assert (row["acquiring_party"] != "NA") == (row["type"] == "First transfer")
        assert (row["year_of_use"] != "NA") == (row["type"] == "Use")
        assert row["quantity_non_ghg"] == row["non_ghg_metric"] == "NA"


def test_it_is_read_without_a_finding_and_says_the_same(
    drawn: list[Submission], tmp_path: Path
) -> None:
    for merged in (True, False):
        for submission in drawn:
            path = tmp_path / "aef.xlsx"
            write_workbook(submission, path, merged=merged)
            read = read_file(path)
            # Headings in one row are another layout, and no other fault. The id of the letter, with
            # its full stop and slash, is the Party's own.
            allowed = {Code.AUTHORIZATION_FORMAT} | (set() if merged else {Code.LAYOUT_FLAT})
            assert {each.code for each in read.findings} <= allowed
            for theirs, ours in zip(read.submission.actions, submission.actions, strict=True):
                assert (theirs.span, theirs.quantity, theirs.time) == (
                    ours.span, ours.quantity, ours.time,
                )  # fmt: skip
                assert theirs.acquiring_party == ours.acquiring_party


def test_unmerged_every_heading_stands_in_one_row(drawn: list[Submission], tmp_path: Path) -> None:
    path = tmp_path / "aef.xlsx"
    write_workbook(drawn[0], path, merged=False)
    book = load_workbook(path)
    for table in LISTED:
        sheet = book[table.sheet]
        assert sheet.merged_cells.ranges == set()
        for column in table.columns:
            assert sheet[f"{column.letter}{table.header_row}"].value == column.title


def test_unmerged_a_program_that_reads_by_position_finds_every_field(
    drawn: list[Submission], tmp_path: Path
) -> None:
    """The prototype looks for the title, then for a row that has the first and the last heading, counts the
    columns between them, empty ones too, and reads down to the first row without a value."""
    path = tmp_path / "aef.xlsx"
    write_workbook(drawn[0], path, merged=False)
    book = load_workbook(path)
    for table in LISTED:
        listed = list(book[table.sheet].iter_rows(values_only=True))
        title = next(at for at, row in enumerate(listed) if table.title in row)
        first, last = table.columns[0].title, table.columns[-1].title
        at = next(
            at for at, row in enumerate(listed) if at > title and first in row and last in row
        )
        begin, end = listed[at].index(first), listed[at].index(last)
        gaps = {letter_of(place) for place in range(begin + 1, end + 2)}
        gaps -= {column.letter for column in table.columns}
        titles = {column.letter: column.title for column in table.columns}
        expected = [titles.get(letter_of(place)) for place in range(begin + 1, end + 2)]
        assert list(listed[at][begin : end + 1]) == expected
        assert all(listed[at][column_index_from_string(each) - 1] is None for each in gaps)
        below = listed[at + 1 :]
        assert len(below) == len(getattr(drawn[0], table.key))
        for row in below:
            said = {
                column.field: row[column_index_from_string(column.letter) - 1]
                for column in table.columns
            }
            assert all(isinstance(said[each] or "", str) for each in said if each.endswith("_id"))
            for name in ("quantity", "quantity_non_ghg", "vintage", "year_of_use"):
                assert re.fullmatch(r"(NA|\d+)?", str(said.get(name, "NA")))
            for name in ("transferring_party", "acquiring_party", "using_party"):
                assert re.fullmatch(r"(NA|[A-Z]{3})?", str(said.get(name) or ""))


def test_values_can_be_picked(books: list[Workbook]) -> None:
    sheet = books[0][ACTIONS.sheet]
    lists = {
        str(each.sqref).split(":")[0]: each.formula1
        for each in sheet.data_validations.dataValidation
    }
    assert lists["C9"] == f'"{",".join(ActionType)}"'
    place = lists["D9"].replace("$", "").split("!")[1]
    assert [cell.value for (cell,) in books[0][layout.INDEX_SHEET][place]] == list(ActionSubtype)


# -- the look of the blank --------------------------------------------------------------------------


def blank() -> Workbook:
    if (path := official_blank()) is None:
        pytest.skip("the official blank is not at hand")
    return load_workbook(path)


@pytest.mark.filterwarnings("ignore:Print area")
def test_the_footnotes_are_those_of_the_blank(books: list[Workbook]) -> None:
    def texts_of(book: Workbook) -> dict[str, str]:
        cells = (cell for row in book[layout.SUMMARY_SHEET].iter_rows() for cell in row)
        return {each.coordinate: str(each.value).strip() for each in cells if each.value}

    expected = {place: text for place, text in texts_of(blank()).items() if text}
    assert texts_of(books[0]) == expected


@pytest.mark.filterwarnings("ignore:Print area")
@pytest.mark.parametrize("table", LISTED, ids=lambda table: table.key)
def test_fonts_and_lines_are_those_of_the_blank(books: list[Workbook], table: Table) -> None:
    theirs, ours = blank()[table.sheet], books[0][table.sheet]
    for column in table.columns:
        place = f"{column.letter}{column.title_row}"
        if column.title_row == table.header_row:
            assert look(ours, place) == look(theirs, place), place
        first = f"{column.letter}{table.header_row + 1}"
        if ours[first].value is not None:
            assert ours[first].font.name == "Times New Roman"
            assert ours[first].font.size == 10
    title = table.title_cell
    assert (ours[title].font.name, ours[title].font.size, ours[title].font.bold) == (
        "Times New Roman", 10, True,
    )  # fmt: skip


def look(sheet: Worksheet, place: str) -> tuple[object, ...]:
    cell = sheet[place]
    return cell.font.name, cell.font.size, cell.font.italic, cell.border.bottom.style


def test_headings_are_high_enough_to_be_read(books: list[Workbook]) -> None:
    """A program that shows workbooks finds no height by itself where cells are merged."""
    for table in LISTED:
        sheet = books[0][table.sheet]
        height = sheet.row_dimensions[table.header_row].height
        for column in table.columns:
            if column.title_row != table.header_row:
                continue
            width = sheet.column_dimensions[column.letter].width
            assert height >= 9 * len(column.title) / (width * 1.4), column.title


@pytest.mark.parametrize("table", LISTED, ids=lambda table: table.key)
def test_what_was_not_understood_is_written_again(table: Table, tmp_path: Path) -> None:
    """Whatever the field holds: its text stands in `written`, and nowhere else."""
    said = {column.field: f"as it stood in {column.letter}" for column in table.columns}
    row = ROW_TYPES[table.key](written=said)
    rows_of_one: dict[str, Any] = {table.key: (row,)}
    submission = replace(Submission(source="", heading=Heading()), **rows_of_one)
    path = tmp_path / "aef.xlsx"
    write_workbook(submission, path)
    sheet = load_workbook(path)[table.sheet]
    first = table.header_row + 1
    assert {c.field: sheet[f"{c.letter}{first}"].value for c in table.columns} == said
    form = to_json(submission)
    again = to_json(from_json(json.loads(json.dumps(form)), "again").submission)
    assert form[table.key] == [said]
    (kept,) = again[table.key]
    assert {name: "".join(text) for name, text in kept.items()} == said


FILED: Final = ("C00_control_CHE", "C03_year_in_words", "C06_time_frame_one_year", "C13_platform_fields",
                "C14_oimp_without_definition", "C15_entities", "C17_fields_that_do_not_apply",
                "C20_undp_generated", "C21_out_of_bounds")  # fmt: skip


@pytest.mark.parametrize("name", FILED)
def test_a_filed_workbook_says_the_same_after_json_and_back(name: str, tmp_path: Path) -> None:
    if (path := case_file(f"{name}.xlsx")) is None:
        pytest.skip("the cases are not at hand")
    filed = read_file(path).submission
    again = from_json(json.loads(json.dumps(to_json(filed))), "json").submission
    assert said(again) == said(filed)
    write_workbook(again, tmp_path / "again.xlsx")
    assert said(read_file(tmp_path / "again.xlsx").submission) == said(filed)


def said(submission: Submission) -> dict[str, Any]:
    """Everything that is said, wherever it stands."""
    rows = {
        table.key: [replace(row, place=NOWHERE) for row in getattr(submission, table.key)]
        for table in LISTED
    }
    return {"heading": submission.heading, **rows}
