# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reports derived from random histories: the same as counts of single units, and tied in every way."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sef.checks.casefile import Filed
from sef.checks.comparison import Comparison, State
from sef.checks.judging import Judgement, judge
from sef.completing import SUMS
from sef.derivation import Asked, derive
from sef.layout import Family
from sef.model import CellKind, Submission
from tests.kit.sef_history import PARTIES, PERIODS, YEARS, History


def reports(history: History, family: Family | None = None) -> list[Submission]:
    found = [
        derive(history.entries, Asked(party=party, year=year, period=period, family=family))
        for party in PARTIES
        for year in YEARS
        for period in PERIODS
    ]
    assert all(found)
    return [each for each in found if each is not None]


def judged(submissions: list[Submission]) -> Judgement:
    return judge(Filed(number, each) for number, each in enumerate(submissions))


def unexplained(judgement: Judgement, history: History) -> list[Comparison]:
    """What does not tie; a live layout cannot say which accounts corrections filled."""
    return [
        each
        for each in judgement.found
        if each.state is State.BROKEN
        or (each.state is State.OPEN and each.filed.key not in history.corrected)
    ]


def check(history: History) -> None:
    submissions = reports(history)
    for each in submissions:
        header = each.header
        said = {
            spot: cell.quantity
            for spot, cell in each.cells.items()
            if cell.kind is CellKind.NUMBER and spot.row not in SUMS
        }
        expected = history.expected(header.registry, header.reported_year, header.period)
        assert said == expected, header.name
    assert unexplained(judged(submissions), history) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_reports_are_counts_of_single_units_and_tie(seed: int) -> None:
    check(History(Random(seed)).play(25))


def test_reports_in_the_draft_tie_with_their_corrections() -> None:
    history = History(Random(4)).play(20)
    assert history.corrected
    judgement = judged(reports(history, Family.DRAFT))
    assert [each for each in judgement.found if each.state is not State.REMARK] == []


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_reports_of_any_history_are_counts_of_single_units_and_tie(seed: int) -> None:
    check(History(Random(seed)).play(40))
