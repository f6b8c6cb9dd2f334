# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every consistency check against its vectors in tests/vectors/aef, over one consistent world."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from aef.checks.catalogue import CHECKS
from aef.checks.judging import judge
from aef.checks.states import State
from aef.result.document import Result
from tests.kit.aef_world import filed_case

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "vectors" / "aef"
OFFICIAL = [
    "II01",
    "II02",
    "II03",
    "II04",
    "II05",
    "II06",
    "II07",
    "STC01",
    "STC02",
    "STC03",
    "STC04",
    "ISC01",
    "ISC02",
    "ISC03",
    "ISC04",
    "IRC01",
    "IPC01",
    "IP01",
    "IP02",
    "IP03",
    "IP04",
    "DR01",
    "DR02",
    "DR03",
    "DR04",
]
BY_ID = {check.id: check for check in CHECKS}
KEYS = {"title", "copy", "set", "add", "drop", "unknown", "expect", "found", "owner", "only"}


@cache
def vectors() -> dict[str, list[dict[str, Any]]]:
    return {
        path.stem: yaml.load(path.read_bytes(), yaml.CSafeLoader)
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def _all() -> list[Any]:
    return [
        pytest.param(check_id, vector, id=f"{check_id}: {vector['title']}")
        for check_id, listed in vectors().items()
        for vector in listed
    ]


@pytest.mark.parametrize(("check_id", "vector"), _all())
def test_vector(check_id: str, vector: dict[str, Any]) -> None:
    assert set(vector) <= KEYS
    case = filed_case(vector)
    judgement = judge(case, (BY_ID[check_id],))
    states = {
        f"{each.party} {each.year_text}" + (f" v{each.submission.heading.version}"
                                            if each.submission.heading.version != "1.0" else ""):
        state[check_id].value
        for each, state in judgement.states.items()
    }  # fmt: skip
    said = [each.note.found + " " + each.note.missing for each in judgement.findings]
    expected = {name: vector["expect"].get(name, "CONSISTENT") for name in states}
    assert set(vector["expect"]) <= set(states)
    assert states == expected, said
    if set(expected.values()) - {"CONSISTENT", "SUPERSEDED"}:
        # A vector that does not pass says what the official reads.
        assert any(vector["found"] in each for each in said), said
    if "owner" in vector:
        assert {each.note.owner for each in judgement.findings} == {vector["owner"]}
    # The other checks must cope with the case too.
    assert len(judge(case).states) == len(case.filed)


@pytest.mark.parametrize(("check_id", "vector"), _all())
def test_whatever_is_found_says_what_where_and_what_to_do(
    check_id: str, vector: dict[str, Any]
) -> None:
    judgement = judge(filed_case(vector))
    for each in judgement.findings:
        note = each.note
        assert note.found or note.missing, each
        assert note.expected or note.missing, each
        assert each.remedy.endswith("."), each.remedy
        assert note.owner, each
    for matters in Result(judgement=judgement).by_owner().values():
        for matter in matters:
            assert matter.title
            assert all(case.at for part in matter.parts() for case in part.cases())


def test_the_official_list_is_complete_and_in_order() -> None:
    assert [check.id for check in CHECKS] == OFFICIAL
    assert sorted(vectors()) == sorted(OFFICIAL)


@pytest.mark.parametrize("check_id", OFFICIAL)
def test_check_has_a_passing_and_a_failing_vector(check_id: str) -> None:
    outcomes = [set(vector["expect"].values()) for vector in vectors().get(check_id, ())]
    assert any(not each & {"INCONSISTENT", "UNDETERMINED"} for each in outcomes)
    assert any("INCONSISTENT" in each for each in outcomes)


def test_every_check_says_what_it_means_whence_it_is_and_what_to_do() -> None:
    for check in CHECKS:
        assert check.title
        assert check.meaning.endswith(".")
        assert check.remedy.endswith(".")
        assert "Reference Manual" in check.citation


def test_one_file_for_each_check() -> None:
    folder = ROOT / "aef" / "checks"
    found = {path.stem for path in folder.glob("*/*.py") if path.name != "__init__.py"}
    assert found == {check_id.lower() for check_id in OFFICIAL}


def test_the_world_is_consistent_in_every_check() -> None:
    judgement = judge(filed_case({}))
    assert [
        (each.check.id, each.note.found, each.note.missing) for each in judgement.findings
    ] == []
    assert judgement.consistent


def test_nothing_is_consistent_in_every_check_without_context() -> None:
    judgement = judge(filed_case({"unknown": ["approaches", "first_reports", "summaries"]}))
    assert {judgement.overall(each) for each in judgement.file.current} == {State.UNDETERMINED}
