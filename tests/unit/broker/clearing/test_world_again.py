# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What begins in a copied world ends as in one that was built for it, byte by byte."""

from __future__ import annotations

from itmo.runtime.db.connection import Connection
from tests.kit.clearing import ClearingWorld, authorize, trading_world, transfer
from tests.kit.world_again import trading_again

LEAVES = "SELECT leaf_hash FROM log_leaf ORDER BY log_index"


async def _traded(world: ClearingWorld) -> tuple[list[tuple[bytes]], str]:
    tha, che = world.senders["tha"], world.senders["che"]
    offered = transfer(world, 1, 100)
    await tha.propose(offered)
    await che.accept(offered.transaction_id)
    await authorize(tha, version=2, quantity=600_000)
    await world.house.stop()
    connection: Connection = world.connection
    return connection.execute(LEAVES).fetchall(), world.transaction_id()


async def test_a_copied_world_goes_on_as_a_built_one_and_leaves_the_next_copy_alone() -> None:
    built = await _traded(await trading_world())
    assert await _traded(await trading_again()) == built
    assert await _traded(await trading_again()) == built
