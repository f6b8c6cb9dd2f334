# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""SharingService: how much the node's registries share, and what the meta-registry shows them."""

from __future__ import annotations

from typing import Final

from itmo.clearing.v1 import meta_registry_service_pb2 as meta
from itmo.core.v1 import sharing_pb2
from itmo.nomenclature import MECHANISM_APPROACH
from itmo.registry.v1 import sharing_service_pb2 as api
from itmo.registry.v1 import sharing_service_pb2_grpc
from itmo.runtime.rpc.callers import Context
from itmo.timestamps import timestamp
from registry_node.adapters.grpc_meta import MetaRegistry
from registry_node.api import writing
from registry_node.api.operator_service import MAX_WAIT_MS
from registry_node.commands.mirror import STALE_AFTER
from registry_node.commands.trip import from_ms
from registry_node.damage import decoded
from registry_node.mirroring import pull
from registry_node.service import RegistryNode


class SharingServicer(sharing_service_pb2_grpc.SharingServiceServicer):
    """SharingService over one node and the meta-registry."""

    def __init__(self, node: RegistryNode, meta: MetaRegistry) -> None:
        self._node = node
        self._meta = meta

    async def Share(self, request: api.ShareRequest, context: Context) -> api.ShareResponse:
        """States how much a registry shares."""
        submitted = await self._node.share(request.statement)
        found = await self._node.outcome(submitted.message_id, _seconds(request.wait_ms))
        return api.ShareResponse(outcome=writing.outcome(found))

    async def Report(self, request: api.ReportRequest, context: Context) -> api.ReportResponse:
        """Reports what is in a registry's books."""
        submitted = await self._node.report(request.report, from_ledger=request.from_ledger)
        found = await self._node.outcome(submitted.message_id, _seconds(request.wait_ms))
        return api.ReportResponse(
            outcome=writing.outcome(found), remarks=await self._node.remarks(submitted.message_id)
        )

    async def GetSharing(
        self, request: api.GetSharingRequest, context: Context
    ) -> api.GetSharingResponse:
        """Shows what the registries share."""
        return api.GetSharingResponse(
            registries=[
                api.Shared(
                    registry=each.registry,
                    level=each.statement.level
                    if each.statement
                    else sharing_pb2.SHARING_LEVEL_TRANSACT,
                    frequency=each.statement.frequency
                    if each.statement
                    else sharing_pb2.REPORT_FREQUENCY_UNSPECIFIED,
                    reported_until=None
                    if each.reported_until is None
                    else timestamp(each.reported_until),
                    due=None if each.due is None else timestamp(each.due),
                )
                for each in await self._node.shared()
            ]
        )

    async def ListUnits(
        self, request: api.ListUnitsRequest, context: Context
    ) -> api.ListUnitsResponse:
        """Asks where units are."""
        return api.ListUnitsResponse(response=await self._meta.list_units(request.request))

    async def GetUnitHistory(
        self, request: api.GetUnitHistoryRequest, context: Context
    ) -> api.GetUnitHistoryResponse:
        """Asks what happened to a unit."""
        return api.GetUnitHistoryResponse(response=await self._meta.unit_history(request.request))

    async def ListActions(
        self, request: api.ListActionsRequest, context: Context
    ) -> api.ListActionsResponse:
        """Asks for actions."""
        return api.ListActionsResponse(response=await self._meta.list_actions(request.request))

    async def Mirror(self, request: api.MirrorRequest, context: Context) -> api.MirrorResponse:
        """Pulls what the node's Parties hold elsewhere."""
        approach = request.cooperative_approach or MECHANISM_APPROACH
        pulled = await pull(self._meta.list_units, approach)
        quantity = await self._node.mirror(pulled.positions, pulled.log_size)
        return api.MirrorResponse(quantity=quantity, time=timestamp(self._node.clock.now()))

    async def ListMirrored(
        self, request: api.ListMirroredRequest, context: Context
    ) -> api.ListMirroredResponse:
        """Shows what was pulled last."""
        now = self._node.clock.now()
        return api.ListMirroredResponse(
            units=[
                api.MirroredUnits(
                    position=decoded(meta.UnitPosition, row.position),
                    time=timestamp(from_ms(row.pulled_at)),
                    log_size=row.log_size,
                    stale=now - from_ms(row.pulled_at) > STALE_AFTER,
                )
                for row in await self._node.mirrored()
            ]
        )

    async def ListFirstTransferredIds(
        self, request: api.ListFirstTransferredIdsRequest, context: Context
    ) -> api.ListFirstTransferredIdsResponse:
        """Asks for ids."""
        return api.ListFirstTransferredIdsResponse(
            response=await self._meta.first_transferred(request.request)
        )


add_to_server: Final = sharing_service_pb2_grpc.add_SharingServiceServicer_to_server


def _seconds(wait_ms: int) -> float:
    return min(wait_ms, MAX_WAIT_MS) / 1000
