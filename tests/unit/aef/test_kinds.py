# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Findings on the format: what was found and read, the cell at fault, one line for each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from aef.layout import ACTIONS, AUTHORIZATIONS, HOLDINGS, SUBMISSION, Table
from aef.model import Place, SyntaxFinding
from aef.notes import Notes
from aef.opening import read_file
from aef.result.kinds import NAMED, Kind, found_and_read, kinds_of
from aef.row_reading import RowReader
from aef.syntax_codes import Code
from tests.kit.aef_files import fill_rows, saved, swiss_workbook, thai_workbook
from workbooks.raw import Raw


def noted(table: Table, **raws: Raw) -> list[SyntaxFinding]:
    notes = Notes()
    place = Place(table.key, 9)
    RowReader(table, notes, list(raws)).read(
        raws, place, lambda name: Place(place.sheet, place.row, name)
    )
    return list(notes.finished())


@pytest.mark.parametrize(
    ("table", "field", "raw", "said"),
    [
        (SUBMISSION, "party", "Switzerland", '"Switzerland", read as CHE'),
        (SUBMISSION, "reported_year", "year 2024", '"year 2024", read as 2024'),
        (SUBMISSION, "reported_year", "2023-2024", '"2023-2024", not read'),
        (SUBMISSION, "submitted", "3 April 2024", '"3 April 2024", read as 03/04/2024'),
        (SUBMISSION, "party", None, "nothing: the cell is empty"),
        (SUBMISSION, "party", "", "nothing: the cell is empty"),
        (ACTIONS, "registry", "TH001", '"TH001", read as THA01'),
        (ACTIONS, "registry", "somewhere", '"somewhere", kept as it is'),
        (ACTIONS, "quantity", "1,916", '"1,916", read as 1916'),
        (ACTIONS, "quantity", "0", '"0", kept as it is'),
        (ACTIONS, "acquiring_party", "n.a.", '"n.a.", read as NA'),
        (
            ACTIONS,
            "subtype",
            "First international transfer",
            '"First international transfer", read as First transfer to another Party',
        ),
        (
            AUTHORIZATIONS,
            "time_frame",
            "1 Oct 2022-31 Dec 2030",
            '"1 Oct 2022-31 Dec 2030", read as 2022 - 2030',
        ),
        (AUTHORIZATIONS, "purposes", "ndc & op", '"ndc & op", read as NDC and OP'),
        (AUTHORIZATIONS, "parties", "Any Party", '"Any Party", read as no limit'),
        (AUTHORIZATIONS, "parties", "CH, TH", '"CH, TH", read as CHE, THA'),
    ],
)
def test_a_finding_says_what_was_found_and_what_it_was_read_as(
    table: Table, field: str, raw: Raw, said: str
) -> None:
    found = next(each for each in noted(table, **{field: raw}) if each.place.column == field)
    assert found_and_read(found) == said


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("CA000003-THA01-THA-1-2022", "CA000003-TH001-TH-9-2022", [("FORMAT", "last_id")]),
        ("CA0003-TH001-TH-1-2022", "CA000003-THA01-THA-9-2022", [("FORMAT", "first_id")]),
        ("1,000", "2000", [("SEPARATORS", "first_id")]),
        ("CA000003-THA01-THA-9-2022", "CA000003-THA01-THA-1-2022", [("REVERSED", "last_id")]),
        ("CA000003-THA01-THA-1-2022", "CA000003-THA01-THA-9-2023", [("UNLIKE", "last_id")]),
        ("CA000003-THA01-THA-1-2022", "9", [("SHORTENED", "last_id")]),
    ],
)
def test_of_two_unit_ids_the_one_at_fault_is_named(
    first: str, last: str, expected: list[tuple[str, str]]
) -> None:
    found = noted(HOLDINGS, first_id=first, last_id=last)
    assert [(each.code.rsplit("_", 1)[-1], each.place.column) for each in found] == expected
    assert [each.found for each in found] == [
        {"first_id": first, "last_id": last}[each.place.column] for each in found
    ]


def test_a_shortened_id_is_told_in_full() -> None:
    (finding,) = noted(HOLDINGS, first_id="CA000003-THA01-THA-1-2022", last_id="9")
    assert finding.read_as == "CA000003-THA01-THA-9-2022"


def test_one_kind_of_fault_is_one_line_with_all_its_cells(tmp_path: Path) -> None:
    read = read_file(saved(thai_workbook(), tmp_path / "tha.xlsx"))
    kinds = {each.code: each for each in kinds_of(read.findings)}
    assert len(kinds) == len(kinds_of(read.findings))
    registry = kinds[Code.REGISTRY_DIGITS]
    assert registry.count == "4 cells"
    assert registry.said() == ['"TH001", read as THA01']
    assert registry.where() == ["Table 3 Actions: Party ITMO registry ID H9:H12"]
    assert registry.remedy == "Use two digits."
    ids = kinds[Code.UNIT_ID_FORMAT]
    assert ids.where() == ["Table 3 Actions: First ID I9:I12; Last ID J9:J12"]
    assert ids.said()[-1] == "and 5 more"


def test_many_scattered_cells_are_counted() -> None:
    scattered = [
        SyntaxFinding(
            code=Code.PARTY_CASE,
            place=Place("Sheet", row, "F"),
            column="Party",
            found="tha",
            expected="THA",
            read_as="THA",
        )
        for row in range(2, 2 * NAMED + 12, 2)
    ]
    (where,) = Kind(tuple(scattered)).where()
    assert where.startswith("Sheet: Party F2, F4, ")
    assert where.endswith("and 5 more")


def test_what_asks_for_different_things_is_told_apart() -> None:
    one, other = (
        SyntaxFinding(code=Code.NOMENCLATURE_UNKNOWN, place=Place("S", 1, "A"), column="",
                      found="x", expected=expected)
        for expected in ("a sector", "a metric")
    )  # fmt: skip
    assert len(kinds_of([one, other, one])) == 2


def test_a_formula_is_told_with_the_value_that_was_read(tmp_path: Path) -> None:
    book = swiss_workbook()
    fill_rows(book, ACTIONS, [{"quantity": "=1900+16"}])
    read = read_file(saved(book, tmp_path / "formula.xlsx"))
    (formula,) = (each for each in read.findings if each.code == Code.FORMULA)
    # openpyxl writes no calculated value, so there is none to be read.
    assert (formula.found, formula.read_as) == ("=1900+16", "")
