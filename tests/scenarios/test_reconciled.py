# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""At the end of every story the books of every registry are those of the record, whatever happened."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from registry_node.differing import difference_text
from scenarios.acting import Stage
from scenarios.model import BROKER
from scenarios.network import PlayedNetwork
from scenarios.reading import read
from scenarios.world import set_up
from tests.kit.many import many
from tests.kit.reconciliation import differing, reconcile_all
from tests.kit.told import SOON

STORIES = sorted(Path("tests/scenarios").glob("*.yaml"), key=lambda each: each.stem)
TELLING = (
    "contract_example", "contribution_units_authorized_later", "kyoto_lcers_prolonged",
    "kyoto_tcers_replaced", "programme_cancels",
)  # fmt: skip
"""Stories in which units become something else in every way there is."""


async def _disagreements(name: str, content: bytes) -> list[str]:
    scenario = read(name, content)
    network = PlayedNetwork(scenario.nodes, scenario.clock)
    try:
        _, accounts = await set_up(network, scenario)
        stage = Stage(network, scenario, accounts)
        for step in scenario.steps:
            await stage.act(step)
        if not network.house_runs:
            await network.restart(BROKER)
        for node, member in network.members.items():
            member.link.connected = True
            if member.node is None:
                await network.restart(node)
        await network.settle()
        compared = await reconcile_all(network)
        assert all(each.last is not None for each in compared.values())
        return [difference_text(told) for each in compared.values() for told in differing(each)]
    finally:
        await network.close()


@pytest.mark.parametrize("story", many(TELLING, SOON & set(TELLING)))
def test_books_agree_after_units_became_something_else(story: str) -> None:
    path = Path(f"tests/scenarios/{story}.yaml")
    assert asyncio.run(_disagreements(path.name, path.read_bytes())) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", STORIES, ids=lambda each: each.stem)
def test_books_agree_at_the_end_of_every_story(path: Path) -> None:
    assert asyncio.run(_disagreements(path.name, path.read_bytes())) == []
