# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a node states under the Paris rulebook, and what it knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from itmo.paris.v1 import (
    approaches_pb2,
    authorization_pb2,
    parties_pb2,
    programmes_pb2,
    unit_notices_pb2,
)
from itmo.payloads import PayloadKind
from registry_node.commands.declare import declare
from registry_node.commands.propose import Submitted
from registry_node.paris import authorizations, unit_notices
from registry_node.paris.authorizations import Tracked
from registry_node.work import Work


@dataclass(frozen=True, slots=True)
class ParisStatements:
    """The statements of one node."""

    work: Work

    async def authorize(
        self, statement: authorization_pb2.AuthorizationStatement
    ) -> tuple[Submitted, int]:
        """States a version of an authorization; returns its version too."""
        return await self.work.run(lambda trip: authorizations.state(trip, statement))

    async def draft(self, statement: authorization_pb2.AuthorizationStatement) -> None:
        """Keeps a draft of an authorization; nothing is sent."""
        await self.work.run(lambda trip: authorizations.draft(trip, statement))

    async def discard(self, party: str, authorization_id: str) -> None:
        """Throws a draft of an authorization away."""
        await self.work.run(lambda trip: authorizations.discard(trip, party, authorization_id))

    async def tracked(self) -> Sequence[Tracked]:
        """Returns every authorization stated or drafted here, with where it stands."""
        return await self.work.read(authorizations.tracked)

    async def state_inventory(self, statement: parties_pb2.InventoryStatement) -> Submitted:
        """States a Party's inventory."""
        return await self.work.run(
            lambda trip: declare(trip, PayloadKind.INVENTORY_STATEMENT, statement)
        )

    async def register_activity(self, statement: approaches_pb2.ActivityStatement) -> Submitted:
        """States when an activity was registered."""
        return await self.work.run(
            lambda trip: declare(trip, PayloadKind.ACTIVITY_STATEMENT, statement)
        )

    async def notify(self, notice: unit_notices_pb2.UnitNotice) -> Submitted:
        """Gives issued units another authorization or vintage."""
        return await self.work.run(lambda trip: unit_notices.notify(trip, notice))

    async def report_event(self, event: programmes_pb2.ProgrammeEvent) -> Submitted:
        """Says what happened to units of the programme that this node speaks for."""
        return await self.work.run(lambda trip: unit_notices.report_event(trip, event))
