# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One wrong cell is told once: to the Party that wrote it, at that cell, and nobody else is accused."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from aef.checks.casefile import CaseFile, Context
from aef.checks.catalogue import CHECKS
from aef.checks.filed import file_submission
from aef.checks.judging import Finding, judge
from aef.checks.states import State
from aef.layout import ACTIONS, AUTHORIZATIONS, TABLES
from aef.model import ReadFile
from aef.opening import read_file
from aef.result.matters import matters_of
from tests.kit.aef_files import CellValue, saved
from tests.kit.aef_pair import cell, swiss, thai
from tests.kit.many import many

Found = Callable[[str, str, CellValue], list[Finding]]
FIRST: Final = frozenset({("CHE", 2023), ("THA", 2023)})
_A, _T = ACTIONS.key, AUTHORIZATIONS.key
NEEDED: Final = (
    "date",
    "type",
    "cooperative_approach",
    "authorization_id",
    "first_transferring_party",
    "first_id",
    "last_id",
    "metric",
    "mitigation_type",
    "vintage",
)
"""Fields of an action that every row fills and checks read."""


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> ReadFile:
    """What is read of Switzerland, in which no cell is wrong."""
    return read_file(saved(swiss(), tmp_path_factory.mktemp("right") / "1.xlsx"))


@pytest.fixture
def found(right: ReadFile, tmp_path: Path) -> Found:
    return partial(_found, right, tmp_path / "0.xlsx")


def _found(right: ReadFile, path: Path, table: str, field: str, value: CellValue) -> list[Finding]:
    book = thai()
    cell(table, field, value)(book)
    read = (read_file(saved(book, path)), right)
    filed = [file_submission(n, each.submission, each.findings) for n, each in enumerate(read)]
    checks = tuple(check for check in CHECKS if check.id != "IRC01")
    return list(judge(CaseFile(filed, Context(first_reports=FIRST)), checks).findings)


def place_of(table: str, field: str) -> str:
    wanted = next(each for each in TABLES if each.key == table)
    column = next(each for each in wanted.columns if each.field == field)
    return f"{wanted.sheet}!{column.letter}{wanted.header_row + 1}"


@pytest.mark.parametrize("value", many([None, "NA", "#REF!", "=1+1", True], {"None", "#REF!"}))
@pytest.mark.parametrize("field", NEEDED)
def test_what_an_action_does_not_say_is_one_matter_for_its_party(
    field: str, value: CellValue, found: Found
) -> None:
    findings = found(_A, field, value)
    assert findings
    assert {each.note.owner for each in findings} == {"THA"}
    assert {each.note.state for each in findings} == {State.UNDETERMINED}
    assert {str(each.note.here.place) for each in findings} == {place_of(_A, field)}
    assert len(matters_of(findings)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("purposes", None),
        ("purposes", "as agreed"),
        ("time_frame", "2035"),
        ("quantity", "about 500"),
        ("parties", "our friends"),
        ("sectors", None),
        ("date", None),
        ("date", "in winter"),
        ("authorization_id", None),
    ],
)
def test_what_an_authorization_does_not_say_is_for_whoever_gave_it(
    field: str, value: CellValue, found: Found
) -> None:
    findings = found(_T, field, value)
    owned = [each for each in findings if each.note.owner == "THA"]
    assert findings == owned
    if field != "authorization_id":
        assert {str(each.note.here.place) for each in findings} == {place_of(_T, field)}
        assert len(matters_of(findings)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 17),
        ("authorization_id", "1007"),
        ("last_id", "CA000003-THA01-THA-17-2022"),
        ("acquiring_party", None),
    ],
)
def test_sums_over_parties_are_for_the_party_whose_own_rows_do_not_fit(
    field: str, value: CellValue, found: Found
) -> None:
    findings = found(_A, field, value)
    assert {each.note.owner for each in findings} == {"THA"}
    assert State.INCONSISTENT in {each.note.state for each in findings}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("transferring_party", "a friend"),
        ("quantity_non_ghg", "some"),
        ("non_ghg_metric", "MWh"),
        ("year_of_use", "2023-2024"),
    ],
)
def test_what_does_not_apply_is_a_fault_of_the_format_and_leaves_nothing_open(
    field: str, value: CellValue, found: Found
) -> None:
    assert found(_A, field, value) == []


@pytest.mark.parametrize("field", ["sectors", "activity_types"])
def test_words_that_are_not_in_the_list_contradict_nobody(field: str, found: Found) -> None:
    assert [each.check.id for each in found(_T, field, "E-mobility")] == []


def test_a_place_is_named_once_as_narrow_as_it_is_known(tmp_path: Path) -> None:
    book = thai()
    read = read_file(saved(book, tmp_path / "alone.xlsx"))
    alone = file_submission(0, read.submission, read.findings)
    findings = judge(CaseFile([alone], Context(first_reports=FIRST))).findings
    (waiting,) = (each for each in matters_of(findings) if "AEF of CHE" in each.title)
    (case,) = waiting.parts()[0].cases()
    assert case.at == ("THA 2023 version 1.0, Table 3 Actions, row 9",)


def test_a_submission_is_not_called_by_what_is_no_year(tmp_path: Path) -> None:
    book = thai()
    book[TABLES[0].sheet]["C6"] = "the year of the rabbit"
    read = read_file(saved(book, tmp_path / "file.xlsx"))
    assert file_submission(0, read.submission).name == "THA version 1.0"
