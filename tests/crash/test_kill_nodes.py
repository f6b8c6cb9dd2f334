# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` of a node, or of the broker under its nodes, in the middle of transfers.

Real programs over mutual TLS. Every offer and every acceptance that was put on a node's disk
completes once the killed program is back, and every proof on every node verifies.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.demo import history
from deploy.demo.network import Network, found
from deploy.demo.programs import DATABASE, DemoFailed, Programs
from deploy.demo.speaking import NodeOperator
from deploy.demo.telling import Stage
from itmo.core.v1.units_pb2 import UnitBlock
from tests.kit.postgres import own_url

ROUNDS, PER_ROUND, SEED = 12, 3, 1917


@pytest.mark.slow
async def test_nodes_are_killed_at_random_moments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATABASE, own_url())
    programs = Programs(tmp_path, 2)
    try:
        network = await found(programs, Stage(quiet_output=True))
        try:
            await _rounds(network)
        finally:
            await network.hang_up()
        checked = await programs.broker("verify")
        assert checked["problems"] == [], checked
    finally:
        programs.stop()


async def _rounds(network: Network) -> None:
    thailand, swiss = network.nodes["tha"], network.nodes["che"]
    await thailand.authorize(history.THAILAND)
    block = history.BUSES_2022[0]
    await thailand.issue(network.accounts["THA01"], [block])
    choose, serial = random.Random(SEED), block.first
    for _ in range(ROUNDS):
        victim = choose.choice(["tha", "che", "che", "broker"])
        offers = []
        for _ in range(PER_ROUND):
            unit = UnitBlock(registry="THA01", first=serial, last=serial)
            offered = await thailand.offer(
                network.accounts["THA01"], network.accounts["CHE01"], [unit]
            )
            offers.append(offered.transaction_id)
            serial += 1
        answering = asyncio.gather(*(_accept(swiss, each) for each in offers))
        await asyncio.sleep(choose.uniform(0.0, 0.15))  # the random moment is the test
        network.programs.kill(victim)
        await _start_again(network, victim)
        await answering
        await asyncio.gather(*(_completes(thailand, swiss, each) for each in offers))
    for node in (thailand, swiss):
        checked, valid, problems = await node.verify()
        assert (checked, problems) == (valid, [])


async def _accept(node: NodeOperator, transaction_id: str) -> None:
    # The node may be the one that is killed; the call then fails, or is cancelled with its channel.
    with suppress(Exception, asyncio.CancelledError):
        async with asyncio.timeout(5):
            await node.until(transaction_id, "VALIDATED")
            await node.accept(transaction_id, wait_ms=0)


async def _start_again(network: Network, victim: str) -> None:
    if victim != "broker":
        await network.start_again(victim)
        return
    network.programs.serve("broker")
    await network.programs.until("the broker to serve", network.broker.serves)


async def _completes(giver: NodeOperator, taker: NodeOperator, transaction_id: str) -> None:
    """An acceptance that did not reach the disk before the kill is given again by its operator."""
    known = await _known(taker, transaction_id)
    if known == "VALIDATED":
        with suppress(DemoFailed):  # it may have been on its way all the same
            await taker.accept(transaction_id, wait_ms=0)
    await taker.until(transaction_id, "COMPLETED")
    await giver.until(transaction_id, "COMPLETED")


async def _known(node: NodeOperator, transaction_id: str) -> str:
    """Where the node sees the transaction, once it sees it: deliveries may be on their way."""
    async with asyncio.timeout(40):  # longer than the longest pause between two connections
        while True:
            for state in ("COMPLETED", "VALIDATED"):
                with suppress(DemoFailed, TimeoutError):
                    async with asyncio.timeout(0.2):
                        await node.until(transaction_id, state)
                        return state
