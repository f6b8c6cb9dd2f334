# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What many registries report about the same units is bounded, counted and fairly chosen."""

from __future__ import annotations

from collections import Counter

import pytest

from broker.known_regimes import REGIMES
from broker.store import claims
from broker.store.claims import MAX_OTHERS, count_others, others
from broker.store.sharing import SharedNeeds, load_shared
from broker.store.weighing import Weigher
from itmo.core.v1 import sharing_pb2, units_pb2
from itmo.runtime.db.connection import Connection
from tests.kit.clearing import trading_world
from tests.kit.effort import effort
from tests.kit.guards import without_references


@pytest.fixture
async def connection() -> Connection:
    made = (await trading_world()).connection
    without_references(made)
    return made


def fill(connection: Connection, node: str, reporters: int, rows: int, first: int = 1) -> list[str]:
    """Each reporter of a node claims the same units, one row for each."""
    names = [f"{node}{number // 100:02}{number % 100:02}" for number in range(reporters)]
    connection.executemany(
        "INSERT INTO registry VALUES (?, ?, 'GHA', 'OPERATIONAL', 'paris')",
        ((name, node) for name in names),
    )
    connection.executemany(
        "INSERT INTO reported_holding VALUES (?, 'THA01', ?, ?, 'paris', 100, '', 'CA0003', x'')",
        ((name, at, at) for name in names for at in range(first, first + rows)),
    )
    return names


async def test_others_rows_are_bounded_and_counted(connection: Connection) -> None:
    fill(connection, "X", 30, 500)
    needs = SharedNeeds(reporters={"CHE01"}, ranges={"CHE01": {("THA01", 1, 100_000)}})
    loaded = load_shared(connection, needs)
    assert sum(map(len, loaded.holdings.values())) == MAX_OTHERS
    report = sharing_pb2.RegistryReport(registry="CHE01")
    report.holdings.add(block=units_pb2.UnitBlock(registry="THA01", first=1, last=100_000))
    assert Weigher(connection, REGIMES).others(report) == MAX_OTHERS
    report.holdings[0].block.last = 3
    assert Weigher(connection, REGIMES).others(report) == 90 + 30, "and whose they are"


async def test_nobody_crowds_out_what_another_node_reports(
    connection: Connection,
) -> None:
    """A node with many registries, first by name and by serials, against one with a single one."""
    crowd = fill(connection, "A", 40, 500)
    (other,) = fill(connection, "Z", 1, 1_500, first=400)
    found = others(connection, "CHE01", {"THA01": (1, 100_000)})
    seen = Counter(units.reporter for units in found)
    assert len(found) == MAX_OTHERS
    assert seen[other] == 1_500
    assert min(seen[name] for name in crowd) == MAX_OTHERS // 2 // 40


@pytest.mark.parametrize("most", [1, 7, 60])
async def test_what_fits_is_found_whole(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    fill(connection, "A", 1, 40)
    fill(connection, "Z", 2, 9, first=33)
    monkeypatch.setattr(claims, "MAX_OTHERS", most)
    wanted = {"GHA01": (1, 5), "THA01": (36, 50)}
    found = [(units.reporter, units.first) for units in others(connection, "CHE01", wanted)]
    everything = {
        *(("A0000", at) for at in range(36, 41)),
        *((name, at) for name in ("Z0000", "Z0001") for at in range(36, 42)),
    }
    assert len(found) == len(set(found))
    assert set(found) <= everything
    assert len(found) <= max(most, 3)
    assert count_others(connection, "CHE01", wanted) == min(most, len(everything) + 3)
    if most == 60:
        assert set(found) == everything


async def test_what_others_hold_elsewhere_costs_nothing(connection: Connection) -> None:
    """Rows before and behind the units of a report are not even looked at."""

    def steps() -> int:
        with effort(connection, 100) as seen:
            assert len(others(connection, "CHE01", {"THA01": (50_001, 50_005)})) == 5
            assert count_others(connection, "CHE01", {"THA01": (50_001, 50_005)}) == 6
        return seen.taken

    (name,) = fill(connection, "A", 1, 5, first=50_001)
    few = steps()
    for first in (1, 60_000):
        connection.executemany(
            "INSERT INTO reported_holding VALUES (?, 'THA01', ?, ?, 'paris', 100, '', 'CA0003', x'')",
            ((name, at, at) for at in range(first, first + 20_000)),
        )
    assert steps() <= few + 2
