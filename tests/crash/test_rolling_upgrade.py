# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Brokers and nodes are replaced by the next version one after the other while registries trade: nobody notices.

The programs of today are the version before; the next one is a copy of them with two revisions and one check
more. The commands are those of deploy/docs/upgrading.md.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("psycopg", reason="the broker's other engine is not installed")

from deploy.demo.programs import BIN, free_address
from tests.architecture import documents
from tests.architecture.sources import ROOT
from tests.attacks.honest import RunningPair, SpeakingPair
from tests.attacks.identities import THAILAND
from tests.attacks.network import Network, found
from tests.availability.drill import BrokerProcess, say_logs
from tests.availability.proxy import Proxy
from tests.kit import postgres
from tests.kit.later_program import VERSION, make_later_program, path_of

SOON = 30.0
TRADE_SECONDS = 0.5
BLOCKS = {each.executed_as: each for each in documents.blocks(ROOT / "deploy/docs/upgrading.md")}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(postgres.programs() is None, reason="no PostgreSQL here"),
]


@dataclass
class Rolling:
    """What runs.

    Attributes:
        later: The environment of programs of the next version, besides that of the network.
    """

    server: postgres.Server
    network: Network
    brokers: list[BrokerProcess]
    balancer: Proxy
    pair: SpeakingPair
    nodes: RunningPair
    later: Mapping[str, str]
    task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Lets the nodes trade."""
        self.task = asyncio.create_task(_nodes_trade(self.nodes))

    async def pause(self) -> None:
        """Ends their trade, wherever it is."""
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def typed(self, block: str, status: int = 0) -> list[dict[str, Any]]:
        """Types the commands of a block of the page, with the next version."""
        said = []
        for line in BLOCKS[block].text.splitlines():
            words = line.replace("/var/lib/itmo-broker", str(self.brokers[0].folder)).split()
            ran = await _run([BIN / words[0], *words[1:], "--json"], self.brokers[0], self.later)
            assert ran.returncode == status, (line, ran.stdout, ran.stderr)
            said.append(json.loads(ran.stdout))
        return said

    async def trade(self) -> None:
        """Lets both pairs trade; each must get on."""
        before = self.pair.transfers, len(self.nodes.completed)
        await asyncio.sleep(TRADE_SECONDS)
        async with asyncio.timeout(SOON):
            while (
                self.pair.transfers == before[0] or len(self.nodes.completed) == before[1]
            ):  # no event tells
                assert self.task is not None
                if self.task.done():
                    self.task.result()
                await asyncio.sleep(0.05)
        assert self.nodes.problems == []

    async def replace(self, broker: BrokerProcess) -> None:
        """Stops a broker in order, and starts the next version in its place."""
        assert broker.process is not None
        broker.process.terminate()
        assert await asyncio.to_thread(broker.process.wait, SOON) == 0, broker.said()
        broker.variables = {**broker.variables, **self.later}
        broker.start()
        await broker.until_serves()
        assert broker.process.poll() is None, broker.said()

    def kept(self) -> set[bytes]:
        rows = self.server.run("SELECT payload_hash FROM statement", "clearing")
        return {row[0] for row in rows if isinstance(row[0], bytes)}


@asynccontextmanager
async def staged() -> AsyncIterator[Rolling]:
    """Two brokers of this version behind a load balancer, and nodes that trade."""
    with (
        tempfile.TemporaryDirectory(prefix="itmo-") as name,
        postgres.server("fsync=on") as server,
    ):
        home = Path(name)
        make_later_program(home / "later")
        server.run("CREATE DATABASE clearing TEMPLATE template0 ENCODING 'UTF8'")
        network = await found(
            home / "network",
            variables={
                "ITMO_BROKER_DATABASE__URL": f'"{server.url("clearing")}"',
                "ITMO_BROKER_DATABASE__SHARED": "true",
            },
        )
        rolling: Rolling | None = None
        try:
            rolling = await _with_two_brokers(home, server, network)
            yield rolling
        except BaseException:
            say_logs(home / "network")
            raise
        finally:
            if rolling is not None:
                await rolling.pause()
                await rolling.pair.stop()
                await rolling.balancer.stop()
                for broker in rolling.brokers:
                    broker.kill()
            await network.close()


async def _with_two_brokers(home: Path, server: postgres.Server, network: Network) -> Rolling:
    service = network.programs.services.pop("broker")
    service.process.terminate()
    await asyncio.to_thread(service.process.wait)
    folders = network.home / "broker", network.home / "broker2"
    shutil.copytree(*folders, ignore=shutil.ignore_patterns("*.sock"))
    environment = dict(network.programs._environment)
    brokers = [BrokerProcess(each, free_address(), environment) for each in folders]
    for broker in brokers:
        broker.start()
        await broker.until_serves()
    balancer = Proxy(*(_address(each.listen) for each in brokers))
    balancer.port = _address(network.address)[1]
    await balancer.start()
    pair = SpeakingPair(network.home, network.address)
    await pair.start()
    nodes = RunningPair(network.nodes)
    later = {"PYTHONPATH": path_of(home / "later")}
    rolling = Rolling(server, network, brokers, balancer, pair, nodes, later)
    rolling.begin()
    return rolling


async def _nodes_trade(nodes: RunningPair) -> None:
    """What one of them refuses or does not bring to its end ends the test: their users see nothing."""
    for serial in count(len(nodes.completed) + 1):
        await nodes.there_and_back(serial)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


async def _run(
    line: list[str | Path], broker: BrokerProcess, besides: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    environment = {**broker.variables, **besides}
    return await asyncio.to_thread(
        lambda: subprocess.run(
            line, env=environment, capture_output=True, text=True, check=False, timeout=2 * SOON
        )
    )


async def test_nobody_notices_an_upgrade() -> None:
    async with staged() as rolling:
        network = rolling.network
        looked, migrated = await rolling.typed("upgrading-expand")
        assert [each["version"] for each in looked["waiting"]] == ["0002", "0003"]
        assert (migrated["found"], migrated["version"]) == ("0001", "0002")
        assert len(migrated["serving"]) == 2
        await rolling.trade()
        await rolling.replace(rolling.brokers[0])
        await rolling.trade()
        (refused,) = await rolling.typed("upgrading-contract", 1)
        assert refused["error"]["reason"] == "OLDER_PROGRAM_RUNS", refused
        assert "1 served within the last" in refused["error"]["message"]
        await rolling.replace(rolling.brokers[1])
        # One node is of the next version, the other one of this one.
        node = network.programs.services[THAILAND.node].process
        await rolling.pause()
        node.terminate()
        assert await asyncio.to_thread(node.wait, SOON) == 0
        await network.start_node(THAILAND.node, rolling.later)
        rolling.begin()
        await rolling.trade()
        (contracted,) = await rolling.typed("upgrading-contract")
        assert (contracted["found"], contracted["version"]) == ("0002", "0003")
        assert {each["program"] for each in contracted["serving"]} == {VERSION}
        await rolling.trade()
        await _the_version_before_is_refused(rolling)
        await _nothing_was_lost(rolling)


async def _the_version_before_is_refused(rolling: Rolling) -> None:
    old = rolling.brokers[0]
    ran = await _run([BIN / "broker", "--dir", old.folder, "serve"], old, {"PYTHONPATH": ""})
    assert ran.returncode == 2, ran.stderr
    assert "it needs a program that knows 0002" in ran.stderr


async def _nothing_was_lost(rolling: Rolling) -> None:
    await rolling.pause()
    await rolling.pair.pause()
    assert rolling.pair.problems == []
    kept = rolling.kept()
    assert [h for one in rolling.pair.acknowledged for h in one.answers if h not in kept] == []
    assert await rolling.pair.replay(random.Random(1)) == 0
    assert await rolling.nodes.missing() == 0
    assert rolling.nodes.problems == []
    # Verdicts of both catalogues are in one record, and hold.
    digests = rolling.server.run("SELECT count(*) FROM catalogue", "clearing")
    assert digests == [(2,)]
    rolling.network.programs._environment.update(rolling.later)
    said = await rolling.network.verify()
    assert not any(said.values()), said
