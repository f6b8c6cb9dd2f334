# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Shares of an Article 6.4 issuance in whole units."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.rulebook.check import Outcome
from broker.rulebook.paris.attributes import UnitType
from broker.rulebook.paris.mechanism import (
    Rounding,
    current_type,
    omge_minimum,
    share_of_proceeds,
)
from broker.rulebook.paris.proposal import Allotment, AllotmentPurpose
from broker.rulebook.paris.rulebook import judge_proposal
from broker.rulebook.paris.view import lots_of
from tests.unit.broker.rulebook.bases import BASES

QUANTITIES = st.integers(1, 2**63 - 2)


@pytest.mark.parametrize(
    ("issued", "share", "cancelled"),
    [(10_000, 500, 200), (10_001, 501, 201), (1, 1, 1), (20, 1, 1), (100, 5, 2), (99, 5, 2)],
)
def test_shares(issued: int, share: int, cancelled: int) -> None:
    assert (share_of_proceeds(issued), omge_minimum(issued)) == (share, cancelled)


def test_rounding_down_is_one_setting_away() -> None:
    assert share_of_proceeds(10_001, Rounding.DOWN) == 500


@given(QUANTITIES)
def test_shares_are_the_least_whole_numbers_that_reach_the_percentage(issued: int) -> None:
    for share, percent in ((share_of_proceeds(issued), 5), (omge_minimum(issued), 2)):
        exact = Fraction(issued * percent, 100)
        assert exact <= share < exact + 1


@given(st.lists(st.tuples(st.integers(-5, 10_010), st.integers(-5, 10_010)), max_size=6))
def test_lots_partition_a_block_however_it_is_allotted(drawn: list[tuple[int, int]]) -> None:
    facts = BASES["mechanism_issuance"]()
    allotments = tuple(
        Allotment(purpose=AllotmentPurpose.OMGE, account="x", first=first, last=last)
        for first, last in drawn
    )
    lots = lots_of(replace(facts, proposed=replace(facts.proposed, allotments=allotments)))
    expected = 1
    for lot in lots:
        assert lot.range.first == expected
        expected = lot.range.last + 1
    assert expected == 10_001
    allotted = {
        serial
        for first, last in drawn
        if 1 <= first <= last
        for serial in (first, last)
        if serial <= 10_000
    }
    for serial in allotted:
        (lot,) = (each for each in lots if each.range.first <= serial <= each.range.last)
        assert lot.allotment is AllotmentPurpose.OMGE


@pytest.mark.parametrize("kind", UnitType)
def test_only_contribution_units_change_when_they_are_authorized(kind: UnitType) -> None:
    assert current_type(kind, authorized=False) is kind
    later = current_type(kind, authorized=True)
    contribution = {UnitType.UNAUTHORIZED_A64ER, UnitType.MCU}
    assert later is (UnitType.ITMO if kind in contribution else kind)


def test_units_are_allotted_to_accounts_of_the_same_rulebook_alone() -> None:
    facts = BASES["mechanism_issuance"]()
    named = {
        name: replace(each, rulebook="kyoto") for name, each in facts.allotment_accounts.items()
    }
    assert named
    judged = judge_proposal(replace(facts, named_accounts=named))
    (finding,) = (each for each in judged.findings if each.check.id == "TX_ONE_RULEBOOK")
    assert finding.outcome is Outcome.FAILED
    assert "the allotted account" in finding.found
