# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Who sees what, case by case."""

from __future__ import annotations

import pytest

from broker.reports.paris.visibility import Caller, History, history_for, ids_for, positions_for
from itmo.serials import SerialRange
from tests.property.test_visibility import account, deed, position

# Thailand issues unit 3, Switzerland gets it, then Sweden.
LIFE = [deed(1, 3, "", "THA01"), deed(2, 3, "THA01", "CHE01"), deed(3, 3, "CHE01", "SWE01")]
NOW = [position(3, "SWE01")]


def caller(*registries: str, hosts: str = "") -> Caller:
    return Caller(frozenset(registries), frozenset(hosts.split()))


def seen(history: History) -> list[str]:
    return [f"{each.from_registry}>{each.to_registry}" for each in history.deeds]


@pytest.mark.parametrize(
    ("asks", "deeds", "knows_where", "withheld"),
    [
        (caller("SWE01"), [">THA01", "THA01>CHE01", "CHE01>SWE01"], True, False),
        (caller("CHE01"), [">THA01", "THA01>CHE01", "CHE01>SWE01"], False, True),
        (caller("THA01", hosts="THA"), [">THA01", "THA01>CHE01"], False, True),
        (caller("GHA01"), [], False, False),
        (caller("GHA01", hosts="SWE"), [">THA01", "THA01>CHE01", "CHE01>SWE01"], True, False),
    ],
    ids=["holder", "last holder", "host", "stranger", "node of the holder's Party"],
)
def test_history(asks: Caller, deeds: list[str], knows_where: bool, withheld: bool) -> None:
    history = history_for(asks, LIFE, NOW)
    assert seen(history) == deeds
    assert bool(history.positions) == knows_where
    assert history.withheld == withheld


def test_accounts_are_named_to_the_sides_only() -> None:
    first, second, third = history_for(caller("SWE01"), LIFE, NOW).deeds
    assert (first.to_account, second.from_account, second.to_account) == ("", "", "")
    assert (third.from_account, third.to_account) == (account("CHE01"), account("SWE01"))
    (here,) = history_for(caller("GHA01", hosts="SWE"), LIFE, NOW).positions
    assert (here.holder, here.account_id) == ("SWE01", "")


def test_a_false_report_finds_nothing_out() -> None:
    claimed = position(3, "VUT01", "VUT01")
    told = deed(9, 3, "GHA01", "VUT01", "VUT01")
    history = history_for(caller("VUT01"), [*LIFE, told], [*NOW, claimed])
    assert seen(history) == ["GHA01>VUT01"]
    assert history.positions == (claimed,)
    assert positions_for(caller("VUT01"), [*NOW, claimed]) == [claimed]
    # Whom it names hears of it; where the unit really is, neither of them does.
    assert seen(history_for(caller("GHA01"), [*LIFE, told], [*NOW, claimed])) == ["GHA01>VUT01"]


def test_a_host_lists_ids_whatever_became_of_them() -> None:
    everywhere = [("THA01", SerialRange(3, 5)), ("THA01", SerialRange(6, 9))]
    ids = ids_for(caller("THA01", hosts="THA"), "THA", everywhere)
    assert [(name, run.first, run.last) for name, run in ids] == [("THA01", 3, 9)]
    with pytest.raises(PermissionError):
        ids_for(caller("THA01"), "THA", everywhere)
