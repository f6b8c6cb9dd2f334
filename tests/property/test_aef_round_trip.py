# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Workbook to JSON to workbook to JSON: whatever stood in a cell, nothing that a Party wrote is lost."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import example
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from aef.json_reading import from_json
from aef.json_writing import to_json
from aef.layout import (
    ENTITIES,
    HOLDINGS,
    LISTED,
    SUBMISSION,
    TABLES,
    Column,
    Table,
)
from aef.model import Submission
from aef.opening import read_file
from aef.row_reading import PLACEHOLDERS
from aef.texts import not_applicable
from aef.workbook_writing import write_workbook
from tests.kit.aef_files import CellValue, fill_rows, saved
from tests.kit.aef_pair import UNITS, thai
from tests.kit.drawn import drawn
from workbooks.cell_texts import cleaned

FIELDS: Final = [(table, column) for table in TABLES for column in table.columns]
RAISED: Final = InlineFont(vertAlign="superscript")
WORDS: Final = (
    "as agreed", "about 500 t", "2035", "2023-2024", "1.000", "1,000.5", "12 345", "-5", "+41", "=1+1",
    '=HYPERLINK("x")', "#REF!", "#N/A", "Err:502", "TRUE", "in winter", "31/02/2023", "13/13/2023",
    "2023-12-01T10:00:00+02:00", "Siam", "CH; FR", "Any Party", "THA 1", "CA-x", "CA3", "1006.4/2810",
    "GHG and others", "non-GHG", "First tranfer", "Sale", "NDC, for now", "from 2021 to 2030", "?",
    "a\nb", "_x0041_", "<b>&amp;", "\uff34\uff12", "caf\u00e9", "0", "007", "1e5", "{Information}", "dd/mm/yyyy",
)  # fmt: skip
VALUES: Final = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co", "Cf"]), max_size=20),
    st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)),
    st.dates(date(1901, 1, 1), date(2199, 1, 1)),
    st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001 - a spreadsheet has no zones
    st.booleans(),
    st.sampled_from(WORDS).map(lambda text: CellRichText(text, TextBlock(RAISED, "a"))),
)  # fmt: skip


def place_of(table: Table, column: Column) -> str:
    row = column.title_row if table is SUBMISSION else table.header_row + 1
    return f"{column.letter}{row}"


ENTITY: Final[dict[str, CellValue]] = {
    "date": "10/01/2023", "name": "KliK", "country": "CHE", "identification": "CHE-000.000.001",
    "cooperative_approach": "CA000003",
}  # fmt: skip


def filled() -> Workbook:
    """A workbook with a row in every table."""
    book = thai()
    fill_rows(book, HOLDINGS, [UNITS])
    fill_rows(book, ENTITIES, [ENTITY])
    return book


def hide(book: Workbook, table: Table, column: Column, what: int) -> None:
    sheet = book[table.sheet]
    if what == 1 and table is not SUBMISSION:
        sheet.row_dimensions[table.header_row + 1].hidden = True
    elif what == 2:
        sheet.column_dimensions[column.letter].hidden = True
    elif what == 3:
        sheet.sheet_state = "hidden"


def as_json(submission: Submission) -> Any:  # noqa: ANN401 - JSON
    return json.loads(json.dumps(to_json(submission)))


def told(form: dict[str, Any], table: Table, column: Column) -> object:
    rows = form[table.key]
    row = rows if table is SUBMISSION else rows[0] if rows else {}
    return row.get(column.field)


def flat(form: Any) -> Any:  # noqa: ANN401 - JSON
    """A form in which a list of one text is that text; what was no text in a cell is one in JSON."""
    if isinstance(form, dict):
        return {name: flat(value) for name, value in form.items()}
    if isinstance(form, list) and all(isinstance(each, str) for each in form):
        return ", ".join(form)
    return [flat(each) for each in form] if isinstance(form, list) else form


@drawn(where=st.sampled_from(FIELDS), value=VALUES, hidden=st.integers(0, 3), few=12, many=40)
@example(where=FIELDS[0], value="#REF!", hidden=0)
def test_nothing_that_was_written_is_lost(
    where: tuple[Table, Column],
    value: Any,  # noqa: ANN401 - of every kind that a cell holds
    hidden: int,
) -> None:
    table, column = where
    with TemporaryDirectory() as name:
        folder = Path(name)
        book = filled()
        book[table.sheet][place_of(table, column)] = value
        hide(book, table, column, hidden)
        read = read_file(saved(book, folder / "filed.xlsx"))
        first = as_json(read.submission)
        again = from_json(first, "json").submission
        assert flat(as_json(again)) == flat(first)
        write_workbook(again, folder / "again.xlsx")
        second = read_file(folder / "again.xlsx").submission
        assert flat(as_json(second)) == flat(first)
        for key in (each.key for each in LISTED):
            assert len(getattr(second, key)) == len(getattr(read.submission, key))
    text = cleaned(str(value[0] if isinstance(value, CellRichText) else value))
    of_the_blank = table is SUBMISSION and text in PLACEHOLDERS
    if text and not not_applicable(text) and not of_the_blank and first.get(table.key):
        assert told(first, table, column) not in (None, "", []), (column.field, value)
