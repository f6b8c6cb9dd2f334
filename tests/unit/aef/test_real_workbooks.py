# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The Thai and the Swiss file, and the blank, as they are read."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from aef.checks.casefile import CaseFile, Context
from aef.checks.filed import file_submission
from aef.checks.judging import judge
from aef.checks.states import State
from aef.layout import LISTED
from aef.model import ActionType, ReadFile, SerialSpan
from aef.opening import read_file
from aef.syntax_codes import Code
from tests.kit.aef_files import blank_workbook, official_blank, saved, swiss_workbook, thai_workbook


def cells(read: ReadFile, code: Code) -> list[str]:
    return [str(finding.place) for finding in read.findings if finding.code == code]


@pytest.fixture
def thai(tmp_path: Path) -> ReadFile:
    return read_file(saved(thai_workbook(), tmp_path / "tha.xlsx"))


@pytest.fixture
def swiss(tmp_path: Path) -> ReadFile:
    return read_file(saved(swiss_workbook(), tmp_path / "che.xlsx"))


def left_blank(read: ReadFile) -> tuple[int, set[str], list[str]]:
    """How many rows a file has; what is found in it, and where."""
    rows = sum(len(getattr(read.submission, table.key)) for table in LISTED)
    places = [str(finding.place) for finding in read.findings]
    return rows, {finding.code for finding in read.findings}, places


BLANK = (
    0,
    {Code.PLACEHOLDER_LEFT},
    [f"Table 1 Submission!C{row}" for row in (4, 5, 6, 7, 10, 11)],
)


def test_the_blank_is_an_empty_submission(tmp_path: Path) -> None:
    assert left_blank(read_file(saved(blank_workbook(), tmp_path / "blank.xlsx"))) == BLANK


def test_the_official_blank_itself_is_an_empty_submission() -> None:
    if (path := official_blank()) is None:
        pytest.skip("the official blank is not at hand")
    assert left_blank(read_file(path)) == BLANK


def test_what_the_thai_file_says(thai: ReadFile) -> None:
    submission = thai.submission
    assert submission.heading.party == "THA"
    assert (submission.heading.reported_year, submission.heading.written["reported_year"]) == (
        None,
        "2023-2024",
    )
    (authorization,) = submission.authorizations
    assert authorization.authorization_id == "1006.4/2810"
    assert authorization.date == date(2023, 8, 2)
    assert authorization.time_frame == (2022, 2030)
    assert authorization.quantity == 500_000
    assert [action.quantity for action in submission.actions] == [919, 997, 12_378, 16_844]
    assert {action.type for action in submission.actions} == {ActionType.FIRST_TRANSFER}
    for action in submission.actions:
        assert action.span is not None
        assert action.span.quantity == action.quantity


def test_what_is_wrong_with_the_thai_file(thai: ReadFile) -> None:
    assert cells(thai, Code.PARTY_ALPHA2)[0] == "Table 1 Submission!C4"
    assert cells(thai, Code.YEAR_RANGE) == ["Table 1 Submission!C6"]
    assert cells(thai, Code.TIME_FRAME_FORMAT) == ["Table 2 Authorizations!Q8"]
    assert cells(thai, Code.REGISTRY_DIGITS) == [f"Table 3 Actions!H{row}" for row in range(9, 13)]
    assert cells(thai, Code.UNIT_ID_FORMAT) == [
        f"Table 3 Actions!{column}{row}" for row in range(9, 13) for column in "IJ"
    ]
    assert cells(thai, Code.ROW_IGNORED) == ["Table 3 Actions!20"]
    assert cells(thai, Code.SHEET_UNKNOWN) == ["Sheet1"]


def test_what_the_swiss_file_says(swiss: ReadFile) -> None:
    (action,), (holding,) = swiss.submission.actions, swiss.submission.holdings
    span = SerialSpan("CA000003-THA01-THA-", 1, 1917, "-2022")
    assert action.span == holding.span == span
    assert action.quantity == holding.quantity == 1916
    assert action.date == date(2023, 12, 20)
    assert action.authorization_id == "5002"
    assert (action.transferring_party, action.registry) == ("THA", "THA01")


def test_what_is_wrong_with_the_swiss_file(swiss: ReadFile) -> None:
    assert Counter(finding.code for finding in swiss.findings) == {
        Code.PARTY_ALPHA2: 6,
        Code.PARTY_NAME: 1,
        Code.REGISTRY_DIGITS: 2,
        Code.TIME_FRAME_FORMAT: 1,
        Code.UNIT_ID_FORMAT: 4,
    }
    assert not any(finding.fatal for finding in swiss.findings)


# -- the pair -------------------------------------------------------------------------------------

WRONG = {
    ("STC01", "an action of 20 Dec 2023 in the report on 2024"),
    ("IPC01", "unit ids: CHE reports CA0003-TH001-TH-1-2022 to CA0003-TH001-TH-1917-2022"),
    ("IPC01", "action date: CHE reports 20 Dec 2023, THA 1 Dec 2023; 19 days apart"),
    ("IPC01", "serial numbers: CHE reports 1 917, THA 1 916"),
    ("IPC01", "First transfer of 12 378"),
    ("IPC01", "First transfer of 16 844"),
    ("DR01", "1 917 serial numbers"),
}
"""What contradicts itself or the other side. The ids of the two authorizations are not among it: each
Party gives its own. All is for Switzerland to mend: the Thai rows agree with themselves and the ids
come from its registry."""


def test_nothing_else_is_held_against_the_pair_and_switzerland_is_to_act(
    thai: ReadFile, swiss: ReadFile
) -> None:
    filed = [file_submission(at, each.submission) for at, each in enumerate((thai, swiss))]
    first = frozenset({("THA", 2023), ("CHE", 2024)})
    judgement = judge(CaseFile(filed, Context(first_reports=first)))
    inconsistent = [each for each in judgement.findings if each.note.state is State.INCONSISTENT]
    assert len(inconsistent) == len(WRONG)
    for check, part in WRONG:
        (found,) = [e for e in inconsistent if e.check.id == check and part in e.note.found]
        assert found.note.owner == "CHE", found
    # What else is open waits for a report or a summary that was not given; Parties are THA and CHE.
    open_ones = {each.note.missing for each in judgement.findings if each.note.missing}
    assert open_ones == {
        "the AEF of CHE for 2023 (its first year is stated to be 2024)",
        *(
            f"the structured summary of {one}"
            for one in ("CHE for 2024", "THA for 2023", "THA for 2024")
        ),
    }
    assert {each.note.owner for each in judgement.findings} == {"THA", "CHE"}


def test_the_flaws_of_form_stand_in_the_file_that_has_them(thai: ReadFile, swiss: ReadFile) -> None:
    both = {Code.PARTY_ALPHA2, Code.REGISTRY_DIGITS, Code.TIME_FRAME_FORMAT, Code.UNIT_ID_FORMAT}
    ours, theirs = ({each.code for each in read.findings} for read in (thai, swiss))
    assert both <= ours & theirs
    assert Code.YEAR_RANGE in ours - theirs
    assert Code.PARTY_NAME in theirs - ours
