# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever stands in a cell where it should not is told with its place, all of it at once, and nothing crashes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from itmo.reasons import ProtocolError, Reason
from sef.faults import CATALOGUE, Fault
from sef.layouts import LAYOUTS
from sef.model import CellKind
from sef.opening import read_file
from sef.read_file import ReadFile
from sef.xml_writing import write_xml
from tests.kit.many import many
from tests.kit.sef_files import Cells, at, cells_of, changed, empty, read_cells, written
from workbooks.raw import CellError, Raw

A_DAY = datetime(2016, 5, 1)  # noqa: DTZ001 - as a spreadsheet has it
OPEN, SHADED = "D10", "B11"
"""A cell of table 1 that is open, and one of table 2 (a) that is shaded."""


Change = Callable[[Cells], None]


def read(change: Change, name: str = "cp1-2016", file: str = "sef.xlsx") -> ReadFile:
    cells = cells_of(empty(name))
    change(cells)
    return read_cells(cells, file)


def put(sheet: str, place: str, value: Raw) -> Change:
    return lambda cells: cells[sheet].update({at(place): value})


def found(read_: ReadFile) -> list[tuple[str, str, str]]:
    return [(each.fault.value, each.sheet, each.address) for each in read_.findings]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (-1, "NEGATIVE"),
        ("-1", "NEGATIVE"),
        (1.5, "FRACTION"),
        ("1.5", "FRACTION"),
        (0, "ZERO"),
        ("0", "ZERO"),
        (None, "EMPTY_OPEN"),
        ("", "EMPTY_OPEN"),
        ("NA", "NOT_APPLICABLE_OPEN"),
        ("none", "TEXT"),
        ("5 units", "TEXT"),
        (True, "WRONG_KIND"),
        (A_DAY, "WRONG_KIND"),
        (1e16, "TOO_LARGE"),
        (CellError("#REF!"), "CELL_ERROR"),
    ],
)
def test_a_bad_cell_is_told_with_its_place(value: Raw, fault: str) -> None:
    read_ = read(put("TABLE1", OPEN, value))
    assert (fault, "TABLE1", OPEN) in found(read_)
    assert {each.address for each in read_.findings} == {OPEN}


def test_a_number_as_text_and_a_word_in_small_letters_are_read_and_told() -> None:
    assert found(read(put("TABLE1", OPEN, "5"))) == [("TEXT_NUMBER", "TABLE1", OPEN)]
    assert found(read(put("TABLE1", OPEN, "no"))) == [("WORD_FORM", "TABLE1", OPEN)]


def test_a_formula_is_told_and_never_calculated() -> None:
    read_ = read(put("TABLE1", OPEN, "=1+1"))
    assert ("FORMULA", "TABLE1", OPEN) in found(read_)
    assert all(cell.kind is not CellKind.NUMBER for cell in read_.submission.cells.values())


@pytest.mark.parametrize("value", [5, "NO", "x", -1, 0])
def test_whatever_fills_a_shaded_cell_is_told(value: Raw) -> None:
    read_ = read(put("TABLE2A", SHADED, value))
    assert found(read_) == [("SHADED_FILLED", "TABLE2A", SHADED)]


def test_all_findings_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    def change(book: Any) -> None:  # noqa: ANN401 - a workbook of openpyxl
        for place, value in zip(("B10", "C10", "D10", "E10"), (-1, 1.5, None, "0"), strict=True):
            book["TABLE1"][place] = value
        book["TABLE1"]["F12"] = "NO"
        book["TABLE3"]["I1"] = "France"

    read_ = read_file(changed(written(empty("cp1-2016"), tmp_path / "sef.xlsx"), change))
    assert found(read_) == [
        ("HEADER_DIFFERS", "TABLE3", "I1"),
        ("NEGATIVE", "TABLE1", "B10"),
        ("FRACTION", "TABLE1", "C10"),
        ("EMPTY_OPEN", "TABLE1", "D10"),
        ("ZERO", "TABLE1", "E10"),
        ("TEXT_NUMBER", "TABLE1", "E10"),
        ("SHADED_FILLED", "TABLE1", "F12"),
    ]


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        ("G1", "France", "HEADER_DIFFERS"),
        ("G3", 2014, "HEADER_DIFFERS"),
        ("G4", 2, "HEADER_DIFFERS"),
        ("G4", 7, "HEADER_UNREADABLE"),
        ("G2", "soon", "HEADER_UNREADABLE"),
        ("G2", None, "HEADER_UNREADABLE"),
        ("F2", "another word", "HEADER_MISSING"),
    ],
)
def test_a_header_that_is_wrong_is_told(place: str, value: Raw, fault: str) -> None:
    faults = [each.fault.value for each in read(put("TABLE1", place, value)).findings]
    assert faults == [fault]


@pytest.mark.parametrize(("party", "told"), [("France", True), ("NZ", False), ("Atlantis", False)])
def test_a_party_whose_registry_has_other_letters_is_told(party: str, told: bool) -> None:
    read_ = read_cells(cells_of(empty("cp1-2016", party=party)))
    faults = [(each.fault, each.sheet, each.address) for each in read_.findings]
    assert faults == ([(Fault.PARTY_UNLIKE_REGISTRY, "TABLE1", "G1")] if told else [])


def test_tables_of_another_period_are_told() -> None:
    read_ = read_cells(cells_of(empty("cp2-2016", period=1)))
    assert [each.fault for each in read_.findings] == [Fault.PERIOD_UNLIKE_TABLES]


def test_rows_and_tables_that_are_missing_or_there_twice_are_told() -> None:
    def change(cells: Cells) -> None:
        cells["TABLE1"][at("A12")] = "Article 9 accounts"
        cells["TABLE1"][at("A14")] = "Non-compliance cancellation account"
        cells["TABLE4"][at("A6")] = "Something else"
        cells["TABLE3"][at("B40")] = 12

    faults = {each.fault for each in read(change).findings}
    assert faults >= {
        Fault.ROW_UNKNOWN, Fault.ROW_TWICE, Fault.ROW_MISSING, Fault.TABLE_MISSING, Fault.OUTSIDE,
    }  # fmt: skip


def test_a_table_that_is_there_twice_is_told() -> None:
    def change(cells: Cells) -> None:
        cells["Copy"] = dict(cells["TABLE1"])

    assert [each.fault for each in read(change).findings] == [Fault.TABLE_TWICE]


def test_a_missing_column_is_told() -> None:
    read_ = read(put("TABLE1", "D9", "something"))
    assert Fault.COLUMNS_MISSING in {each.fault for each in read_.findings}


def test_tables_are_found_where_they_stand_and_not_by_address() -> None:
    def change(cells: Cells) -> None:
        cells["TABLE1"] = {
            (row + 3 * (row > 6), column + 2): raw for (row, column), raw in cells["TABLE1"].items()
        }
        cells["Sheet 9"] = cells.pop("TABLE3")

    read_ = read(change)
    assert found(read_) == []
    assert read_.submission.cells == empty("cp1-2016").cells


def test_a_name_of_a_file_that_says_something_else_is_told_and_the_cells_count() -> None:
    cells = cells_of(empty("cp1-2016", version=2))
    read_ = read_cells(cells, "RREG1_CH_2016_2_1.xlsx")
    assert [(each.fault, each.what) for each in read_.findings] == [
        (Fault.FILE_NAME, "registry"),
        (Fault.FILE_NAME, "commitment period"),
        (Fault.FILE_NAME, "version"),
    ]
    assert read_.submission.header.registry == "NZ"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html></html>", "root is html"),
        (b"<SEFSubmission>", "cut off or damaged"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><SEFSubmission/>', "XML entities"),
        (b"a,b\n", "text file"),
        (b"", "empty"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_another_file_is_refused_by_its_right_name(
    content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "sef.xlsx"
    path.write_bytes(content)
    with pytest.raises(ProtocolError, match=words) as caught:
        read_file(path)
    assert caught.value.reason is Reason.SEF_FILE_UNREADABLE


def test_a_workbook_without_a_table_is_refused(tmp_path: Path) -> None:
    def change(book: Any) -> None:  # noqa: ANN401 - a workbook of openpyxl
        for title in book.sheetnames[1:]:
            del book[title]

    path = changed(written(empty("cp1-2016"), tmp_path / "sef.xlsx"), change)
    with pytest.raises(ProtocolError, match="no table of the standard electronic format"):
        read_file(path)


@pytest.mark.parametrize("text", ["-1", "1.5", "0", "", "NA", "x", "1" * 30])
def test_a_bad_quantity_in_xml_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "sef.xml"
    write_xml(empty("cp2-2016"), LAYOUTS["cp2-2016"], path)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(">NO<", f">{text}<", 1), encoding="utf-8")
    (finding,) = read_file(path).findings
    assert finding.sheet == "Table1"
    assert finding.address == "AccountType[PartyHolding]/AAU"


def test_rows_that_xml_does_not_know_or_lacks_are_told(tmp_path: Path) -> None:
    path = tmp_path / "sef.xml"
    write_xml(empty("cp2-2016"), LAYOUTS["cp2-2016"], path)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace('"PartyHolding"', '"Treasure"', 1), encoding="utf-8")
    assert [each.fault for each in read_file(path).findings] == [
        Fault.ROW_UNKNOWN,
        Fault.ROW_MISSING,
    ]


@pytest.mark.parametrize("name", many(LAYOUTS, {"cp1-2016", "cp2-2024", "draft-second"}))
def test_rubbish_anywhere_never_crashes(name: str) -> None:
    random = Random(name)
    values = (-1, 1.5, None, "", "0", "NO", "NA", 5, "x" * 400, True, A_DAY, "Total", "AAUs", "CH")

    def change(cells: Cells) -> None:
        for _ in range(60):
            place = random.randint(1, 60), random.randint(1, 20)
            cells[random.choice(list(cells))][place] = random.choice(values)

    for _ in range(5):
        assert read(change, name).findings


def test_a_hostile_sheet_takes_no_time() -> None:
    caption = next(iter(cells_of(empty("cp1-2016"))["TABLE1"].values()))
    cells = cells_of(empty("cp1-2016"))
    first = "Table 3. Expiry, cancellation and replacement"
    many: dict[tuple[int, int], Raw] = {(row, 1): first for row in range(1, 3_000)}
    rows: dict[tuple[int, int], Raw] = {(6, 1): first, (9, 2): "AAUs", (9, 3): "ERUs"}
    for row in range(10, 20_000):
        rows[row, 1 + row % 2] = row if row % 2 else f"row {row}"
    cells["Many"] = {**many, (1_048_576, 2): caption}
    cells["Rows"] = rows
    assert read_cells(cells).findings


def test_every_fault_has_its_entry() -> None:
    assert set(CATALOGUE) == set(Fault)
