# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` of any one process of a broker with workers, while two registries trade: nothing that was answered is lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.programs import DemoFailed
from tests.attacks.honest import SpeakingPair
from tests.attacks.network import Network, found

WORKERS, KILLS, SECONDS, SEED = 2, 3, 1.0, 20261128
SOON = 20.0


@pytest.mark.slow
async def test_any_process_may_be_killed(tmp_path: Path) -> None:
    network = await found(tmp_path, variables={"ITMO_BROKER_SERVER__WORKERS": str(WORKERS)})
    pair = SpeakingPair(tmp_path, network.address)
    try:
        await pair.start()
        chance = random.Random(SEED)
        for restarts in range(1, KILLS + 1):
            await trade(pair, chance.uniform(0.5, 1.5) * SECONDS)
            os.kill(chance.choice(await pids(network)), signal.SIGKILL)
            await until(partial(all_ready, network, restarts))
        before = await pids(network)
        network.kill("broker")
        await until(lambda: gone(before))
        await network.start_broker()
        await pair.dial()
        await trade(pair, SECONDS)
        assert network.ended("broker") is None
        await pair.pause()
        assert pair.problems == []
        assert pair.missing(tmp_path / "broker" / "broker.sqlite") == 0
        assert await pair.replay(chance) == 0
        assert (await network.verify())["broker"] == []
        # Told to stop, all of them end in order.
        last = await pids(network)
        process = network.programs.services["broker"].process
        process.terminate()
        assert await asyncio.to_thread(process.wait, SOON) == 0
        await until(lambda: gone(last))
        assert [line for line in network.complaints() if "worker_killed" in line] == []
    finally:
        await pair.stop()
        await network.close()


async def trade(pair: SpeakingPair, seconds: float) -> None:
    """Lets the pair trade; it must get on."""
    before = pair.transfers
    await asyncio.sleep(seconds)
    await until(lambda: done(pair.transfers > before))


async def status(network: Network) -> list[dict[str, Any]]:
    told = await network.programs.broker("status")
    workers: list[dict[str, Any]] = told["workers"]
    return workers


async def pids(network: Network) -> list[int]:
    return [each["pid"] for each in await status(network)]


async def all_ready(network: Network, restarts: int) -> bool:
    found = await status(network)
    return (
        all(each["ready"] for each in found) and sum(each["restarts"] for each in found) == restarts
    )


async def done(true: bool) -> bool:
    return true


async def gone(processes: list[int]) -> bool:
    return not any(map(os.path.exists, (f"/proc/{each}" for each in processes)))


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(SOON):
        while True:
            try:
                if await true():
                    return
            except DemoFailed:
                pass  # exit status 1: it warns of a worker that takes no calls
            await asyncio.sleep(0.1)
