# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Of several versions of a report the last one counts, and corrections change the year before."""

from __future__ import annotations

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import State
from sef.checks.judging import judge
from sef.comparing import compare
from sef.model import Row, Side, Spot, Submission, Table, Unit
from tests.kit.sef_files import empty, with_numbers

HELD = Spot(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.CER)
CDM = Spot(Table.EXTERNAL, "CDM", Side.ADDITIONS, Unit.CER)


def acquired(year: int, quantity: int, version: int = 1, registry: str = "NZ") -> Submission:
    """CERs come from the clean development mechanism in one year, and are held."""
    total = {
        Spot(Table.EXTERNAL, Row.SUBTOTAL, Side.ADDITIONS, Unit.CER): quantity,
        Spot(Table.TOTAL, Row.TOTAL, Side.ADDITIONS, Unit.CER): quantity,
        Spot(Table.YEARS, year, Side.ADDITIONS, Unit.CER): quantity,
        Spot(Table.YEARS, Row.TOTAL, Side.ADDITIONS, Unit.CER): quantity,
        Spot(Table.END, Row.TOTAL, Side.QUANTITY, Unit.CER): quantity,
    }
    submission = empty("cp2-2016", reported_year=year, version=version, registry=registry)
    return with_numbers(submission, {**total, HELD: quantity, CDM: quantity})


def filed(*submissions: Submission) -> list[Filed]:
    return [Filed(number, each) for number, each in enumerate(submissions)]


def test_a_report_that_is_right_ties() -> None:
    judgement = judge(filed(acquired(2016, 5)))
    assert judgement.clean
    assert judgement.count(State.EVEN) == len(judgement.comparisons)


def test_the_last_version_counts_in_whatever_order_they_are_given() -> None:
    wrong = with_numbers(acquired(2016, 5), {HELD: 6})
    right = acquired(2016, 5, version=2)
    for order in ((wrong, right), (right, wrong)):
        judgement = judge(filed(*order))
        assert judgement.clean
        assert [old.header.version for old in judgement.file.superseded] == [1]
    assert not judge(filed(right, with_numbers(acquired(2016, 5, version=3), {HELD: 6}))).clean


def test_reports_of_other_parties_periods_and_years_stand_beside_each_other() -> None:
    given = filed(acquired(2016, 5), acquired(2016, 5, registry="CH"), acquired(2017, 5))
    file = CaseFile(tuple(given))
    assert len(file.current) == 3
    assert file.before(given[2]) is given[0]
    assert file.before(given[0]) is None
    assert file.others(given[0]) == [given[1]]


def test_a_correction_changes_the_row_of_the_year_before_and_no_other() -> None:
    before = acquired(2016, 5)
    added = Spot(Table.CORRECTIONS, "NZ7", Side.ADDITIONS, Unit.CER)
    start = {
        HELD._replace(table=Table.START): 5,
        Spot(Table.START, Row.TOTAL, Side.QUANTITY, Unit.CER): 5,
    }
    after = {
        added: 2,
        HELD: 7,
        Spot(Table.END, Row.TOTAL, Side.QUANTITY, Unit.CER): 7,
        Spot(Table.YEARS, 2016, Side.ADDITIONS, Unit.CER): 7,
        Spot(Table.YEARS, Row.TOTAL, Side.ADDITIONS, Unit.CER): 7,
    }
    corrected = with_numbers(empty("cp2-2016", reported_year=2017), {**start, **after})
    judgement = judge(filed(before, corrected))
    # A table of corrections does not say which account was filled, so one tie is left open.
    assert [(each.check, each.state) for each in judgement.found] == [("SEF05", State.OPEN)]
    silent = with_numbers(corrected, {added: 0})
    broken = {each.check for each in judge(filed(before, silent)).found}
    assert {"SEF03", "SEF09"} <= broken


def test_two_reports_are_compared_cell_by_cell() -> None:
    one = acquired(2016, 5)
    assert compare(one, one).same
    found = compare(one, with_numbers(one, {HELD: 6, CDM: 0}))
    assert {each.spot for each in found.differences} == {HELD, CDM}
    assert [each.other.text for each in found.differences if each.spot == CDM] == ["NO"]
    other = compare(one, acquired(2017, 5, registry="CH"))
    assert {each.field for each in other.header} == {"registry", "reported year"}


def test_cells_that_layouts_shade_differently_are_no_difference() -> None:
    assert compare(empty("cp1-2016"), empty("draft-2016")).same
