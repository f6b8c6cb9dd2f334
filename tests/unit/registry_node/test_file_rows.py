# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of a file are read as the commands for one transaction are."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from itmo.core.v1 import proposal_pb2
from itmo.kyoto.v1 import attributes_pb2
from registry_node.cli import main
from registry_node.cli.files.cells import FileRow, Table
from registry_node.cli.files.rows import RowReader, columns, commands
from workbooks.unreadable import Unreadable


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("no.txt", b"type\n", "ends neither"),
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"\n\n", "no row of headings"),
        ("latin.csv", b"type\nprix \xe9lev\xe9\n", "UTF-8"),
        ("twice.csv", b"units,units\n1-2,3-4\n", "there twice"),
        ("open.csv", b'note,units\nx,1-2\n"x,3-4\nx,5-6\n', "from line 3 on it is no CSV"),
        ("inches.csv", b'note,units\nx,1-2\n"12" pipe",3-4\n', "from line 3 on it is no CSV"),
        ("damaged.xlsx", b"PK\x03\x04nothing", "damaged"),
        ("gone.csv", None, "no such file"),
    ],
)
def test_what_is_no_table_is_refused(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        list(Table(tmp_path / name).rows())


def test_separators_byte_order_marks_and_empty_rows(tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_bytes('\ufeffFrom account;"TO-ACCOUNT";Units\n;;\nA;B;"1-2\n3-4"\nC;;\n'.encode())
    table = Table(file)
    assert table.columns == ("from_account", "to_account", "units")
    assert [(each.number, dict(each.cells)) for each in table.rows()] == [
        (3, {"from_account": "A", "to_account": "B", "units": "1-2\n3-4"}),
        (4, {"from_account": "C"}),
    ]


def read(kind: str, **cells: str) -> proposal_pb2.ProposedTransaction | list[tuple[str, str]]:
    made = RowReader(main, kind).read(FileRow(7, cells))
    if isinstance(made, list):
        assert {each.row for each in made} == {7}
        return [(each.column, each.found) for each in made]
    return made


def test_a_row_says_whatever_the_command_line_can() -> None:
    made = read(
        "kyoto cancel", from_account="A", to_account="B", units="GBR01:1-10; 20..29,31",
        purpose="a flight", corrective="yes", notice="7", deadline="2026-01-01T00:00:00Z",
    )  # fmt: skip
    assert isinstance(made, proposal_pb2.ProposedTransaction)
    assert made.type == proposal_pb2.TRANSACTION_TYPE_CANCELLATION
    assert made.rulebook == "kyoto"
    assert [(each.registry, each.first, each.last) for each in made.blocks] == [
        ("GBR01", 1, 10),
        ("", 20, 29),
        ("", 31, 31),
    ]
    terms = made.terms.kyoto
    assert (terms.purpose, terms.corrective, terms.log_notice) == ("a flight", True, 7)
    assert made.HasField("deadline")
    issued = read(
        "kyoto issue", account="A", units="1-9", period="2", unit_type="rmu", activity="3"
    )
    assert isinstance(issued, proposal_pb2.ProposedTransaction)
    assert issued.blocks[0].attributes.kyoto.unit_type == attributes_pb2.UNIT_TYPE_RMU
    moved = read("use", type="Transfer", from_account="A", to_account="B", units="1")
    assert isinstance(moved, proposal_pb2.ProposedTransaction)
    assert moved.type == proposal_pb2.TRANSACTION_TYPE_TRANSFER
    claimed = read("transfer", from_account="A", to_account="B", units="1", first_transfer="no")
    assert isinstance(claimed, proposal_pb2.ProposedTransaction)
    assert claimed.terms.paris.first_transfer is False
    assert claimed.terms.paris.HasField("first_transfer")


@pytest.mark.parametrize("kind", commands(main))
def test_every_command_reads_an_empty_row_to_what_it_needs(kind: str) -> None:
    found = read(kind)
    assert isinstance(found, list)
    assert {said for _, said in found} == {"nothing stands here; it is needed"}
    assert {column for column, _ in found} <= columns(main, kind)
    assert "units" in {column for column, _ in found}


def test_a_row_that_a_filter_hides_is_read(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for each in ("units", "1-2", "3-4"):
        book.active.append((each,))
    book.active.row_dimensions[3].hidden = True
    book.save(tmp_path / "filtered.xlsx")
    rows = Table(tmp_path / "filtered.xlsx").rows()
    assert [dict(each.cells) for each in rows] == [{"units": "1-2"}, {"units": "3-4"}]


def test_a_formula_is_told_as_what_it_is(tmp_path: Path) -> None:
    """Before, the name of a class of this program stood before it."""
    book = Workbook()
    assert book.active is not None
    book.active.append(("From account", "Units"))
    book.active.append(("TH01THA0110000000001", "=40+1"))
    book.save(tmp_path / "formula.xlsx")
    (row,) = Table(tmp_path / "formula.xlsx").rows()
    faults = RowReader(main, "transfer").read(row)
    assert isinstance(faults, list)
    said = {each.column: each.found for each in faults}
    assert said["units"] == "this is the formula =40+1; write a value as text"


@pytest.mark.parametrize("units", ["1.5", "yes", "2024/01"])
def test_units_that_are_none_are_told_as_they_were_written(units: str) -> None:
    """Before, a single one was told as a range: 1.5-1.5."""
    faults = read(
        "transfer", from_account="TH01THA0110000000001", to_account="CH01CHE0110000000001",
        units=units,
    )  # fmt: skip
    assert isinstance(faults, list)
    fault = dict(faults)["units"]
    assert f"found '{units}', expected two serial numbers" in fault


def test_each_bad_cell_is_told() -> None:
    found = read(
        "transfer", from_account="A", units="9-1", by_proposer="perhaps", deadline="soon", year="1"
    )
    assert isinstance(found, list)
    assert [column for column, _ in found] == [
        "units", "by_proposer", "deadline", "year", "to_account",
    ]  # fmt: skip
    large = read("use", from_account="A", to_account="B", units="1", year="-1")
    assert large == [("year", "-1 is not in the range 0<=x<=4294967295.")]
