# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of reports and holdings against their vectors in tests/vectors/paris_reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from aef.checks.inquiry import Inquiry
from broker.rulebook.check import Outcome
from broker.rulebook.paris.catalogue import CHECKS, UNWRITTEN
from broker.rulebook.paris.reporting.catalogue import REPORT_CHECKS, followed_up, judge_reports
from broker.rulebook.paris.reporting.report_check import ReportFacts, Status
from broker.rulebook.paris.reporting.snapshots import Snapshot, holdings_digest
from tests.kit.aef_world import filed_case

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "tests" / "vectors" / "paris_reports"
BY_ID = {check.id: check for check in REPORT_CHECKS}
CATALOGUE = [
    "REC_HOLDINGS_ROLL",
    "REC_CA_BALANCE",
    "REC_TRANSFER_EQ_ACQ",
    "REC_REGISTRY_SNAPSHOT",
    "AEF_PERIOD",
    "AEF_ACTION_ONCE",
    "AEF_DEADLINE",
    "AEF_VERSION",
    "AEF_STRUCTSUM_MATCH",
]
KEYS = {"title", "copy", "set", "add", "drop", "unknown", "expect", "found", "owner"} | {
    "today", "snapshot",
}  # fmt: skip
NOW = datetime(2025, 12, 1, tzinfo=UTC)


@cache
def vectors() -> dict[str, list[dict[str, Any]]]:
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def snapshot(given: dict[str, Any]) -> Snapshot:
    booked = [("acc-1", "THA01", 1, 1000)]
    stated = [("acc-1", "THA01", first, last) for first, last in given["stated"]]
    every, age = given["every_days"], given.get("days_ago")
    return Snapshot(
        registry="CHE01",
        party="CHE",
        cut_off=None if age is None else NOW - timedelta(days=age),
        stated=holdings_digest(stated) if stated else None,
        booked=holdings_digest(booked),
        every=None if every is None else timedelta(days=every),
        now=NOW,
    )


def facts(vector: dict[str, Any]) -> ReportFacts:
    given = vector.get("snapshot", {"stated": [[1, 1000]], "every_days": 1, "days_ago": 1})
    return ReportFacts(
        inquiry=Inquiry(filed_case(vector)),
        today=vector.get("today", date(2025, 12, 1)),
        snapshots=(snapshot(given),),
    )


def _all() -> list[Any]:
    return [
        pytest.param(check_id, vector, id=f"{check_id}: {vector['title']}")
        for check_id, listed in vectors().items()
        for vector in listed
    ]


@pytest.mark.parametrize(("check_id", "vector"), _all())
def test_vector(check_id: str, vector: dict[str, Any]) -> None:
    assert set(vector) <= KEYS
    found = list(judge_reports(facts(vector), (BY_ID[check_id],)))
    outcomes = {each.trouble.outcome for each in found}
    worst = next(
        (each for each in (Outcome.FAILED, Outcome.INCONCLUSIVE) if each in outcomes),
        Outcome.PASSED,
    )
    said = [each.trouble.found for each in found]
    assert worst.value == vector["expect"], said
    if found:
        assert any(vector["found"] in each for each in said), said
        assert {each.status for each in found} == {Status.OPEN}
        assert all(each.trouble.owner and each.trouble.where for each in found)
    if "owner" in vector:
        assert {each.trouble.owner for each in found} == {vector["owner"]}


def test_the_catalogue_is_complete() -> None:
    assert [check.id for check in REPORT_CHECKS] == CATALOGUE
    assert sorted(vectors()) == sorted(CATALOGUE)
    others = {check.id for check in CHECKS} | {row.id for row in UNWRITTEN}
    assert not others & set(CATALOGUE)


@pytest.mark.parametrize("check_id", CATALOGUE)
def test_check_has_a_passing_and_a_failing_vector(check_id: str) -> None:
    outcomes = {vector["expect"] for vector in vectors().get(check_id, ())}
    assert {"PASSED", "FAILED"} <= outcomes


def test_one_file_for_each_check_in_the_folder_of_its_category() -> None:
    folder = ROOT / "broker" / "rulebook" / "paris" / "reporting"
    files = {path for path in folder.glob("*/*.py") if path.name != "__init__.py"}
    assert files == {folder / c.category.value / f"{c.id.lower()}.py" for c in REPORT_CHECKS}


def test_the_whole_world_passes_every_check() -> None:
    assert [each.trouble for each in judge_reports(facts({}))] == []


def test_a_finding_is_open_then_answered_then_closed() -> None:
    wrong = facts({"set": {"CHE 2024.actions.0.date": date(2023, 12, 20)}})
    first = followed_up((), judge_reports(wrong, (BY_ID["AEF_PERIOD"],)), {})
    assert [each.status for each in first] == [Status.OPEN]
    answered = followed_up(
        first, judge_reports(wrong, (BY_ID["AEF_PERIOD"],)), {first[0].key: "version 1.1 is coming"}
    )
    assert [(each.status, each.answer) for each in answered] == [
        (Status.ANSWERED, "version 1.1 is coming")
    ]
    again = followed_up(answered, judge_reports(wrong, (BY_ID["AEF_PERIOD"],)), {})
    assert [each.status for each in again] == [Status.ANSWERED]
    closed = followed_up(again, judge_reports(facts({}), (BY_ID["AEF_PERIOD"],)), {})
    assert [(each.status, each.key) for each in closed] == [(Status.CLOSED, first[0].key)]


def test_the_digest_of_holdings_does_not_depend_on_how_blocks_are_stored() -> None:
    whole = [("b", "THA01", 1, 100), ("a", "THA01", 101, 110)]
    parts = [("a", "THA01", 101, 110), ("b", "THA01", 51, 100), ("b", "THA01", 1, 50)]
    assert holdings_digest(whole) == holdings_digest(parts)
    assert holdings_digest(whole) != holdings_digest([("a", "THA01", 1, 110)])
