# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's two servers: mutual TLS for nodes, a socket file for the operator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from broker.api.delivery import DeliveryServicer
from broker.api.directory import DirectoryServicer
from broker.api.door import door_status
from broker.api.operator import Operations, OperatorServicer
from broker.api.regime_services import RegimeServices
from broker.api.rulebook import RulebookServicer
from broker.api.transactions import TransactionServicer
from broker.clearing.path import cost
from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.house import ClearingHouse
from broker.mailbox.subscription import Subscriptions
from broker.regime.regimes import Regimes
from itmo.clearing.v1 import (
    delivery_service_pb2_grpc,
    directory_service_pb2_grpc,
    operator_service_pb2,
    operator_service_pb2_grpc,
    rulebook_service_pb2_grpc,
    transaction_service_pb2_grpc,
)
from itmo.clock import Clock
from itmo.identifiers import NodeId
from itmo.runtime.rpc.callers import SeenCertificates, identify_as, identify_by_certificate
from itmo.runtime.rpc.connections import MAX_CONNECTIONS, Connections
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.ports import must_be_free
from itmo.runtime.rpc.server import (
    LOCAL,
    Health,
    TransportLimits,
    add_tls_port,
    add_unix_port,
    enable_reflection,
    make_server,
    stop_gracefully,
)
from itmo.runtime.rpc.tls import TlsFiles
from itmo.validity import Validity

NODE_SERVICES: Final = (
    "itmo.clearing.v1.TransactionService",
    "itmo.clearing.v1.DeliveryService",
    "itmo.clearing.v1.DirectoryService",
    "itmo.clearing.v1.RulebookService",
)
OPERATOR_SERVICES: Final = ("itmo.clearing.v1.OperatorService",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where and how to serve."""

    listen: str
    tls: TlsFiles
    operator_socket: Path
    test_network: bool
    reflection: bool
    call_limits: CallLimits
    connections: int = MAX_CONNECTIONS


class NodeServer:
    """The server for nodes, with its guard and health. `start` and `stop` frame its life.

    Args:
        house: Answers.
        settings: Where and how to serve.
        regime_services: What the regimes serve besides.
        shared_port: Whether other processes of this broker listen on the same port.
    """

    def __init__(
        self,
        house: ClearingHouse,
        settings: ServerSettings,
        regime_services: Callable[[Regimes], tuple[RegimeServices, ...]],
        *,
        shared_port: bool = False,
    ) -> None:
        self._house = house
        network = house.charter.network_id
        self.connections = Connections(settings.connections)
        self.certificates = SeenCertificates(
            identify_by_certificate(network, house.admitted.check_connection)
        )
        self.guard = CallGuard(
            identify=self.certificates.identify,
            limits=settings.call_limits,
            connections=self.connections,
        )
        house.charge_by(lambda node, spent: self.guard.charge(node, spent / cost.TOKEN))
        self._server = make_server(
            limits=TransportLimits(connections=settings.connections),
            interceptors=[self.guard],
            shared_port=shared_port,
            lines=self.guard.lines,
        )
        self.subscriptions = Subscriptions(house, self.guard.stopping)
        self._add_services(settings)
        own = regime_services(house.charter.regimes)
        for each in own:
            each.add(self._server, house)
        names = (*NODE_SERVICES, *(name for each in own for name in each.names))
        self._health = Health(self._server, names)
        if settings.reflection:
            enable_reflection(self._server, names)
        if not shared_port:
            must_be_free(settings.listen)
        self.port = add_tls_port(self._server, settings.listen, settings.tls)

    def _add_services(self, settings: ServerSettings) -> None:
        server, house = self._server, self._house
        transaction_service_pb2_grpc.add_TransactionServiceServicer_to_server(
            TransactionServicer(house, self.guard), server
        )
        delivery_service_pb2_grpc.add_DeliveryServiceServicer_to_server(
            DeliveryServicer(house, self.subscriptions, self.guard), server
        )
        directory_service_pb2_grpc.add_DirectoryServiceServicer_to_server(
            DirectoryServicer(house, test_network=settings.test_network), server
        )
        rulebook_service_pb2_grpc.add_RulebookServiceServicer_to_server(
            RulebookServicer(house), server
        )

    def door(self) -> operator_service_pb2.DoorStatus:
        """How the door is doing."""
        return door_status(self.guard, self.connections)

    async def start(self) -> None:
        """Serves."""
        await self._server.start()
        self.connections.start(self.port)
        await self.serving(yes=True)

    async def serving(self, *, yes: bool) -> None:
        """Says to nodes whether messages are decided on."""
        await self._health.serving(yes=yes)

    async def stop(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Stops in order: not healthy, no new calls, streams end, the queue drains."""
        await self.connections.stop()
        await stop_gracefully(self._server, guard=self.guard, health=self._health, drain=drain)


class OperatorServer:
    """The server for the operator, on a socket file. `start` and `stop` frame its life."""

    def __init__(self, house: ClearingHouse, socket: Path, operations: Operations) -> None:
        self._guard = CallGuard(identify=identify_as(house.charter.network_id, OPERATOR_NODE))
        self._server = make_server(limits=LOCAL, interceptors=[self._guard])
        operator_service_pb2_grpc.add_OperatorServiceServicer_to_server(
            OperatorServicer(house, operations), self._server
        )
        self._health = Health(self._server, OPERATOR_SERVICES)
        add_unix_port(self._server, socket)

    async def start(self) -> None:
        """Serves."""
        await self._server.start()
        await self._health.serving(yes=True)

    async def stop(self) -> None:
        """Stops in order."""
        await stop_gracefully(self._server, guard=self._guard, health=self._health)


@dataclass(frozen=True, slots=True)
class OneDoor:
    """What nodes have of the one process of a broker; see `broker.use_elsewhere.Door`."""

    guard: CallGuard
    subscriptions: Subscriptions

    def tell_use(
        self, spent: Callable[[str, float], None], subscribed: Callable[[str], None]
    ) -> None:
        """Tells of tokens and subscriptions."""
        self.guard.tell(spent)
        self.subscriptions.tell(lambda node, begins: subscribed(node) if begins else None)

    def held(self) -> Mapping[str, tuple[int, int]]:
        """Calls and streams of each node."""
        return self.guard.held()

    def charge_elsewhere(self, node: str, tokens: float) -> None:
        """Takes tokens that were spent elsewhere."""
        self.guard.charge_elsewhere(node, tokens)

    def hold_elsewhere(self, process: str, held: Mapping[str, tuple[int, int]]) -> None:
        """Counts what is under way elsewhere."""
        self.guard.hold_elsewhere(process, held)

    def supersede(self, node: str) -> None:
        """Ends a subscription that was opened anew elsewhere."""
        self.subscriptions.supersede(NodeId(node))


class BrokerServers:
    """Both servers in one process. `start` and `stop` frame their life."""

    def __init__(
        self,
        house: ClearingHouse,
        settings: ServerSettings,
        operations: Operations,
        regime_services: Callable[[Regimes], tuple[RegimeServices, ...]],
    ) -> None:
        self._nodes = NodeServer(house, settings, regime_services)
        self.connections = self._nodes.connections
        self.certificates = self._nodes.certificates
        self.guard = self._nodes.guard
        self.port = self._nodes.port
        self._operator = OperatorServer(
            house,
            settings.operator_socket,
            replace(
                operations, connected=self._nodes.subscriptions.connected, door=self._nodes.door
            ),
        )

    @property
    def door(self) -> OneDoor:
        """What nodes have of this process."""
        return OneDoor(self.guard, self._nodes.subscriptions)

    def shown_certificates(self) -> Mapping[NodeId, Validity]:
        """Returns of each node the certificate that ends last, of those shown since the start."""
        return self.certificates.last()

    async def clock_set(self, clock: Clock) -> None:
        """Nobody else is to be told that the clock was set."""

    async def clock_accepted(self) -> None:
        """Nobody else is to be told that the machine's time was taken for right."""

    async def take_up_keys(self) -> None:
        """Nobody else signs."""

    async def start(self) -> None:
        """Serves."""
        await self._nodes.start()
        await self._operator.start()

    async def serving(self, *, yes: bool) -> None:
        """Says to nodes whether messages are decided on."""
        await self._nodes.serving(yes=yes)

    async def stop(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Stops in order: not healthy, no new calls, streams end, the queue drains."""
        await self._nodes.stop(drain)
        await self._operator.stop()
