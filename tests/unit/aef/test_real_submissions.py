# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What Parties really filed: every flaw that is known is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aef.checks.casefile import Context
from aef.checks.judging import Finding, Judgement
from aef.checks.states import State
from aef.model import NOWHERE, ActionType
from tests.kit.aef_submissions import guyana, judged, switzerland, thailand, vanuatu
from tests.kit.aef_world import world

FIRST = Context(first_reports=frozenset({("THA", 2023), ("CHE", 2024)}))


def findings(judgement: Judgement, check_id: str, part: str = "") -> list[Finding]:
    return [
        each
        for each in judgement.findings
        if each.check.id == check_id and part in each.note.found + each.note.missing
    ]


@pytest.fixture(scope="module")
def pair() -> Judgement:
    return judged(thailand(), switzerland(), context=FIRST)


@pytest.mark.parametrize(
    ("check_id", "part"),
    [
        ("IPC01", "unit ids: CHE reports CA0003-TH001-TH-1-2022 to CA0003-TH001-TH-1917-2022, THA"),
        ("IPC01", "19 days apart"),
        ("IPC01", "serial numbers: CHE reports 1 917, THA 1 916"),
        ("DR01", "1 917 serial numbers (CA0003-TH001-TH-1-2022 to CA0003-TH001-TH-1917-2022)"),
        ("STC01", "an action of 20 Dec 2023 in the report on 2024"),
        ("IPC01", "First transfer of 12 378"),
        ("IPC01", "First transfer of 16 844"),
    ],
)
def test_flaw_of_the_thai_and_swiss_pair(pair: Judgement, check_id: str, part: str) -> None:
    (finding,) = findings(pair, check_id, part)
    assert finding.note.state is State.INCONSISTENT
    assert finding.note.owner == "CHE"


def test_both_sides_of_the_mismatched_ids_are_named_with_their_rows(pair: Judgement) -> None:
    (finding,) = findings(pair, "IPC01", "unit ids")
    note = finding.note
    assert (note.here.filed.party, str(note.here.place)) == ("CHE", "Table 3 Actions!6")
    assert [(each.filed.party, str(each.place)) for each in note.there] == [
        ("THA", "Table 3 Actions!6"),
        ("THA", "Table 3 Actions!7"),
    ]
    assert {each.party for each in note.about} == {"THA", "CHE"}


def test_nothing_else_is_held_against_the_pair(pair: Judgement) -> None:
    wrong = {each.check.id for each in pair.findings if each.note.state is State.INCONSISTENT}
    assert wrong == {"IPC01", "DR01", "STC01"}
    states = [pair.states[each] for each in pair.file.filed]
    # The Swiss report on 2023 was not given; whatever hangs on it stays open.
    assert states[0]["DR03"] is State.UNDETERMINED
    assert states[0]["II04"] is states[1]["II04"] is State.CONSISTENT


def test_alone_a_side_is_never_consistent_with_the_other() -> None:
    alone = judged(switzerland(), context=FIRST)
    (finding,) = findings(alone, "IPC01")
    assert finding.note.state is State.UNDETERMINED
    assert finding.note.missing == "the AEF of THA for 2023"
    assert finding.note.owner == "THA"
    assert finding.remedy == "Give or ask for the AEF of THA for 2023."


def test_the_quantities_match_and_so_no_quantity_is_reported(pair: Judgement) -> None:
    assert findings(pair, "IPC01", "quantity:") == []


# -- Guyana ---------------------------------------------------------------------------------------


def test_guyana_transferred_before_it_authorized() -> None:
    judgement = judged(guyana())
    found = findings(judgement, "IP01", "before the authorization of 12 Feb 2024")
    assert [each.note.state for each in found] == [State.INCONSISTENT] * len(found)
    assert sum(each.rows for each in found) == 2
    assert findings(judgement, "STC04") == []


def test_guyana_changed_an_authorization_id_between_versions() -> None:
    judgement = judged(guyana(), guyana("1.1"))
    (superseding,) = judgement.superseded
    assert (superseding.old.name, superseding.new.name) == (
        "GUY 2024 version 1.0",
        "GUY 2024 version 1.1",
    )
    (change,) = superseding.changes
    assert change == (
        "CA0005-ART-GY-1-2022 to CA0005-ART-GY-8732929-2022:"
        " authorization GUY 2024-CA2 became GUY 2025-CA1"
    )
    old, new = judgement.file.filed
    assert set(judgement.states[old].values()) == {State.SUPERSEDED}
    assert judgement.states[new]["IP01"] is State.INCONSISTENT
    assert findings(judgement, "IP01", "before the authorization of 19 Feb 2025")


def test_versions_are_told_apart_by_number_not_by_the_order_of_files() -> None:
    judgement = judged(guyana("1.1"), guyana("1.0"))
    assert [each.submission.heading.version for each in judgement.file.current] == ["1.1"]


# -- versions of related submissions ----------------------------------------------------------------


def test_a_new_version_opens_the_checks_of_the_other_party_again() -> None:
    better = replace(
        switzerland(), heading=replace(switzerland().heading, version="2.0"), actions=(),
        holdings=(),
    )  # fmt: skip
    judgement = judged(thailand(), switzerland(), better, context=FIRST)
    (superseding,) = judgement.superseded
    assert [each.name for each in superseding.reopened] == ["THA 2023-2024 version 1.0"]
    # The old acquisition counts no more: the mismatch is gone, what is missing is reported instead.
    assert findings(judgement, "IPC01", "unit ids") == []
    assert len(findings(judgement, "IPC01", "the AEF of CHE for 2023")) == 1


# -- Vanuatu --------------------------------------------------------------------------------------


def test_vanuatu_cannot_be_judged_and_so_is_not_consistent() -> None:
    judgement = judged(vanuatu())
    (filed,) = judgement.file.filed
    states = judgement.states[filed]
    for check_id in ("STC01", "II02", "ISC01", "IPC01", "IP01"):
        assert states[check_id] is State.UNDETERMINED, check_id
    assert judgement.overall(filed) is State.UNDETERMINED
    assert findings(judgement, "STC01", "a value under Action date")


# -- rows without places --------------------------------------------------------------------------


def test_rows_of_a_ledger_are_told_apart_though_they_stand_nowhere() -> None:
    """Two cancellations of one unit on one day are found whichever source they come from."""
    rows = world()["THA 2024"].actions
    twice = (*rows, replace(rows[2], type=ActionType.USE, year_of_use=2024))
    ledger = replace(
        world()["THA 2024"],
        actions=tuple(replace(each, place=NOWHERE) for each in twice),
        from_ledger=True,
    )
    judgement = judged(ledger)
    assert len(findings(judgement, "II02", "of which THA reports Cancellation")) == 1
