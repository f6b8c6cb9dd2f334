# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is written has the sheets, headings and columns of the official blank.

`official_blank.json` holds these facts as extracted from the blank; where the blank itself is at hand
the facts are compared with it too.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from aef import layout
from aef.layout import LISTED, SUBMISSION, TABLES, Need
from aef.model import Heading, Submission
from aef.workbook_reading import ROW_TYPES
from aef.workbook_writing import write_workbook
from tests.kit.aef_files import official_blank

FACTS = json.loads(Path(__file__).with_name("official_blank.json").read_text(encoding="utf-8"))


def described(path: Path) -> dict[str, Any]:
    book = load_workbook(path)
    tables = {}
    for table in TABLES:
        sheet = book[table.sheet]
        tables[table.sheet] = {
            "cells": {
                cell.coordinate: str(cell.value).strip()
                for row in sheet.iter_rows(max_row=table.header_row)
                for cell in row
                if cell.value is not None
                and not (table is SUBMISSION and cell.column_letter == "C")
            },
            "merged": sorted(str(each) for each in sheet.merged_cells.ranges),
        }
    return {"sheets": book.sheetnames, "tables": tables}


def test_a_written_workbook_is_laid_out_like_the_blank(tmp_path: Path) -> None:
    path = tmp_path / "aef.xlsx"
    write_workbook(Submission(source="", heading=Heading()), path)
    found = described(path)
    # The blank merges two empty cells below table 1.
    found["tables"][SUBMISSION.sheet]["merged"] = ["B13:C13"]
    assert found == FACTS


@pytest.mark.filterwarnings("ignore:Print area")
def test_the_facts_are_those_of_the_official_blank() -> None:
    if (path := official_blank()) is None:
        pytest.skip("the official blank is not at hand")
    assert described(path) == FACTS


def test_columns_are_as_many_as_the_decision_has() -> None:
    assert [len(table.columns) for table in TABLES] == [9, 19, 27, 16, 8]


@pytest.mark.parametrize("table", LISTED, ids=lambda table: table.key)
def test_every_column_is_a_field_of_the_model(table: layout.Table) -> None:
    names = {each.name for each in fields(ROW_TYPES[table.key])}
    assert {column.field for column in table.columns} <= names


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_the_platform_fills_in_only_what_the_decision_says(table: layout.Table) -> None:
    platform = {column.field for column in table.columns if column.need is Need.PLATFORM}
    expected = {
        "submission": {"review_status", "consistency_result", "review_link"},
        "authorizations": {"documentation"},
        "actions": {"consistency_result"},
    }
    assert platform == expected.get(table.key, set())


@pytest.mark.parametrize("index", [1, 26, 27, 52, 53, 702, 703])
def test_letters_of_columns(index: int) -> None:
    assert layout.letter_of(index) == get_column_letter(index)
