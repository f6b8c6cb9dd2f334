# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rules on reports and holdings against their vectors in tests/vectors/paris_reports.

What is judged here is judged by its check; what `broker aef check` keeps, by the checks that its row
cites. What a registry reports is judged in tests/unit/broker/clearing/test_sharing.py.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from aef.checks.catalogue import CHECKS as CONSISTENCY
from aef.checks.inquiry import Inquiry
from aef.checks.states import State
from broker.rulebook.check import Kept, Outcome, Rule
from broker.rulebook.paris.reporting.report_check import ReportFacts
from broker.rulebook.paris.reporting.report_rules import REPORT_RULES, judge_reports
from tests.kit.aef_world import filed_case

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "tests" / "vectors" / "paris_reports"
BY_ID = {check.id: check for check in REPORT_RULES}
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
KEYS = {"title", "copy", "set", "add", "drop", "unknown", "expect", "found", "owner"} | {"today"}


@cache
def vectors() -> dict[str, list[dict[str, Any]]]:
    return {
        path.stem: yaml.load(path.read_bytes(), yaml.CSafeLoader)
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def facts(vector: dict[str, Any]) -> ReportFacts:
    return ReportFacts(
        inquiry=Inquiry(filed_case(vector)),
        today=vector.get("today", date(2025, 12, 1)),
    )


def _all() -> list[Any]:
    return [
        pytest.param(check_id, vector, id=f"{check_id}: {vector['title']}")
        for check_id, listed in vectors().items()
        for vector in listed
    ]


def found_by(rule: Rule, vector: dict[str, Any]) -> list[tuple[Outcome, str, str]]:
    """Outcome, text and owner of what is found against a rule, by whoever carries it out."""
    if isinstance(rule, Kept):
        cited = set(rule.citation.replace(";", " ").split()) & {check.id for check in CONSISTENCY}
        assert cited, "a row that `broker aef check` keeps cites the checks that do it"
        outcomes = {State.INCONSISTENT: Outcome.FAILED, State.UNDETERMINED: Outcome.INCONCLUSIVE}
        inquiry = facts(vector).inquiry
        return [
            (outcomes[note.state], f"{check.id}: {note.found}; missing: {note.missing}", note.owner)
            for check in CONSISTENCY
            if check.id in cited
            for note in check.run(inquiry)
        ]
    return [
        (each.trouble.outcome, each.trouble.found, each.trouble.owner)
        for each in judge_reports(facts(vector))
        if each.check is rule
    ]


@pytest.mark.parametrize(("check_id", "vector"), _all())
def test_vector(check_id: str, vector: dict[str, Any]) -> None:
    assert set(vector) <= KEYS
    found = found_by(BY_ID[check_id], vector)
    outcomes = {outcome for outcome, _, _ in found}
    worst = next(
        (each for each in (Outcome.FAILED, Outcome.INCONCLUSIVE) if each in outcomes),
        Outcome.PASSED,
    )
    said = [text for _, text, _ in found]
    assert worst.value == vector["expect"], said
    if found:
        assert any(vector["found"] in each for each in said), said
    if "owner" in vector:
        assert {owner for _, _, owner in found} == {vector["owner"]}


def test_the_catalogue_is_complete() -> None:
    assert [rule.id for rule in REPORT_RULES] == CATALOGUE
    assert vectors().keys() == set(CATALOGUE) - {"REC_REGISTRY_SNAPSHOT"}


@pytest.mark.parametrize("check_id", vectors())
def test_check_has_a_passing_and_a_failing_vector(check_id: str) -> None:
    outcomes = {vector["expect"] for vector in vectors().get(check_id, ())}
    assert {"PASSED", "FAILED"} <= outcomes


def test_the_whole_world_passes_every_check() -> None:
    assert [each.trouble for each in judge_reports(facts({}))] == []
