# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The commands of deploy/docs/adjustments.md show what the page says they show."""

from __future__ import annotations

import shlex
from datetime import timedelta
from pathlib import Path

import pytest

from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from tests.architecture.documents import executed_blocks
from tests.kit.clearing import START, trading_world, transfer, use
from tests.unit.broker.cli.kit import broker, lay, set_up

PAGES = ("adjustments-balance", "adjustments-as-of", "adjustments-summary", "adjustments-explain")


@pytest.fixture
async def directory(tmp_path: Path) -> Path:
    """1 916 units move from Thailand to Switzerland, which uses them a year later for 2024."""
    place = set_up(tmp_path / "broker")
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    for sender, party, year, tonnes in (
        (tha, "THA", 2022, 100_000_000),
        (che, "CHE", 2024, 40_000_000),
    ):
        stated = parties_pb2.InventoryStatement(party=party)
        stated.years.add(year=year, tonnes=tonnes)
        await sender.say(PayloadKind.INVENTORY_STATEMENT, stated)
    moved = transfer(world, 1, 1_916)
    await tha.propose(moved)
    await che.accept(moved.transaction_id)
    world.clock.set(START + timedelta(days=600))
    await che.propose(use(world, 1, 1_916, 2024))
    lay(world, place)
    return place


def plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("name", PAGES)
async def test_the_page_shows_what_the_command_prints(directory: Path, name: str) -> None:
    command, *shown = plain(executed_blocks()[name].text)
    words = shlex.split(command.removeprefix("$ "))
    assert words[0] == "broker"
    ran = broker("--dir", directory, *words[1:])
    assert ran.exit_code == 0, ran.stderr
    assert plain(ran.stdout) == shown
