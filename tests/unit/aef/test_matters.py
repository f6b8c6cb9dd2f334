# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What one Party settles at one go is told once: a transfer, a missing report, a fault of many rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from aef.checks.casefile import CaseFile, Context
from aef.checks.filed import file_submission
from aef.checks.judging import Judgement, judge
from aef.model import Submission
from aef.result.document import Result
from aef.result.matters import MANY, Matter
from aef.result.page import page
from tests.kit.aef_many import many
from tests.kit.aef_submissions import judged, switzerland, thailand

FIRST = Context(first_reports=frozenset({("THA", 2023)}))


def matters(judgement: Judgement) -> dict[str, list[Matter]]:
    return Result(judgement=judgement).by_owner()


def test_one_transfer_is_one_matter_whichever_checks_find_fault_with_it() -> None:
    found = matters(judged(thailand(), switzerland(), context=FIRST))["CHE"]
    (transfer,) = (each for each in found if each.title.startswith("Acquisition of 1 916"))
    assert transfer.checks == ["STC01", "IPC01", "DR01"]
    assert "CHE 2024 version 1.0, Table 3 Actions, row 6" in transfer.title
    # Three differences between the two sides are one part, with one thing to do.
    (_, between, _) = transfer.parts()
    said = [each.found.partition(":")[0] for each in between.cases()]
    assert said == ["unit ids", "action date", "serial numbers"]
    # The page has one card for it.
    made = page(Result(judgement=judged(thailand(), switzerland(), context=FIRST)))
    assert made.count("Acquisition of") == 1


def test_what_waits_for_one_report_is_one_matter_of_the_party_that_owes_it() -> None:
    found = matters(judged(thailand(), switzerland(), context=FIRST))
    waiting = [
        (owner, each.checks)
        for owner, listed in found.items()
        for each in listed
        if each.title == "The AEF of CHE for 2023 is missing"
    ]
    assert waiting == [
        ("CHE", ["ISC01", "ISC02", "ISC03", "ISC04", "DR01", "DR02", "DR03", "DR04"])
    ]


def wrong_year(submission: Submission, rows: int) -> Submission:
    actions = [
        replace(row, date=date(2021, 1, 1)) if at < rows else row
        for at, row in enumerate(submission.actions)
    ]
    return replace(submission, actions=tuple(actions))


def of_stc01(rows: int) -> list[Matter]:
    made = wrong_year(many(200)[0][0], rows)
    judgement = judge(CaseFile([file_submission(0, made)]))
    listed = [each for one in matters(judgement).values() for each in one]
    return [each for each in listed if "STC01" in each.checks]


def test_a_fault_of_many_rows_is_one_matter_that_counts_them() -> None:
    (late,) = of_stc01(MANY + 5)
    (part,) = late.parts()
    cases, left = part.shown(3)
    assert sum(each.rows for each in late.findings) == MANY + 5
    assert left == max(0, len(part.cases()) - 3)
    assert cases[-1].expected == "actions from 1 Jan 2023 to 31 Dec 2023"
    assert [each.expected for each in cases[:-1]] == [""] * (len(cases) - 1)


def test_what_is_inconsistent_comes_first() -> None:
    found = matters(judged(thailand(), switzerland(), context=FIRST))["CHE"]
    states = [each.state.value for each in found]
    assert states == sorted(states)
    assert states[0] == "INCONSISTENT"


def test_places_on_one_sheet_are_named_together() -> None:
    found = matters(judged(thailand(), switzerland(), context=FIRST))["CHE"]
    (ids,) = (
        case
        for each in found
        for part in each.parts()
        for case in part.cases()
        if case.found.startswith("unit ids")
    )
    assert ids.against == ("THA 2023-2024 version 1.0, Table 3 Actions, rows 6, 7",)
