# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""At the end of every story each Party's AEFs and actions along the timeline are those of the whole record."""

from __future__ import annotations

from broker.reports.paris.actions import actions
from broker.reports.paris.timeline import Timeline
from tests.kit.own_aefs import draw_both_ways
from tests.kit.told import Told


def test_aefs_of_each_party_alone_are_those_of_all(told: Told) -> None:
    """The comparison itself stands in the kit, for all tests that draw."""
    assert all(each.from_ledger for each in draw_both_ways(told.database))


def test_actions_along_the_timeline_are_those_of_the_whole_record(told: Told) -> None:
    tables = Timeline().read_all(told.database)
    whole = list(actions(told.database))
    assert list(actions(told.database, timeline=tables)) == whole
    for party in {each.party for each in whole}:
        own = [each for each in whole if each.party == party]
        assert list(actions(told.database, party=party, timeline=tables)) == own
