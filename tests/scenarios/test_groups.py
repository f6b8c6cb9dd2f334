# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is decided does not depend on what else was in the group: bytes of every story, compared.

The messages of a story are played again one at a time and all those of one moment at once, in the long
tests in pairs and threes, too; every table that they determine must be the same, and so must every
verdict, receipt and leaf.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from broker.app import ALL_REGIMES, memory_database
from broker.verifying.replay import Replay
from broker.verifying.verify import COMPARED
from itmo.runtime.db.comparison import differences
from itmo.runtime.db.connection import Connection
from scenarios.acting import Stage
from scenarios.network import PlayedNetwork
from scenarios.reading import read_file
from scenarios.world import set_up

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
SIZES = (1, 64)
EVERY_SIZE = (1, 2, 3, 64)


@asynccontextmanager
async def _told(path: Path) -> AsyncIterator[Connection]:
    """The clearing-house's database at the end of a story."""
    story = read_file(path)
    network = PlayedNetwork(story.nodes, story.clock)
    try:
        problems, account_ids = await set_up(network, story)
        assert not problems
        stage = Stage(network, story, account_ids)
        for step in story.steps:
            await stage.act(step)
        yield network.database
    finally:
        await network.close()


def _played(told: Connection, together: int) -> tuple[list[str], int]:
    """What differs when the messages are played in groups of a size, and how large groups were."""
    largest, before = 0, 0
    fresh = memory_database()

    def count(decisions: int) -> None:
        nonlocal largest, before
        largest, before = max(largest, decisions - before), decisions

    try:
        fault = Replay(told, fresh, ALL_REGIMES).run(count, together=together)
        return [str(fault)] if fault else list(_differing(told, fresh)), largest
    finally:
        fresh.close()


def _differing(told: Connection, fresh: sqlite3.Connection) -> Iterator[str]:
    for table in COMPARED:
        names = [column.name for column in table.c]
        keys = [column.name for column in table.primary_key]
        yield from differences(told, fresh, table.name, names, keys)


@pytest.mark.parametrize("sizes", [SIZES, pytest.param(EVERY_SIZE, marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
async def test_a_story_comes_to_the_same_bytes_in_groups_of_every_size(
    path: Path, sizes: tuple[int, ...]
) -> None:
    largest = {}
    async with _told(path) as told:
        for together in sizes:
            found, largest[together] = _played(told, together)
            assert found == [], f"{together} at a time"
    assert largest[1] == 1
    assert largest[64] > 2, "the story's messages never meet: it shows nothing"
