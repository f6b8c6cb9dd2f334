# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Workbooks that a Party published: all are read, every tie holds, and no changed cell stays unseen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sef.checks.casefile import CaseFile, Filed
from sef.checks.catalogue import TIES
from sef.checks.comparison import State
from sef.checks.judging import Judgement, judge
from sef.faults import Fault
from sef.layouts import LAYOUTS
from sef.model import CellKind, Row, Side, Spot, Submission, Table, Unit
from sef.opening import read_file
from sef.read_file import ReadFile
from sef.workbook_writing import write_workbook
from sef.xml_writing import write_xml
from tests.kit.many import many
from tests.kit.sef_files import FOLDER, NOT_HERE, PUBLISHED

pytestmark = pytest.mark.skipif(FOLDER is None, reason=NOT_HERE)
AGAIN = ("TABLE3", "B9")
"""A heading that some of the published files have twice in cells that are merged."""


@cache
def published() -> tuple[ReadFile, ...]:
    return tuple(map(read_file, PUBLISHED))


def judged(submissions: list[Submission]) -> Judgement:
    return judge(Filed(number, each) for number, each in enumerate(submissions))


def test_all_are_read_and_only_a_name_lies() -> None:
    told = {
        (finding.fault, finding.what, finding.found)
        for each in published()
        for finding in each.findings
    }
    lying = "RREG1_GB_2013_2_1.xlsx"
    assert told == {(Fault.FILE_NAME, "version", f"{lying}: 1, while the cells say 2")}
    assert {each.submission.layout for each in published()} == {
        "cp1-2016", "cp2-2013", "cp2-2016", "cp2-2019",
    }  # fmt: skip
    assert all(each.submission.header.registry == "GB" for each in published())


def test_every_tie_holds() -> None:
    judgement = judged([each.submission for each in published()])
    assert judgement.found == ()
    assert len(judgement.comparisons) >= 2_800
    assert sum(each.check == "SEF12" for each in judgement.comparisons) == 6 * len(PUBLISHED)


def test_figures_that_are_known_stand_where_they_belong() -> None:
    by_key = {
        (s.header.period, s.header.reported_year): s for s in (e.submission for e in published())
    }
    issued = Spot(Table.STARTING_VALUES, Row.ISSUED_AAUS, Side.ADDITIONS, Unit.AAU)
    assert by_key[1, 2016].cell(issued).quantity == 3_412_080_630
    carried = Spot(Table.STARTING_VALUES, Row.CARRY_OVER, Side.ADDITIONS, Unit.ERU)
    assert by_key[2, 2019].cell(carried).quantity == 85_302_015
    assert by_key[2, 2019].cell(carried).address == "E16"


def changes() -> Iterator[tuple[int, Spot]]:
    for number, each in enumerate(published()):
        for spot, cell in each.submission.cells.items():
            if cell.kind is CellKind.NUMBER:
                yield number, spot


def broken(submissions: list[Submission], first: int) -> bool:
    """Whether any tie is broken; those of one submission are looked at first, and nothing behind what is found."""
    file = CaseFile(tuple(Filed(number, each) for number, each in enumerate(submissions)))
    return any(
        comparison.state is State.BROKEN
        for each in sorted(file.current.values(), key=lambda filed: filed.number != first)
        for tie in TIES
        for comparison in tie.compare(file, each)
    )


def unseen(listed: list[tuple[int, Spot]], change: int) -> list[tuple[str, Spot]]:
    """Cells that could be changed without breaking a tie."""
    submissions = [each.submission for each in published()]
    missed = []
    for number, spot in listed:
        said = submissions[number]
        cell = said.cells[spot]
        altered = replace(cell, quantity=cell.quantity + change)
        given = list(submissions)
        given[number] = replace(said, cells={**said.cells, spot: altered})
        if not broken(given, number):
            missed.append((said.source, spot))
    return missed


@pytest.mark.slow
@pytest.mark.parametrize("change", [1, -1])
def test_every_single_changed_cell_is_found(change: int) -> None:
    """None is excepted: in these files every cell with a quantity is seen by a tie."""
    listed = list(changes())
    assert len(listed) >= 450
    assert not broken([each.submission for each in published()], 0)
    assert unseen(listed, change) == []


def shown(path: Path) -> dict[tuple[str, str], tuple[object, bool]]:
    """What every cell says, and whether it is shaded."""
    found: dict[tuple[str, str], tuple[object, bool]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(path)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                colour = cell.fill.fgColor
                shaded = cell.fill.fill_type is not None and colour.type == "indexed"
                said = cell.value if cell.value != "" else None
                if said is not None or (shaded and colour.indexed == 23):
                    found[sheet.title, cell.coordinate] = said, shaded and colour.indexed == 23
    return found


SOON = {"RREG1_GB_2016_1_1", "RREG1_GB_2019_2_2"} & {each.stem for each in PUBLISHED}
"""A report of either period that the fast tests write again."""


@pytest.mark.parametrize("path", many(PUBLISHED, SOON, lambda each: each.stem))
def test_what_is_written_in_its_layout_is_the_published_file_cell_by_cell(
    path: Path, tmp_path: Path
) -> None:
    submission = read_file(path).submission
    out = tmp_path / "out.xlsx"
    write_workbook(submission, LAYOUTS[submission.layout], out)
    theirs, ours = shown(path), shown(out)
    assert {place for place in {*theirs, *ours} if theirs.get(place) != ours.get(place)} <= {AGAIN}


@pytest.mark.parametrize("path", PUBLISHED, ids=[each.stem for each in PUBLISHED])
def test_xml_says_the_same(path: Path, tmp_path: Path) -> None:
    submission = read_file(path).submission
    write_xml(submission, LAYOUTS[submission.layout], tmp_path / "out.xml")
    assert read_file(tmp_path / "out.xml").submission.cells == submission.cells
