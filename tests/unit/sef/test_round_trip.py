# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is written in a layout is read back as it was, from a workbook and from XML."""

from __future__ import annotations

from pathlib import Path

import pytest

from sef.layout import Family
from sef.layouts import LAYOUTS
from sef.model import CellKind, Row, Side, Spot, Status, Submission, Table, Unit
from sef.opening import read_file
from sef.unplaced import Unplaced
from sef.workbook_writing import write_workbook
from sef.xml_names import FIRST, SECOND
from sef.xml_writing import write_xml
from tests.kit.many import many
from tests.kit.sef_files import empty, with_numbers, written

SOON = {"cp1-2016", "cp2-2024", "draft-second"}
"""Of the fast tests, one of each family; the layouts of a family differ in a few cells."""
LIVE = [name for name, layout in LAYOUTS.items() if layout.family is not Family.DRAFT]


def numbered(name: str) -> Submission:
    """A submission with another number in every open cell, two registries and a correction."""
    submission = empty(name)
    spots = [s for s, cell in submission.cells.items() if cell.kind is CellKind.NOT_OCCURRING]
    numbers = {spot: at for at, spot in enumerate(spots, 1)}
    for registry in ("NO", "CDM"):
        for side in (Side.ADDITIONS, Side.SUBTRACTIONS):
            for unit in Unit:
                numbers[Spot(Table.EXTERNAL, registry, side, unit)] = len(numbers) + 1
    return with_numbers(submission, numbers)


@pytest.mark.parametrize("name", many(LAYOUTS, SOON))
def test_every_cell_of_a_layout_comes_back_from_a_workbook(name: str, tmp_path: Path) -> None:
    submission = numbered(name)
    read = read_file(written(submission, tmp_path / "sef.xlsx"))
    assert read.findings == ()
    assert read.submission.layout == name
    assert read.submission.header == submission.header
    assert read.submission.cells == submission.cells


@pytest.mark.parametrize("name", LIVE)
def test_every_cell_of_a_layout_comes_back_from_xml(name: str, tmp_path: Path) -> None:
    submission = numbered(name)
    write_xml(submission, LAYOUTS[name], tmp_path / "sef.xml")
    read = read_file(tmp_path / "sef.xml")
    assert read.findings == ()
    assert read.submission.cells == submission.cells
    assert read.submission.header.registry == "NZ"
    assert read.submission.header.status is Status.FINAL
    namespace = SECOND if LAYOUTS[name].family is Family.CP2 else FIRST
    assert f'xmlns="{namespace}"' in (tmp_path / "sef.xml").read_text(encoding="utf-8")


def corrected(name: str) -> Submission:
    added = Spot(Table.CORRECTIONS, "NZ12", Side.ADDITIONS, Unit.CER)
    taken = Spot(Table.CORRECTIONS, "NZ12", Side.SUBTRACTIONS, Unit.AAU)
    replaced = Spot(Table.CORRECTED_REPLACEMENT, "NZ13", Side.REPLACEMENT, Unit.AAU)
    retired = Spot(Table.CORRECTED_RETIREMENT, "NZ14", Side.QUANTITY, Unit.AAU)
    return with_numbers(empty(name), {added: 5, taken: 6, replaced: 7, retired: 8})


@pytest.mark.parametrize("name", many(LIVE, SOON & set(LIVE)))
def test_corrections_come_back_with_their_transactions(name: str, tmp_path: Path) -> None:
    submission = corrected(name)
    write_xml(submission, LAYOUTS[name], tmp_path / "sef.xml")
    for path in (written(submission, tmp_path / "sef.xlsx"), tmp_path / "sef.xml"):
        read = read_file(path)
        assert read.findings == ()
        numbers = {
            (spot.table, spot.side, cell.quantity)
            for spot, cell in read.submission.cells.items()
            if cell.kind is CellKind.NUMBER
        }
        assert {quantity for *_, quantity in numbers} == {5, 6, 7, 8}
        # Workbooks of the first period have no column for the number of a transaction.
        if LAYOUTS[name].family is Family.CP2 or path.suffix == ".xml":
            assert list(read.submission.rows(Table.CORRECTIONS)) == ["NZ12"]


def test_the_same_submission_gives_the_same_bytes(tmp_path: Path) -> None:
    submission = numbered("cp2-2019")
    one, other = written(submission, tmp_path / "a.xlsx"), written(submission, tmp_path / "b.xlsx")
    assert one.read_bytes() == other.read_bytes()


def test_a_quantity_without_a_place_is_never_dropped(tmp_path: Path) -> None:
    spot = Spot(Table.START, Row.RESERVE, Side.QUANTITY, Unit.AAU)
    submission = with_numbers(empty("cp2-2016"), {spot: 4})
    for name in ("draft-second", "cp1-2016"):
        with pytest.raises(Unplaced, match="previous period surplus reserve"):
            write_workbook(submission, LAYOUTS[name], tmp_path / "sef.xlsx")
    with pytest.raises(Unplaced):
        write_xml(submission, LAYOUTS["cp1-2016"], tmp_path / "sef.xml")
    assert list(tmp_path.iterdir()) == []
