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

from tests.attacks.honest import SpeakingPair
from tests.attacks.network import Network, found

WORKERS, KILLS, SECONDS, SEED = 2, 3, 1.0, 20261128
SOON = 20.0
ENGINES = ("a file", "a server")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
async def test_any_process_may_be_killed(tmp_path: Path, engine: str) -> None:
    if engine == "a file":
        await kill_each(tmp_path, "")
        return
    postgres = pytest.importorskip("tests.kit.postgres", reason="psycopg is not installed")
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL here")
    with postgres.server("fsync=on") as server:
        await kill_each(tmp_path, server.fresh())


async def kill_each(tmp_path: Path, url: str) -> None:
    """Kills workers, then the process that decides, while a pair trades; looks what is left."""
    variables = {"ITMO_BROKER_SERVER__WORKERS": str(WORKERS)}
    if url:
        variables["ITMO_BROKER_DATABASE__URL"] = f'"{url}"'
    network = await found(tmp_path, variables=variables)
    pair = SpeakingPair(tmp_path, network.address)
    try:
        await pair.start()
        chance = random.Random(SEED)
        for restarts in range(1, KILLS + 1):
            await trade(pair, chance.uniform(0.5, 1.5) * SECONDS)
            os.kill(chance.choice(workers(network)), signal.SIGKILL)
            await until(partial(all_serve, network, WORKERS + restarts))
        before = workers(network)
        network.kill("broker")
        await until(lambda: gone(before))
        await network.start_broker()
        await pair.dial()
        await trade(pair, SECONDS)
        assert network.ended("broker") is None
        await pair.pause()
        assert pair.problems == []
        assert missing(pair, tmp_path, url) == 0
        assert await pair.replay(chance) == 0
        assert (await network.verify())["broker"] == []
        # Told to stop, all of them end in order.
        last = workers(network)
        assert len(last) == WORKERS
        process = network.programs.services["broker"].process
        process.terminate()
        assert await asyncio.to_thread(process.wait, SOON) == 0
        await until(lambda: gone(last))
        assert [line for line in network.complaints() if "worker_killed" in line] == []
    finally:
        await pair.stop()
        await network.close()


def missing(pair: SpeakingPair, home: Path, url: str) -> int:
    """How many statements that were answered are not in the database."""
    if not url:
        return pair.missing(home / "broker" / "broker.sqlite")
    import psycopg

    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT payload_hash FROM statement").fetchall()
    kept = {bytes(row[0]) for row in rows}
    return sum(each not in kept for one in pair.acknowledged for each in one.answers)


async def trade(pair: SpeakingPair, seconds: float) -> None:
    """Lets the pair trade; it must get on."""
    before = pair.transfers
    await asyncio.sleep(seconds)
    await until(lambda: done(pair.transfers > before))


def workers(network: Network) -> list[int]:
    """The processes that the broker has started and that run still."""
    pid = network.broker_pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def all_serve(network: Network, starts: int) -> bool:
    """Whether so many workers have come to take calls, by the broker's log."""
    log = (network.home / "logs" / "broker.log").read_text()
    return log.count('"worker_serves"') == starts and len(workers(network)) == WORKERS


async def done(true: bool) -> bool:
    return true


async def gone(processes: list[int]) -> bool:
    return not any(map(os.path.exists, (f"/proc/{each}" for each in processes)))


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(SOON):
        while True:
            if await true():
                return
            await asyncio.sleep(0.05)
