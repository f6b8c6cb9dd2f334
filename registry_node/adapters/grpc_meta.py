# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The clearing-house's meta-registry over gRPC."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, Protocol, TypeVar

import grpc

from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.clearing.v1 import meta_registry_service_pb2_grpc as pb_grpc
from itmo.runtime.rpc.client import READ_DEADLINE
from itmo.runtime.rpc.errors import from_rpc_error

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
        """Ask where units of a cooperative approach are."""
        ...

    async def unit_history(self, request: pb.GetUnitHistoryRequest) -> pb.GetUnitHistoryResponse:
        """Ask what happened to a unit."""
        ...

    async def list_actions(self, request: pb.ListActionsRequest) -> pb.ListActionsResponse:
        """Ask for a Party's actions of a year."""
        ...

    async def first_transferred(
        self, request: pb.ListFirstTransferredIdsRequest
    ) -> pb.ListFirstTransferredIdsResponse:
        """Ask for the ids of a host's first transferred units."""
        ...


class GrpcMetaRegistry:
    """A MetaRegistry over a channel that is somebody else's to close."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = pb_grpc.MetaRegistryServiceStub(channel)

    async def list_units(self, request: pb.ListUnitsRequest) -> pb.ListUnitsResponse:
        """Ask where units of a cooperative approach are."""
        return await _answered(self._stub.ListUnits(request, timeout=READ_DEADLINE))

    async def unit_history(self, request: pb.GetUnitHistoryRequest) -> pb.GetUnitHistoryResponse:
        """Ask what happened to a unit."""
        return await _answered(self._stub.GetUnitHistory(request, timeout=READ_DEADLINE))

    async def list_actions(self, request: pb.ListActionsRequest) -> pb.ListActionsResponse:
        """Ask for a Party's actions of a year."""
        return await _answered(self._stub.ListActions(request, timeout=READ_DEADLINE))

    async def first_transferred(
        self, request: pb.ListFirstTransferredIdsRequest
    ) -> pb.ListFirstTransferredIdsResponse:
        """Ask for the ids of a host's first transferred units."""
        return await _answered(self._stub.ListFirstTransferredIds(request, timeout=READ_DEADLINE))


async def _answered(call: Awaitable[T]) -> T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error) from error
