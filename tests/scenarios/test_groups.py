# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is decided does not depend on what else was in the group: bytes of every story, compared.

The messages of a story are played again one at a time and all those of one moment at once, in the long
tests in pairs and threes, too; every table that they determine must be the same, and so must every
verdict, receipt and leaf.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from broker.app import memory_database
from broker.known_regimes import ALL_REGIMES
from broker.verifying.replay import Replay
from broker.verifying.verify import COMPARED
from itmo.runtime.db.comparison import differences
from itmo.runtime.db.connection import Connection
from tests.kit.told import Told

SIZES = (1, 64)
OTHER_SIZES = (2, 3)


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


@pytest.mark.parametrize("sizes", [SIZES, pytest.param(OTHER_SIZES, marks=pytest.mark.slow)])
def test_a_story_comes_to_the_same_bytes_in_groups_of_every_size(
    told: Told, sizes: tuple[int, ...]
) -> None:
    largest = {}
    for together in sizes:
        found, largest[together] = _played(told.database, together)
        assert found == [], f"{together} at a time"
    assert all(most <= together for together, most in largest.items())
    assert max(largest.values()) > 2, "the story's messages never meet: it shows nothing"
