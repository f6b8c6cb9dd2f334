# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ParisService: statements under the Paris rulebook. No rule lives here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from itmo.core.v1 import proposal_pb2
from itmo.registry.v1 import paris_service_pb2 as api
from itmo.registry.v1 import paris_service_pb2_grpc
from itmo.runtime.rpc.callers import Context
from itmo.timestamps import timestamp
from registry_node.api import writing
from registry_node.api.operator_service import LookUp, outcome_of
from registry_node.commands.trip import from_ms
from registry_node.damage import of_rows
from registry_node.paris.authorizations import Tracked
from registry_node.paris.grpc_authorizations import KnownAuthorizations
from registry_node.paris.issuing import check_authorizations
from registry_node.paris.statements import ParisStatements
from registry_node.service import RegistryNode


class ParisServicer(paris_service_pb2_grpc.ParisServiceServicer):
    """ParisService over one node."""

    def __init__(self, node: RegistryNode) -> None:
        self._node = node
        self._paris = ParisStatements(node.work)

    async def Notify(self, request: api.NotifyRequest, context: Context) -> api.NotifyResponse:
        """Gives issued units another authorization or vintage."""
        submitted = await self._paris.notify(request.notice)
        return api.NotifyResponse(outcome=await outcome_of(self._node, submitted, request.wait_ms))

    async def ReportProgrammeEvent(
        self, request: api.ReportProgrammeEventRequest, context: Context
    ) -> api.ReportProgrammeEventResponse:
        """Says what happened to units of a programme."""
        submitted = await self._paris.report_event(request.event)
        return api.ReportProgrammeEventResponse(
            outcome=await outcome_of(self._node, submitted, request.wait_ms)
        )

    async def Authorize(
        self, request: api.AuthorizeRequest, context: Context
    ) -> api.AuthorizeResponse:
        """States a version of an authorization."""
        submitted, version = await self._paris.authorize(request.statement)
        outcome = await outcome_of(self._node, submitted, request.wait_ms)
        return api.AuthorizeResponse(outcome=outcome, version=version)

    async def DraftAuthorization(
        self, request: api.DraftAuthorizationRequest, context: Context
    ) -> api.DraftAuthorizationResponse:
        """Keeps a draft of an authorization."""
        await self._paris.draft(request.statement)
        return api.DraftAuthorizationResponse()

    async def DiscardAuthorization(
        self, request: api.DiscardAuthorizationRequest, context: Context
    ) -> api.DiscardAuthorizationResponse:
        """Throws a draft away."""
        await self._paris.discard(request.party, request.authorization_id)
        return api.DiscardAuthorizationResponse()

    async def ListAuthorizations(
        self, request: api.ListAuthorizationsRequest, context: Context
    ) -> api.ListAuthorizationsResponse:
        """Lists versions with where they stand."""
        found = [
            _shown(each)
            for each in await self._paris.tracked()
            if request.authorization_id in ("", each.statement.authorization_id)
            and request.party in ("", each.statement.party)
        ]
        return api.ListAuthorizationsResponse(authorizations=found)

    async def StateInventory(
        self, request: api.StateInventoryRequest, context: Context
    ) -> api.StateInventoryResponse:
        """States a Party's inventory."""
        submitted = await self._paris.state_inventory(request.statement)
        return api.StateInventoryResponse(
            outcome=await outcome_of(self._node, submitted, request.wait_ms)
        )

    async def RegisterActivity(
        self, request: api.RegisterActivityRequest, context: Context
    ) -> api.RegisterActivityResponse:
        """States when an activity was registered."""
        submitted = await self._paris.register_activity(request.statement)
        return api.RegisterActivityResponse(
            outcome=await outcome_of(self._node, submitted, request.wait_ms)
        )


add_to_server: Final = paris_service_pb2_grpc.add_ParisServiceServicer_to_server


def looking_up(node: RegistryNode, known: KnownAuthorizations | None) -> LookUp:
    """Returns what refuses issuances under an authorization that neither node nor broker knows.

    Args:
        node: The node, with what it stated.
        known: Asks the broker; None: what the node stated decides if anything.
    """
    paris = ParisStatements(node.work)

    async def look_up(wishes: Sequence[proposal_pb2.ProposedTransaction]) -> None:
        issued = [
            block
            for wish in wishes
            if wish.type == proposal_pb2.TRANSACTION_TYPE_ISSUANCE
            for block in wish.blocks
        ]
        if issued:
            await check_authorizations(issued, await paris.tracked(), known)

    return look_up


@of_rows
def _shown(found: Tracked) -> api.TrackedAuthorization:
    """A version of an authorization, with where it stands."""
    signed = found.countersignature
    return api.TrackedAuthorization(
        statement=found.statement,
        standing=api.AuthorizationStanding.Value(f"AUTHORIZATION_STANDING_{found.standing}"),
        refusal=writing.refusal_of(found.code, found.found),
        countersignature=None
        if signed is None
        else api.Countersignature(
            receipt_hash=signed.receipt_hash,
            log_index=signed.log_index,
            keyid=signed.keyid,
            time=timestamp(from_ms(signed.judged_at)),
        ),
    )
