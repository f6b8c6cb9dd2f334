# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A broker and two nodes as real processes, on a machine whose clock follows a file."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.demo.history import Approach, Authorization, Units
from deploy.demo.presiding import BrokerOperator
from deploy.demo.programs import Programs, free_address
from deploy.demo.speaking import NodeOperator
from itmo.clock import to_text
from itmo.core.v1 import units_pb2
from itmo.identifiers import RegistryId, make_account_id
from tests.attacks.machine import FAKETIME

NETWORK: Final = "moved-net"
NODES: Final = {"tha": "THA01", "che": "CHE01"}
ACCOUNTS: Final = {n: make_account_id(RegistryId(r), 100, 1) for n, r in NODES.items()}
FOREST: Final = Approach("CA0003", "Forests", ("THA", "CHE"), "Transportation", "Transport")


@dataclass
class MovedNetwork:
    """A network whose machine's clock follows a file.

    Attributes:
        programs: The processes.
        broker: The broker's operator.
        nodes: The operators of the nodes.
        automatic: Whether the nodes accept without a person.
        ahead: How far the machine's clock is ahead of the real one.
        serials: Units of Thailand that were not transferred yet.
    """

    programs: Programs
    broker: BrokerOperator
    nodes: dict[str, NodeOperator]
    automatic: bool = True
    ahead: timedelta = timedelta(0)
    serials: list[int] = field(default_factory=lambda: list(range(10_000, 0, -1)))

    @property
    def home(self) -> Path:
        return self.programs.home

    @property
    def now(self) -> datetime:
        """What the machine's clock says."""
        return datetime.now(UTC) + self.ahead

    async def start(self) -> None:
        """Starts every program."""
        await self.start_broker()
        for name in self.nodes:
            await self.start_node(name)

    async def start_broker(self) -> None:
        """Starts the broker and waits until it serves."""
        self.programs.serve("broker")
        await self.broker.close()
        self.broker = BrokerOperator(self.home / "broker" / "operator.sock")
        await self.programs.until("the broker to serve", self.broker.serves)

    async def start_node(self, name: str) -> None:
        """Starts a node and waits until it is connected."""
        others = ", ".join(f'"{registry}"' for registry in NODES.values())
        mode = {
            "ITMO_NODE_ACCEPTANCE__MODE": '"automatic"',
            "ITMO_NODE_ACCEPTANCE__TRUSTED_REGISTRIES": f"[{others}]",
        }
        self.programs.serve(name, mode if self.automatic else {})
        await self.nodes[name].dial_again()
        await self.programs.until(f"{name} to connect", self.nodes[name].connected)

    def stop(self, name: str) -> None:
        """Ends one program in order."""
        service = self.programs.services.pop(name)
        service.process.terminate()
        assert service.process.wait(30) == 0, service.log.read_text()[-1500:]

    def switch_off(self, later: timedelta) -> None:
        """The machine is off until its clock is so far ahead of the real one."""
        self.programs.stop()
        self.programs.services.clear()
        self.ahead = later
        (self.home / "clock").write_text(f"+{int(later.total_seconds())}")

    def boot(self) -> None:
        """The machine is another boot now: what the time since boot was is of no use any more."""
        database = self.home / "broker" / "broker.sqlite"
        with contextlib.closing(sqlite3.connect(database)) as store, store:
            store.execute("UPDATE clock_mark SET boot = 'the boot before'")

    async def pass_to(self, later: timedelta) -> None:
        """The machine is off for a while, and its operator says that the clock is right."""
        self.switch_off(later)
        await self.programs.broker("clock", "accept", to_text(self.now))
        await self.start()

    def unit(self) -> units_pb2.UnitBlock:
        """A unit of Thailand that was not transferred yet."""
        serial = self.serials.pop()
        return units_pb2.UnitBlock(registry="THA01", first=serial, last=serial)

    async def transfer(self) -> None:
        """One unit goes to Switzerland, and both sides know it."""
        offered = await self.nodes["tha"].offer(ACCOUNTS["tha"], ACCOUNTS["che"], [self.unit()])
        if not self.automatic:
            await self.nodes["che"].until(offered.transaction_id, "VALIDATED")
            await self.nodes["che"].accept(offered.transaction_id)
        for node in self.nodes.values():
            await node.until(offered.transaction_id, "COMPLETED")

    async def broker_says(self, *words: str | Path) -> Any:  # noqa: ANN401  # JSON
        return await self.programs.broker(*words)

    async def node_says(self, name: str, *words: str | Path) -> Any:  # noqa: ANN401  # JSON
        return await self.programs.node(name, *words)


@contextlib.asynccontextmanager
async def moved_network(home: Path, *, automatic: bool = True) -> AsyncIterator[MovedNetwork]:
    """A network with a letter, units and one completed transfer; skips where no clock can be moved."""
    if not FAKETIME.exists():
        pytest.skip("a clock cannot be moved here: install the package faketime")
    programs = Programs(home)
    (home / "clock").write_text("+0")
    programs._environment |= {  # commands and services alike
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(home / "clock"),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    made = MovedNetwork(
        programs,
        BrokerOperator(home / "broker" / "operator.sock"),
        {name: NodeOperator(name, home / name / "node.sock") for name in NODES},
        automatic,
    )
    try:
        await _found(made)
        yield made
    finally:
        await asyncio.gather(made.broker.close(), *(n.close() for n in made.nodes.values()))
        programs.stop()


async def _found(network: MovedNetwork) -> None:
    await network.broker_says("init", "--network", NETWORK, "--listen", free_address())
    for name, registry in NODES.items():
        await network.node_says(
            name, "init", "--node", name, "--kind", "national", "--registry", registry,
            "--network", NETWORK,
        )  # fmt: skip
        answer = network.home / f"{name}.json"
        await network.broker_says(
            "admit", network.home / name / "join-request.json", "--out", answer, "--yes"
        )
        await network.node_says(name, "join", answer)
        await network.broker_says(
            "party", registry[:3], "--ndc-start", "2021", "--ndc-end", "2030", "--target",
            "multi-year", "--method", "trajectory", "--initial-report", "2021-06-30",
        )  # fmt: skip
    await network.broker_says(
        "approach", FOREST.id, "--title", FOREST.title, "--parties", "THA,CHE", "--sectors",
        FOREST.sector, "--activity-types", FOREST.activity, "--evidence", FOREST.evidence,
    )  # fmt: skip
    await network.start()
    for name, registry in NODES.items():
        await network.nodes[name].open_account(registry)
    day = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    letter = Authorization("THA-1", "THA", FOREST, ("NDC",), 10_000, (), (2021, 2030), day)
    await network.nodes["tha"].authorize(letter)
    await network.nodes["tha"].issue(ACCOUNTS["tha"], [Units("THA01", 1, 10_000, 2022, letter)])
    await network.transfer()
