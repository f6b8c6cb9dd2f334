# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's two servers: mutual TLS for nodes, a socket file for the operator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
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
    operator_service_pb2_grpc,
    rulebook_service_pb2_grpc,
    transaction_service_pb2_grpc,
)
from itmo.runtime.rpc.callers import SeenCertificates, identify_as, identify_by_certificate
from itmo.runtime.rpc.connections import MAX_CONNECTIONS, Connections
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.limiting import CallLimits
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


class BrokerServers:
    """Both servers with their guards and health. `start` and `stop` frame their life."""

    def __init__(
        self,
        house: ClearingHouse,
        settings: ServerSettings,
        operations: Operations,
        regime_services: Callable[[Regimes], tuple[RegimeServices, ...]],
    ) -> None:
        self._house = house
        network = house.charter.network_id
        self.connections = Connections(settings.connections)
        self.certificates = SeenCertificates(
            identify_by_certificate(network, house.check_connection)
        )
        self.guard = CallGuard(
            identify=self.certificates.identify,
            limits=settings.call_limits,
            connections=self.connections,
        )
        house.charge_by(lambda node, spent: self.guard.charge(node, spent / cost.TOKEN))
        self._operator_guard = CallGuard(identify=identify_as(network, OPERATOR_NODE))
        self._nodes = make_server(
            limits=TransportLimits(connections=settings.connections), interceptors=[self.guard]
        )
        self._operator = make_server(limits=LOCAL, interceptors=[self._operator_guard])
        subscriptions = Subscriptions(house, self.guard.stopping)
        self._add_node_services(settings, subscriptions)
        own = regime_services(house.charter.regimes)
        for each in own:
            each.add(self._nodes, house)
        names = (*NODE_SERVICES, *(name for each in own for name in each.names))
        operator_service_pb2_grpc.add_OperatorServiceServicer_to_server(
            OperatorServicer(
                house, subscriptions, operations, partial(door_status, self.guard, self.connections)
            ),
            self._operator,
        )
        self._health = Health(self._nodes, names)
        self._operator_health = Health(self._operator, OPERATOR_SERVICES)
        if settings.reflection:
            enable_reflection(self._nodes, names)
        self.port = add_tls_port(self._nodes, settings.listen, settings.tls)
        add_unix_port(self._operator, settings.operator_socket)

    def _add_node_services(self, settings: ServerSettings, subscriptions: Subscriptions) -> None:
        server, house, stopping = self._nodes, self._house, self.guard.stopping
        transaction_service_pb2_grpc.add_TransactionServiceServicer_to_server(
            TransactionServicer(house), server
        )
        delivery_service_pb2_grpc.add_DeliveryServiceServicer_to_server(
            DeliveryServicer(house, subscriptions, stopping), server
        )
        directory_service_pb2_grpc.add_DirectoryServiceServicer_to_server(
            DirectoryServicer(house, test_network=settings.test_network), server
        )
        rulebook_service_pb2_grpc.add_RulebookServiceServicer_to_server(
            RulebookServicer(house), server
        )

    async def start(self) -> None:
        """Serves."""
        await self._nodes.start()
        await self._operator.start()
        self.connections.start(self.port)
        await self.serving(yes=True)
        await self._operator_health.serving(yes=True)

    async def serving(self, *, yes: bool) -> None:
        """Says to nodes whether messages are decided on."""
        await self._health.serving(yes=yes)

    async def stop(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Stops in order: not healthy, no new calls, streams end, the queue drains."""
        await self.connections.stop()
        await stop_gracefully(self._nodes, guard=self.guard, health=self._health, drain=drain)
        await stop_gracefully(
            self._operator, guard=self._operator_guard, health=self._operator_health
        )
