# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What many registries report about the same units is bounded, and counted, for each new report."""

from __future__ import annotations

import sqlite3

from broker.store.sharing import MAX_OTHERS, SharedNeeds, load_shared
from broker.store.weighing import Weigher
from itmo.core.v1 import sharing_pb2, units_pb2
from tests.kit.clearing import trading_world


def fill(connection: sqlite3.Connection, reporters: int, rows: int) -> None:
    """Each reporter claims the same units, one row for each."""
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.executemany(
        "INSERT INTO reported_holding VALUES (?, 'THA01', ?, ?, 100, 0, x'', 'CA0003', 'THA', 2022)",
        (
            (f"X{name // 100:02}{name % 100:02}", serial, serial)
            for name in range(reporters)
            for serial in range(1, rows + 1)
        ),
    )


async def test_others_rows_are_bounded_and_counted() -> None:
    world = await trading_world()
    fill(world.connection, 30, 500)
    needs = SharedNeeds(reporters={"CHE01"}, ranges={("THA01", 1, 100_000)})
    loaded = load_shared(world.connection, needs)
    assert sum(map(len, loaded.holdings.values())) == MAX_OTHERS
    report = sharing_pb2.RegistryReport(registry="CHE01")
    report.holdings.add(block=units_pb2.UnitBlock(registry="THA01", first=1, last=100_000))
    assert Weigher(world.connection).others(report) == MAX_OTHERS
    report.holdings[0].block.last = 3
    assert Weigher(world.connection).others(report) == 90
