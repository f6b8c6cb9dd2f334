# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The clearing-house's meta-registry over gRPC."""

from __future__ import annotations

from typing import Final, Protocol, TypeVar

from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.clearing.v1 import meta_registry_service_pb2_grpc as pb_grpc
from itmo.runtime.rpc.client import READ_DEADLINE
from registry_node.adapters.line import Line

T = TypeVar("T")
META_READS: Final = (
    "itmo.clearing.v1.MetaRegistryService/ListUnits",
    "itmo.clearing.v1.MetaRegistryService/GetUnitHistory",
    "itmo.clearing.v1.MetaRegistryService/ListActions",
    "itmo.clearing.v1.MetaRegistryService/ListFirstTransferredIds",
)
"""Calls that gRPC itself may repeat."""


class MetaRegistry(Protocol):
    """The meta-registry as a node sees it; every method may raise ProtocolError."""

    async def list_units(self, request: pb.ListUnitsRequest) -> pb.ListUnitsResponse:
        """Asks where units of a cooperative approach are."""
        ...

    async def unit_history(self, request: pb.GetUnitHistoryRequest) -> pb.GetUnitHistoryResponse:
        """Asks what happened to a unit."""
        ...

    async def list_actions(self, request: pb.ListActionsRequest) -> pb.ListActionsResponse:
        """Asks for a Party's actions of a year."""
        ...

    async def first_transferred(
        self, request: pb.ListFirstTransferredIdsRequest
    ) -> pb.ListFirstTransferredIdsResponse:
        """Asks for the ids of a host's first transferred units."""
        ...


class GrpcMetaRegistry:
    """A MetaRegistry over a line that is somebody else's to close."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._stub = pb_grpc.MetaRegistryServiceStub(line.channel)

    async def list_units(self, request: pb.ListUnitsRequest) -> pb.ListUnitsResponse:
        """Asks where units of a cooperative approach are."""
        return await self._line.answered(self._stub.ListUnits(request, timeout=READ_DEADLINE))

    async def unit_history(self, request: pb.GetUnitHistoryRequest) -> pb.GetUnitHistoryResponse:
        """Asks what happened to a unit."""
        return await self._line.answered(self._stub.GetUnitHistory(request, timeout=READ_DEADLINE))

    async def list_actions(self, request: pb.ListActionsRequest) -> pb.ListActionsResponse:
        """Asks for a Party's actions of a year."""
        return await self._line.answered(self._stub.ListActions(request, timeout=READ_DEADLINE))

    async def first_transferred(
        self, request: pb.ListFirstTransferredIdsRequest
    ) -> pb.ListFirstTransferredIdsResponse:
        """Asks for the ids of a host's first transferred units."""
        return await self._line.answered(
            self._stub.ListFirstTransferredIds(request, timeout=READ_DEADLINE)
        )
