# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Setting the network up exactly as operators do, with the commands of both programs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from deploy.demo.history import APPROACHES, FOUNDED, NETWORK, NODES, PARTIES, Node
from deploy.demo.presiding import BrokerOperator
from deploy.demo.programs import Programs, free_address
from deploy.demo.speaking import NodeOperator
from deploy.demo.telling import Stage

NDC_USE = 200
BUYER = "KliK Foundation"


@dataclass
class Network:
    """A network that runs.

    Attributes:
        programs: Its processes.
        stage: Where the story is told.
        broker: The broker's operator.
        nodes: The operators of the nodes, by name.
        accounts: Account ids, by a name such as `CHE01` or `CHE01-use`.
        transactions: Transaction ids by their name in the story, in the order of the story.
        findings: The checks that failed, by name in the story.
    """

    programs: Programs
    stage: Stage
    broker: BrokerOperator
    nodes: dict[str, NodeOperator]
    accounts: dict[str, str] = field(default_factory=dict)
    transactions: dict[str, str] = field(default_factory=dict)
    findings: dict[str, list[str]] = field(default_factory=dict)

    async def set_clocks(self, moment: datetime) -> None:
        """Sets every clock forward, the broker's first."""
        await self.broker.set_clock(moment)
        await asyncio.gather(*(node.set_clock(moment) for node in self.nodes.values()))

    async def start_again(self, name: str) -> None:
        """Starts a node that was killed."""
        self.programs.serve(name)
        await self.nodes[name].dial_again()
        await self.programs.until(f"{name} to connect", self.nodes[name].connected)

    async def hang_up(self) -> None:
        """Ends the conversations; the programs go on."""
        await asyncio.gather(self.broker.close(), *(node.close() for node in self.nodes.values()))


async def found(programs: Programs, stage: Stage) -> Network:
    """Makes broker and nodes, admits the nodes, tells the clearing-house what it has to know."""
    stage.chapter("A clearing-house and four registry nodes are set up", FOUNDED)
    address = free_address()
    stage.say(f"broker init, registry-node init: keys are made; the broker is at {address}")
    await asyncio.gather(_found_broker(programs, address), *(_make(programs, n) for n in NODES))
    stage.say("broker serve")
    programs.serve("broker")
    broker = BrokerOperator(programs.home / "broker" / "operator.sock")
    operators = {
        node.name: NodeOperator(node.name, programs.home / node.name / "node.sock")
        for node in NODES
    }
    network = Network(programs, stage, broker, operators)
    try:
        await programs.until("the broker to serve", broker.serves)
        await _admit_all(network)
        await _open_accounts(network)
    except BaseException:
        await network.hang_up()
        raise
    return network


async def _found_broker(programs: Programs, address: str) -> None:
    await programs.broker(
        "init", "--network", NETWORK, "--test", "--listen", address, "--clock", FOUNDED.isoformat()
    )


async def _make(programs: Programs, node: Node) -> None:
    registries = [word for name in node.registries for word in ("--registry", name)]
    words = ("init", "--node", node.name, "--kind", node.kind, *registries, "--network", NETWORK)
    await programs.node(node.name, *words)


async def _admit_all(network: Network) -> None:
    """Admits one node after the other, for the operator's statements form a chain."""
    joining = []
    for node in NODES:
        network.stage.say(f"broker admit {node.name}: {node.about}, {' '.join(node.registries)}")
        request = network.programs.home / node.name / "join-request.json"
        file = network.programs.home / f"{node.name}.admission.json"
        made = await network.programs.broker("admit", request, "--out", file, "--yes")
        joining.append(asyncio.create_task(_join(network, node.name, file, made["sha256"])))
    try:
        await _tell_what_is_known(network)
        await asyncio.gather(*joining)
    finally:
        for task in joining:
            task.cancel()
        await asyncio.gather(*joining, return_exceptions=True)
    network.stage.say("registry-node join, registry-node serve: all four are connected")


async def _join(network: Network, name: str, admission: Path, sha256: str) -> None:
    words = ("join", admission, "--sha256", sha256, "--clock", f"{FOUNDED:%Y-%m-%dT%H:%M:%SZ}")
    await network.programs.node(name, *words)
    network.programs.serve(name)
    await network.programs.until(f"{name} to connect", network.nodes[name].connected)


async def _tell_what_is_known(network: Network) -> None:
    for party in PARTIES:
        first, last = map(str, party.ndc)
        period = ("--ndc-start", first, "--ndc-end", last)
        method = ("--target", party.target, "--method", party.method)
        report = ("--initial-report", party.initial_report)
        await network.programs.broker("party", party.code, *period, *method, *report)
    network.stage.say(f"broker party: {', '.join(party.code for party in PARTIES)}")
    for approach in APPROACHES:
        about = ("--title", approach.title, "--parties", ",".join(approach.parties))
        kind = ("--sectors", approach.sector, "--activity-types", approach.activity)
        evidence = ("--evidence", approach.evidence)
        await network.programs.broker("approach", approach.id, *about, *kind, *evidence)
    network.stage.say(f"broker approach: {', '.join(approach.id for approach in APPROACHES)}")


async def _open_accounts(network: Network) -> None:
    async def of(node: Node) -> None:
        for registry in node.registries:
            network.accounts[registry] = await network.nodes[node.name].open_account(registry)

    await asyncio.gather(*map(of, NODES))
    swiss = network.nodes["che"]
    network.accounts["CHE01-use"] = await swiss.open_account("CHE01", NDC_USE)
    network.accounts["CHE01-buyer"] = await swiss.open_account("CHE01", entity=BUYER)
    network.stage.say("Every registry opens an account; Switzerland also one for use and one more")
