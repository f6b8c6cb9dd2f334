# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A year passes: every certificate and key is renewed by command while transfers go on.

Real processes on a machine whose clock is moved, as the page for operators tells it. Sixty days before
the end everything is told; after the year, nothing that was told has failed.
"""

from __future__ import annotations

import asyncio
import contextlib
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
from itmo.files import read_plain_file
from itmo.identifiers import RegistryId, make_account_id
from itmo.validity import certificates_of
from tests.attacks.machine import FAKETIME

NETWORK: Final = "year-net"
NODES: Final = {"tha": "THA01", "che": "CHE01"}
ACCOUNTS: Final = {n: make_account_id(RegistryId(r), 100, 1) for n, r in NODES.items()}
FOREST: Final = Approach("CA0003", "A year", ("THA", "CHE"), "Transportation", "Transport")
TOLD: Final = timedelta(days=310)
"""Certificates last 365 days, so this is within sixty days of their end."""
LATER: Final = timedelta(days=400)

pytestmark = pytest.mark.slow


@dataclass
class Year:
    """A network whose machine's clock follows a file."""

    programs: Programs
    broker: BrokerOperator
    nodes: dict[str, NodeOperator]
    transfers: int = 0
    serials: list[int] = field(default_factory=lambda: list(range(10_000, 0, -1)))

    @property
    def home(self) -> Path:
        return self.programs.home

    async def start(self) -> None:
        self.programs.serve("broker")
        await self.broker.close()
        self.broker = BrokerOperator(self.home / "broker" / "operator.sock")
        await self.programs.until("the broker to serve", self.broker.serves)
        for name, node in self.nodes.items():
            others = ", ".join(f'"{registry}"' for registry in NODES.values())
            self.programs.serve(
                name,
                {
                    "ITMO_NODE_ACCEPTANCE__MODE": '"automatic"',
                    "ITMO_NODE_ACCEPTANCE__TRUSTED_REGISTRIES": f"[{others}]",
                },
            )
            await node.dial_again()
            await self.programs.until(f"{name} to connect", node.connected)

    async def pass_to(self, later: timedelta) -> None:
        """The machine is off for a while, and its operator says that the clock is right."""
        self.programs.stop()
        self.programs.services.clear()
        (self.home / "clock").write_text(f"+{int(later.total_seconds())}")
        now = datetime.now(UTC) + later
        await self.programs.broker("clock", "accept", to_text(now))
        await self.start()

    async def transfer(self) -> None:
        """One unit goes to Switzerland, and both sides know it."""
        serial = self.serials.pop()
        block = units_pb2.UnitBlock(registry="THA01", first=serial, last=serial)
        offered = await self.nodes["tha"].offer(ACCOUNTS["tha"], ACCOUNTS["che"], [block])
        for node in self.nodes.values():
            await node.until(offered.transaction_id, "COMPLETED")
        self.transfers += 1

    @contextlib.asynccontextmanager
    async def trading(self) -> AsyncIterator[None]:
        """Transfers go on; one that fails fails the test."""
        stop = asyncio.Event()

        async def trade() -> None:
            while not stop.is_set():
                await self.transfer()

        task = asyncio.create_task(trade())
        try:
            yield
        finally:
            stop.set()
            await task

    async def broker_says(self, *words: str | Path) -> Any:  # noqa: ANN401  # JSON
        return await self.programs.broker(*words)

    async def node_says(self, name: str, *words: str | Path) -> Any:  # noqa: ANN401  # JSON
        return await self.programs.node(name, *words)

    async def near(self, name: str) -> set[tuple[str, str]]:
        """What a program says ends soon: what, and whose."""
        status = (
            await self.programs.broker("status", accept=(0, 1))
            if name == "broker"
            else await self.programs.node(name, "status", accept=(0, 1))
        )
        return {
            (each["thing"], each["owner"])
            for each in status["program"]["expiries"]
            if each["nearness"] != "FAR"
        }

    async def renewed(self, name: str, number: str, *words: str) -> None:
        """The node asks, the broker's operator answers, the node takes the answer up."""
        made = await self.node_says(name, "renew", *words)
        answer = self.home / f"{name}-{number}.json"
        admitted = await self.broker_says("admit", made["request"], "--out", answer, "--yes")
        taken = await self.node_says(name, "renew", answer, "--sha256", admitted["sha256"])
        assert (taken["running"], taken["connected"]) == (True, True), taken


@pytest.fixture
async def year(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Year]:
    if not FAKETIME.exists():
        pytest.skip("a clock cannot be moved here: install the package faketime")
    home = tmp_path_factory.mktemp("year")
    programs = Programs(home)
    (home / "clock").write_text("+0")
    programs._environment |= {  # commands and services alike
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(home / "clock"),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    made = Year(
        programs,
        BrokerOperator(home / "broker" / "operator.sock"),
        {name: NodeOperator(name, home / name / "node.sock") for name in NODES},
    )
    try:
        await _found(made)
        yield made
    finally:
        await asyncio.gather(made.broker.close(), *(n.close() for n in made.nodes.values()))
        programs.stop()


async def _found(year: Year) -> None:
    await year.broker_says("init", "--network", NETWORK, "--listen", free_address())
    for name, registry in NODES.items():
        await year.node_says(
            name, "init", "--node", name, "--kind", "national", "--registry", registry,
            "--network", NETWORK,
        )  # fmt: skip
        answer = year.home / f"{name}.json"
        await year.broker_says(
            "admit", year.home / name / "join-request.json", "--out", answer, "--yes"
        )
        await year.node_says(name, "join", answer)
        await year.broker_says(
            "party", registry[:3], "--ndc-start", "2021", "--ndc-end", "2030", "--target",
            "multi-year", "--method", "trajectory", "--initial-report", "2021-06-30",
        )  # fmt: skip
    await year.broker_says(
        "approach", FOREST.id, "--title", FOREST.title, "--parties", "THA,CHE", "--sectors",
        FOREST.sector, "--activity-types", FOREST.activity, "--evidence", FOREST.evidence,
    )  # fmt: skip
    await year.start()
    for name, registry in NODES.items():
        await year.nodes[name].open_account(registry)
    day = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    letter = Authorization("THA-1", "THA", FOREST, ("NDC",), 10_000, (), (2021, 2030), day)
    await year.nodes["tha"].authorize(letter)
    await year.nodes["tha"].issue(ACCOUNTS["tha"], [Units("THA01", 1, 10_000, 2022, letter)])
    await year.transfer()


async def test_a_year_passes_and_everything_is_renewed_while_transfers_go_on(year: Year) -> None:
    await year.pass_to(TOLD)
    await year.transfer()
    # It is told sixty days before, by whoever needs it and by the broker of its nodes.
    certificates = {("TLS_CERTIFICATE", name) for name in ("broker", *NODES)}
    assert certificates <= await year.near("broker")
    for name in NODES:
        assert ("TLS_CERTIFICATE", name) in await year.near(name)
    async with year.trading():
        await _renew_everything(year)
    assert year.transfers > 10, "transfers went on all the while"
    assert not {each for each in await year.near("broker") if each[0] == "TLS_CERTIFICATE"}
    for name in NODES:
        assert not {each for each in await year.near(name) if each[0] == "TLS_CERTIFICATE"}
    await year.pass_to(LATER)
    for _ in range(3):
        await year.transfer()
    problems = (await year.broker_says("verify"))["problems"]
    assert problems == []
    for name in NODES:
        assert (await year.node_says(name, "verify"))["problems"] == []


async def _renew_everything(year: Year) -> None:
    """In the order of the page for operators; all programs run all the while."""
    first = await year.broker_says("tls", "authority", "add")
    for name in NODES:
        await year.renewed(name, "renewal")
    await year.broker_says("tls", "renew")
    await year.broker_says("tls", "authority", "retire", "--yes")
    await year.renewed("che", "only-the-new-authority")
    (trusted,) = certificates_of(read_plain_file(year.home / "che" / "tls" / "ca.pem"), "che")
    assert trusted.subject.rfc4514_string().endswith(Path(first["key"]).stem[3:])
    message = await year.broker_says("key", "rotate", "message", "--wait", "60")
    assert message["changed_over"], message
    operator = await year.broker_says("key", "rotate", "operator")
    await year.broker_says("key", "revoke", "operator", operator["old_keyid"], "--yes")
    await year.broker_says("key", "revoke", "broker", message["old_keyid"], "--yes")
    for name in NODES:
        listed = await year.node_says(name, "key", "list")
        assert message["keyid"] in {each["keyid"] for each in listed["broker"]}
        rotated = await year.node_says(name, "key", "rotate")
        assert (rotated["running"], rotated["connected"]) == (True, True)
        await year.node_says(name, "key", "revoke", rotated["old_keyid"], "--yes")
    # Another way to the same: the request is signed with both keys.
    await year.renewed("tha", "with-another-key", "--new-signing-key")
