# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Pull and view: a Party's node sees what it holds in the mechanism registry, and nothing else."""

from __future__ import annotations

from pathlib import Path

from broker.reports.paris.meta_registry import positions
from broker.reports.paris.visibility import Caller, positions_for
from scenarios.acting import Stage
from scenarios.network import PlayedNetwork
from scenarios.reading import read_file
from scenarios.world import set_up

STORY = Path(__file__).parents[4] / "scenarios" / "mechanism_life.yaml"
APPROACH = "CA000001"


async def test_each_party_sees_its_own_units_and_no_account_of_the_mechanism() -> None:
    scenario = read_file(STORY)
    network = PlayedNetwork(scenario.nodes, scenario.clock)
    try:
        _, accounts = await set_up(network, scenario)
        stage = Stage(network, scenario, accounts)
        for step in scenario.steps:
            await stage.act(step)
        found = positions(network.database, APPROACH)
    finally:
        await network.close()
    korea = positions_for(Caller(frozenset({"KOR01"}), frozenset({"KOR"})), found)
    myanmar = positions_for(Caller(frozenset({"MMR01"}), frozenset({"MMR"})), found)
    mechanism = positions_for(Caller(frozenset({"XMR01"}), frozenset()), found)
    assert sum(each.quantity for each in korea) == 10_000
    assert sum(each.quantity for each in myanmar) == 1_000
    assert sum(each.quantity for each in mechanism) == 19_900  # 100 went to Korea's own registry
    assert not any(each.account_id for each in korea if each.holder == "XMR01")
    stranger = Caller(frozenset({"CHE01"}), frozenset({"CHE"}))
    assert positions_for(stranger, found) == []
