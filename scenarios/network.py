# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A whole network in one process: a real clearing-house, real nodes, one clock that stands still.

Keys and ids come from seeds, so that a scenario plays the same way every time. What crashes loses
its process objects and keeps its database.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from broker.app import Parts, memory_database, memory_house, operator_over
from broker.clearing.directory.operator import Operator
from broker.clearing.path.house import ClearingHouse
from broker.known_regimes import ALL_REGIMES
from broker.log.merkle import root
from broker.store.genesis import Network as NetworkRow
from itmo.clock import FakeClock, from_ms
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import SeededIds
from itmo.joining import make_join_request, read_join_request
from itmo.keys import KeyPurpose, MemorySigner, PublicKey
from itmo.runtime.db.connection import Connection
from registry_node.identity import Identity
from registry_node.paris.rules import PARIS
from registry_node.proposals.policy import AcceptancePolicy
from registry_node.service import RegistryNode
from registry_node.store.database import Store
from scenarios import defaults
from scenarios.key_rotation import KeyRotation
from scenarios.link import HouseLink
from scenarios.model import BROKER, NodeSpec

NETWORK_ID: Final = NetworkId("scenario")
_LEAVES: Final = "SELECT leaf_hash FROM log_leaf ORDER BY log_index"
BROKER_NODE: Final = NodeId("clearing-house")
_TLS_REQUEST: Final = b64decode(
    "MIG5MGICAQAwADBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXY"
    "mMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfWgADAKBggqhkjOPQQDAgNHADBEAiAm/OMO9C/jvW1m"
    "Pgu3SfzjwjO3dtck4SGYKNq/7IQOlAIgXjB2fBTjorSpNA7FD0e0UARe4S8xjRrXymm7AM0+VsM="
)
"""A request as `make_tls_request` writes it, for the key 1; one for all, as nobody connects over a
network here. Its signature is random, and it is part of what is recorded: hence written down."""
_MAX_ROUNDS: Final = 1000
"""Of pumping after a step; a network that is still talking then talks in a circle."""


class NeverQuiet(Exception):  # noqa: N818  # says what happened
    """Nodes and clearing-house go on exchanging messages although nothing happens any more."""


@dataclass(slots=True)
class Member:
    """A node with everything that outlives its process."""

    spec: NodeSpec
    store: Store
    link: HouseLink
    signer: MemorySigner
    ids: SeededIds
    node: RegistryNode | None = None
    """None while it has crashed."""


class PlayedNetwork:
    """The programs that take part in a scenario. Make one with `start`, end it with `close`.

    Args:
        specs: Of the nodes.
        start: Where the clock stands.
        database: The clearing-house's, empty, with tables; left out, one in memory.
    """

    def __init__(
        self, specs: Iterable[NodeSpec], start: datetime, database: Connection | None = None
    ) -> None:
        self.clock = FakeClock(start)
        self._database: Connection = database or memory_database()
        self._parts = Parts(
            network=NetworkRow(NETWORK_ID, BROKER_NODE, test_network=True),
            clock=self.clock,
            ids=SeededIds(0),
            signer=_signer("broker"),
            operator_signer=_signer("operator"),
            regimes=ALL_REGIMES,
        )
        self._house: ClearingHouse | None = None
        self._keys = KeyRotation(start, _signer)
        self.members = {
            spec.name: Member(
                spec=spec,
                store=Store.in_memory(),
                link=HouseLink(spec.name, NETWORK_ID, lambda: self._house),
                signer=_signer(f"node {spec.name}"),
                ids=SeededIds(number),
            )
            for number, spec in enumerate(specs, 1)
        }

    @property
    def house(self) -> ClearingHouse:
        """The clearing-house; must not have crashed."""
        if self._house is None:
            message = "the clearing-house has crashed"
            raise RuntimeError(message)
        return self._house

    @property
    def house_runs(self) -> bool:
        """True unless the clearing-house has crashed."""
        return self._house is not None

    @property
    def database(self) -> Connection:
        """The clearing-house's database, for those who check its books."""
        return self._database

    def log_root(self) -> bytes:
        """Root of the clearing-house's log as it stands: the same for every play of one story."""
        return root([leaf for (leaf,) in self._database.execute(_LEAVES)])

    @property
    def operator(self) -> Operator:
        """The operator of the house."""
        return operator_over(self._parts, self.house)

    def runs(self, name: str) -> bool:
        """True unless the node has crashed."""
        return self.members[NodeId(name)].node is not None

    def connect(self, name: str, *, connected: bool) -> None:
        """Takes a node's connection away, or gives it back."""
        self.members[NodeId(name)].link.connected = connected

    def node(self, name: str) -> RegistryNode:
        """A node that runs."""
        node = self.members[NodeId(name)].node
        if node is None:
            message = f"{name} has crashed"
            raise RuntimeError(message)
        return node

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Founds the clearing-house, admits every node and starts it.

        Raises:
            ProtocolError: a node was not admitted.
        """
        await self._start_house()
        for member in self.members.values():
            spec = member.spec
            text = make_join_request(
                NETWORK_ID,
                spec.name,
                spec.kind,
                spec.registries,
                spec.parties,
                member.signer,
                _TLS_REQUEST,
                self.clock.now(),
                spec.programmes,
            )
            request = read_join_request(text)
            await self.operator.admit(
                request.envelope, request.tls_key_hash, key_lifetime=defaults.KEY_LIFETIME
            )
            await self._start_node(member)

    async def close(self) -> None:
        """Lets go of everything."""
        if self._house is not None:
            await self._house.stop()
        for member in self.members.values():
            await member.store.close()
        self._database.close()

    async def _start_house(self) -> None:
        self._house = memory_house(self._parts, self._database)
        await self._house.start()
        self._everybody_lost_contact()

    def _everybody_lost_contact(self) -> None:
        for member in self.members.values():
            if member.node is not None:
                member.node.record_watch.lost()

    async def _start_node(self, member: Member) -> None:
        member.node = RegistryNode(
            identity=Identity(
                node=member.spec.name,
                kind=member.spec.kind,
                registries=member.spec.registries,
                network_id=NETWORK_ID,
                test_network=True,
                broker_node=BROKER_NODE,
                programmes=member.spec.programmes,
            ),
            store=member.store,
            link=member.link,
            signer=member.signer,
            broker_keys=self._broker_keys(),
            clock=self.clock,
            ids=member.ids,
            policy=AcceptancePolicy(),
            rules=PARIS,
            random=Random(0),  # noqa: S311  # spreads pauses that nobody makes here
        )
        await member.node.prepare()

    def _broker_keys(self) -> list[PublicKey]:
        """What a node pins from the start; later keys of the clearing-house come as statements."""
        rows = self._database.execute(
            "SELECT keyid, node, public_key, not_before, not_after FROM key"
            " WHERE purpose = 'SIGN_RECEIPT' AND registered_index IS NULL"
        )
        return [
            PublicKey(
                keyid=keyid,
                node=NodeId(node),
                purpose=KeyPurpose.SIGN_RECEIPT,
                raw=raw,
                not_before=from_ms(not_before),
                not_after=from_ms(not_after),
            )
            for keyid, node, raw, not_before, not_after in rows
        ]

    async def crash(self, name: str) -> None:
        """Takes a program's process away."""
        if name != BROKER:
            self.members[NodeId(name)].node = None
        elif self._house is not None:
            # Between steps nothing is queued, so this decides nothing: it only ends the task.
            await self._house.stop()
            self._house = None

    async def restart(self, name: str) -> None:
        """Starts a program again over its database."""
        if name == BROKER:
            await self._start_house()
            await self.house.expire_due()
        else:
            await self._start_node(self.members[NodeId(name)])

    # -- time and talk ------------------------------------------------------------------------

    async def move_to(self, moment: datetime) -> None:
        """Moves the clock; what is due then times out, and keys are exchanged before they run out."""
        if moment == self.clock.now():
            return
        while self._house is not None and (due := self._keys.due) <= moment:
            await self._arrive(max(due, self.clock.now()))
            self._parts = await self._keys.carry_out(self._parts, self._house)
            await self.settle()
        await self._arrive(moment)

    async def _arrive(self, moment: datetime) -> None:
        self.clock.set(moment)
        if self._house is not None:
            await self._house.expire_due()
        await self.settle()

    async def settle(self) -> None:
        """Lets everybody who can talk do so until nobody has anything to say.

        Raises:
            NeverQuiet: they never stop.
        """
        for _ in range(_MAX_ROUNDS):
            if not await self._round():
                return
        raise NeverQuiet

    async def _round(self) -> int:
        said = 0
        for member in self.members.values():
            if member.node is None or self._house is None or not member.link.connected:
                continue
            said += await member.node.pump_outbox()
            said += await member.node.pump_inbox()
            said += await member.node.pump_instructions()
        return said


def _signer(name: str) -> MemorySigner:
    return MemorySigner.from_seed(hashlib.sha256(f"scenario key of {name}".encode()).digest())
