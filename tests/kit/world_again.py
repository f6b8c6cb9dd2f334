# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two Parties ready to trade, as a copy for each test of what was built once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from broker.app import memory_house, operator_over
from itmo.chain import SenderChain
from itmo.clock import FakeClock
from itmo.ids import SeededIds
from itmo.runtime.db.passing import in_memory
from tests.kit.clearing import SEED, ClearingWorld, Sender, trading_world
from tests.kit.postgres import played_on_server


@dataclass(frozen=True)
class _Built:
    """A world at rest, and how many ids were drawn for it."""

    world: ClearingWorld
    drawn: int


_BUILT: list[_Built] = []
"""Of this process, once it is there."""


async def trading_again() -> ClearingWorld:
    """What `trading_world` builds, to the same bytes, the same time and the same next id; its house was started anew.

    On a server it is built.
    """
    if played_on_server():
        return await trading_world()
    if not _BUILT:
        _BUILT.append(await _built())
    return await _copied(_BUILT[0])


async def _built() -> _Built:
    world = await trading_world()
    await world.house.stop()
    following = world.transaction_id()
    again, drawn = SeededIds(SEED), 0
    while again.uuid7(world.clock.now()) != following:
        drawn += 1
    return _Built(world, drawn)


async def _copied(built: _Built) -> ClearingWorld:
    clock, ids = FakeClock(built.world.clock.now()), SeededIds(SEED)
    for _ in range(built.drawn):
        ids.uuid7(clock.now())
    connection = in_memory()
    connection.execute("PRAGMA foreign_keys = ON")
    built.world.connection.backup(connection)
    parts = replace(built.world.parts, clock=clock, ids=ids)
    house = memory_house(parts, connection)
    await house.start()
    world = ClearingWorld(house, operator_over(parts, house), clock, ids, parts, connection)
    for name, each in built.world.senders.items():
        chain = SenderChain(
            node=each.chain.node,
            recipient=each.chain.recipient,
            network_id=each.chain.network_id,
            signer=each.chain.signer,
            ids=ids,
            next_sequence=each.chain.next_sequence,
            previous_payload_hash=each.chain.previous_payload_hash,
        )
        world.senders[name] = Sender(each.node, each.registries, chain, world, dict(each.letters))
    return world
