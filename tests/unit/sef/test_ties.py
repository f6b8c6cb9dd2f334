# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every tie holds in reports of one history, and is broken by one unit more in one of its cells."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

import pytest

from sef.checks.casefile import Filed
from sef.checks.catalogue import TIES
from sef.checks.comparison import Comparison, Scope, State
from sef.checks.judging import Judgement, judge
from sef.derivation import Asked, derive
from sef.layout import Family
from sef.model import Row, Side, Spot, Submission, Table, Unit
from tests.kit.sef_files import empty, with_numbers
from tests.kit.sef_history import PARTIES, PERIODS, YEARS, History

REMARKS = {"SEF10", "SEF15"}
BY_ID = {tie.id: tie for tie in TIES}


@cache
def reports(family: Family | None = None) -> tuple[Submission, ...]:
    entries = History(Random(2)).play(30).entries
    asked = [
        Asked(party=party, year=year, period=period, family=family)
        for party in PARTIES
        for year in YEARS
        for period in PERIODS
    ]
    return tuple(each for one in asked if (each := derive(entries, one)) is not None)


def judged(submissions: tuple[Submission, ...], tie: str) -> Judgement:
    filed = [Filed(number, each) for number, each in enumerate(submissions)]
    return judge(filed, ties=(BY_ID[tie],))


def one_more(comparison: Comparison, cell: int) -> tuple[Submission, ...]:
    """The same reports with one unit more in a cell of a comparison."""
    counted = comparison.cells[cell]
    number = counted.filed.number
    changed = with_numbers(counted.filed.submission, {counted.spot: counted.cell.quantity + 1})
    return (*reports()[:number], changed, *reports()[number + 1 :])


@pytest.mark.parametrize("tie", [each for each in BY_ID if each not in REMARKS])
def test_a_tie_holds_and_is_broken_by_one_unit_more(tie: str) -> None:
    judgement = judged(reports(), tie)
    assert judgement.comparisons
    assert judgement.found == ()
    filled = [each for each in judgement.comparisons if each.found or each.expected]
    assert filled, "the history fills nothing that the tie compares"
    comparison = max(filled, key=lambda each: sum(bool(one.cell.quantity) for one in each.cells))
    last = len(comparison.cells) - 1
    for cell in {0, last // 2, last}:
        found = judged(one_more(comparison, cell), tie).found
        assert State.BROKEN in {each.state for each in found}, (comparison.what, cell)


@pytest.mark.parametrize("tie", [each for each in BY_ID if each not in REMARKS])
def test_a_tie_holds_in_the_draft_layout(tie: str) -> None:
    assert judged(reports(Family.DRAFT), tie).found == ()


def test_ids_are_in_order_and_every_tie_says_where_it_follows_from() -> None:
    assert list(BY_ID) == [f"SEF{number:02d}" for number in range(1, len(TIES) + 1)]
    for tie in TIES:
        assert "FCCC/SBSTA/2004/9" in tie.citation
        assert tie.title[0].isupper()
        assert tie.meaning.endswith(".")
        assert tie.remedy.endswith(".")
    assert {tie.scope for tie in TIES} == set(Scope)


def spot(table: Table, row: Row | int | str, side: Side, unit: Unit) -> Spot:
    return Spot(table, row, side, unit)


def test_what_is_still_to_be_replaced_is_a_remark() -> None:
    submission = with_numbers(
        empty("cp2-2016"),
        {spot(Table.REPLACEMENT_YEARS, Row.TOTAL, Side.REQUIREMENT, Unit.TCER): 9},
    )
    judgement = judged((submission,), "SEF10")
    (found,) = judgement.found
    assert found.state is State.REMARK
    assert "9 to be replaced or cancelled, 0 were" in found.missing
    assert judgement.clean
    assert judged((empty("cp2-2016"),), "SEF10").found == ()


@pytest.mark.parametrize(
    ("made", "late"),
    [("2017-02-01T23:59:59+00:00", 0), ("2017-02-02T00:00:00+00:00", 1), ("", 0), ("soon", 0)],
)
def test_a_report_after_the_first_of_february_is_late(made: str, late: int) -> None:
    judgement = judged((empty("cp2-2016", made=made),), "SEF15")
    assert [each.found for each in judgement.found] == ([late] if late else [])
    assert judgement.clean


# -- starting values and what is carried over -----------------------------------------------------

HELD = spot(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.ERU)
BEGAN = spot(Table.START, Row.PARTY_HOLDING, Side.QUANTITY, Unit.ERU)
CARRIED = spot(Table.STARTING_VALUES, Row.CARRY_OVER, Side.ADDITIONS, Unit.ERU)


def first_period(end: int) -> Submission:
    return with_numbers(empty("cp1-2016", reported_year=2018), {BEGAN: 50, HELD: end})


def second_period(year: int, carried: int) -> Submission:
    return with_numbers(empty("cp2-2016", reported_year=year), {CARRIED: carried})


def state_of(*submissions: Submission) -> State:
    judgement = judged(submissions, "SEF03")
    states = [
        each.state
        for each in judgement.comparisons
        if each.filed.number == 0 and each.what.endswith("ERU")
    ]
    return states[0]


def test_units_carried_over_are_read_from_the_report_for_the_next_period() -> None:
    assert state_of(first_period(50)) is State.EVEN
    assert state_of(first_period(20), second_period(2018, 30)) is State.EVEN
    assert state_of(first_period(20), second_period(2018, 29)) is State.BROKEN
    # What was carried over the year before left the holdings the year before.
    given = second_period(2018, 30), second_period(2017, 30)
    assert state_of(first_period(20), *given) is State.BROKEN
    assert state_of(first_period(50), *given) is State.EVEN


def test_without_that_report_it_is_left_open_and_says_what_would_decide() -> None:
    (found,) = judged((first_period(20),), "SEF03").found
    assert found.state is State.OPEN
    assert "the report on 2018 for period 2" in found.missing
    # More than there was cannot have been carried over, nor anything before the true-up.
    assert state_of(first_period(51)) is State.BROKEN
    early = replace(first_period(20), layout="cp1-2015")
    early = replace(early, header=replace(early.header, reported_year=2012))
    assert state_of(early) is State.BROKEN


def test_a_starting_value_was_booked_this_year_or_before() -> None:
    issued = spot(Table.STARTING_VALUES, Row.ISSUED_AAUS, Side.ADDITIONS, Unit.AAU)
    end = spot(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.AAU)
    start = spot(Table.START, Row.PARTY_HOLDING, Side.QUANTITY, Unit.AAU)

    def broken(*submissions: Submission) -> bool:
        return bool(judged(submissions, "SEF03").count(State.BROKEN))

    this_year = with_numbers(empty("cp1-2016"), {issued: 7, end: 7})
    assert not broken(this_year)
    assert not broken(with_numbers(empty("cp1-2016"), {issued: 7, start: 7, end: 7}))
    assert broken(with_numbers(empty("cp1-2016"), {issued: 7, end: 8}))
    last_year = with_numbers(empty("cp1-2015", reported_year=2015), {issued: 7, end: 7})
    assert broken(this_year, last_year), "it was booked last year already"
