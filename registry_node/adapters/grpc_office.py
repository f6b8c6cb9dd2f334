# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house answers a Party's own node about the Party's accounts, over gRPC."""

from __future__ import annotations

from typing import Final, TypeVar

from itmo.clearing.v1 import (
    adjustment_service_pb2,
    adjustment_service_pb2_grpc,
    aef_service_pb2,
    aef_service_pb2_grpc,
    directory_service_pb2,
    directory_service_pb2_grpc,
    rulebook_service_pb2,
    rulebook_service_pb2_grpc,
)
from itmo.runtime.rpc.client import READ_DEADLINE, REPORT_DEADLINE
from registry_node.adapters.line import Line

T = TypeVar("T")
OFFICE_READS: Final = (
    "itmo.clearing.v1.AdjustmentService/ListAdjustments",
    "itmo.clearing.v1.AdjustmentService/GetBalance",
    "itmo.clearing.v1.AdjustmentService/GetSummary",
    "itmo.clearing.v1.RulebookService/ListChecks",
    "itmo.clearing.v1.DirectoryService/ListRegistries",
)
"""Calls that gRPC itself may repeat. AEFs are dear, and asked for again by a person only."""


class GrpcPartyAccounts:
    """A Party's accounts at the clearing-house, over a line that is somebody else's to close.

    Every method may raise ProtocolError.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._adjustments = adjustment_service_pb2_grpc.AdjustmentServiceStub(line.channel)
        self._aefs = aef_service_pb2_grpc.AefServiceStub(line.channel)
        self._directory = directory_service_pb2_grpc.DirectoryServiceStub(line.channel)
        self._rulebook = rulebook_service_pb2_grpc.RulebookServiceStub(line.channel)

    async def adjustments(
        self, request: adjustment_service_pb2.ListAdjustmentsRequest
    ) -> adjustment_service_pb2.ListAdjustmentsResponse:
        """Asks for entries of the adjustment ledger."""
        return await self._line.answered(
            self._adjustments.ListAdjustments(request, timeout=READ_DEADLINE)
        )

    async def balance(
        self, request: adjustment_service_pb2.GetBalanceRequest
    ) -> adjustment_service_pb2.GetBalanceResponse:
        """Asks for an emissions balance."""
        return await self._line.answered(
            self._adjustments.GetBalance(request, timeout=READ_DEADLINE)
        )

    async def summary(
        self, request: adjustment_service_pb2.GetSummaryRequest
    ) -> adjustment_service_pb2.GetSummaryResponse:
        """Asks for a structured summary."""
        return await self._line.answered(
            self._adjustments.GetSummary(request, timeout=READ_DEADLINE)
        )

    async def aefs(
        self, request: aef_service_pb2.DrawAefsRequest
    ) -> aef_service_pb2.DrawAefsResponse:
        """Asks for AEFs; they take half a minute where there is very much to draw."""
        return await self._line.answered(self._aefs.DrawAefs(request, timeout=REPORT_DEADLINE))

    async def checks(
        self, request: rulebook_service_pb2.ListChecksRequest
    ) -> rulebook_service_pb2.ListChecksResponse:
        """Asks for the checks of the rulebook."""
        return await self._line.answered(self._rulebook.ListChecks(request, timeout=READ_DEADLINE))

    async def registries(
        self, request: directory_service_pb2.ListRegistriesRequest
    ) -> directory_service_pb2.ListRegistriesResponse:
        """Asks for the registries of the network."""
        return await self._line.answered(
            self._directory.ListRegistries(request, timeout=READ_DEADLINE)
        )
