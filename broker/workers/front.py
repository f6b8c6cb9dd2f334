# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the process that decides has in place of a server for nodes: its workers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from broker.api.door import summed
from broker.api.operator import Operations
from broker.api.server import OperatorServer, ServerSettings
from broker.clearing.path.house import ClearingHouse
from broker.use_elsewhere import Door
from broker.workers.hub import Hub
from broker.workers.supervisor import Supervisor
from itmo.clock import Clock, OffsetClock
from itmo.identifiers import NodeId
from itmo.runtime.rpc.ports import reserve
from itmo.validity import Validity


class WorkerFront:
    """The workers and the server for the operator. `start` and `stop` frame their life.

    Args:
        house: Decides.
        settings: Where and how to serve.
        operations: What an operator can do.
        folder: The directory of the broker.
        count: How many workers.
        database: Names the database, see `Hub`.
    """

    def __init__(
        self,
        house: ClearingHouse,
        settings: ServerSettings,
        operations: Operations,
        folder: Path,
        count: int,
        database: str,
    ) -> None:
        self._reserved = reserve(settings.listen)
        self.port: int = self._reserved.getsockname()[1]
        self._hub = Hub(house, self.port, database, settings.call_limits)
        self._supervisor = Supervisor(self._hub, folder, count)
        self._operator = OperatorServer(
            house,
            settings.operator_socket,
            replace(
                operations,
                connected=self._hub.connected,
                door=lambda: summed(self._hub.doors().values()),
                workers=self._supervisor.standings,
            ),
        )

    def shown_certificates(self) -> Mapping[NodeId, Validity]:
        """Returns of each node the certificate that ends last, of those shown to any worker."""
        return self._hub.certificates()

    @property
    def door(self) -> Door:
        """What nodes have of all workers."""
        return self._hub

    async def clock_set(self, clock: Clock) -> None:
        """Has all workers set the clock of a test network."""
        if isinstance(clock, OffsetClock):
            await self._hub.clock_set(clock.offset)

    async def clock_accepted(self) -> None:
        """Has all workers take the machine's time for right."""
        await self._hub.clock_accepted()

    async def take_up_keys(self) -> None:
        """Has all workers sign with the keys that the settings name now.

        Raises:
            ProtocolError: what hinders one of them.
        """
        await self._hub.take_up_keys()

    async def start(self) -> None:
        """Serves."""
        await self._supervisor.start()
        await self._operator.start()

    async def serving(self, *, yes: bool) -> None:
        """Says to nodes whether messages are decided on."""
        await self._hub.serving(yes=yes)

    async def stop(self, drain: Callable[[], Awaitable[None]]) -> None:
        """Stops in order: workers finish what they have begun, the queue drains."""
        await self._supervisor.stop()
        await drain()
        await self._operator.stop()
        self._reserved.close()
