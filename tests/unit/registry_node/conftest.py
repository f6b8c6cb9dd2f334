# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A small network: a Thai and a Swiss node with open accounts, and units in the Thai one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from itmo.core.v1 import units_pb2
from registry_node.paris.statements import ParisStatements
from registry_node.service import RegistryNode
from tests.kit import wishes
from tests.unit.registry_node.broker_double import BrokerDouble, Network


def block(first: int, last: int, *, vintage: int = 0) -> units_pb2.UnitBlock:
    made = units_pb2.UnitBlock(registry="THA01", first=first, last=last)
    if vintage:
        made.attributes.paris.vintage = vintage
        made.attributes.paris.cooperative_approach = "CA000003"
    return made


def paris(node: RegistryNode) -> ParisStatements:
    return ParisStatements(node.work)


@dataclass
class Scene:
    network: Network
    tha: RegistryNode
    che: RegistryNode
    tha_account: str
    che_account: str
    unsound: bool = False
    """Set by a test after which a store cannot verify."""

    @property
    def broker(self) -> BrokerDouble:
        return self.network.broker

    async def arrived(self, node: RegistryNode) -> None:
        """Wait until something waits for a person at a node."""
        changed = asyncio.Event()
        store = self.network.stores[node.identity.node]
        store.listen(changed.set)
        while not await node.waiting():
            await changed.wait()
            changed.clear()
        store.forget(changed.set)

    async def quantity(self, node: RegistryNode, account: str) -> int:
        return sum(row.quantity for row in await node.holdings(account))

    async def offer(self, first: int = 1, last: int = 100, *, by_proposer: bool = False) -> str:
        wish = wishes.transfer(
            self.tha_account,
            self.che_account,
            [block(first, last)],
            completion=2 if by_proposer else 1,
        )
        return (await self.tha.propose(wish)).transaction_id


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    network = Network()
    tha = await network.join("tha-registry", "THA01")
    che = await network.join("che-registry", "CHE01")
    _, tha_row = await tha.open_account(wishes.account())
    _, che_row = await che.open_account(wishes.account())
    await network.settle()
    await tha.propose(wishes.issuance(tha_row.account_id, [block(1, 1000, vintage=2022)]))
    await network.settle()
    scene = Scene(network, tha, che, tha_row.account_id, che_row.account_id)
    yield scene
    for node in network.nodes.values():
        found = (await node.verify()).problems
        assert scene.unsound or found == (), "\n".join(each.found for each in found)
    for store in network.stores.values():
        await store.close()
