# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""OfficeService: a Party's accounts and reports at the clearing-house, and the rulebook."""

from __future__ import annotations

from typing import Final, TypeAlias

from itmo.clearing.v1 import adjustment_service_pb2, aef_service_pb2, rulebook_service_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import office_service_pb2 as api
from itmo.registry.v1 import office_service_pb2_grpc
from itmo.runtime.rpc.callers import Context
from registry_node.adapters.grpc_office import GrpcPartyAccounts
from registry_node.identity import Identity

Asked: TypeAlias = (
    adjustment_service_pb2.ListAdjustmentsRequest
    | adjustment_service_pb2.GetBalanceRequest
    | adjustment_service_pb2.GetSummaryRequest
    | aef_service_pb2.DrawAefsRequest
)


class OfficeServicer(office_service_pb2_grpc.OfficeServiceServicer):
    """OfficeService over what the clearing-house answers."""

    def __init__(self, identity: Identity, accounts: GrpcPartyAccounts) -> None:
        self._identity = identity
        self._accounts = accounts

    async def ListAdjustments(
        self, request: api.ListAdjustmentsRequest, context: Context
    ) -> api.ListAdjustmentsResponse:
        """Asks for entries of the adjustment ledger."""
        self._name_party(request.request)
        response = await self._accounts.adjustments(request.request)
        return api.ListAdjustmentsResponse(response=response)

    async def GetBalance(
        self, request: api.GetBalanceRequest, context: Context
    ) -> api.GetBalanceResponse:
        """Asks for an emissions balance."""
        self._name_party(request.request)
        return api.GetBalanceResponse(response=await self._accounts.balance(request.request))

    async def GetSummary(
        self, request: api.GetSummaryRequest, context: Context
    ) -> api.GetSummaryResponse:
        """Asks for a structured summary."""
        self._name_party(request.request)
        return api.GetSummaryResponse(response=await self._accounts.summary(request.request))

    async def DrawAefs(
        self, request: api.DrawAefsRequest, context: Context
    ) -> api.DrawAefsResponse:
        """Asks for AEFs."""
        self._name_party(request.request)
        return api.DrawAefsResponse(response=await self._accounts.aefs(request.request))

    async def ListChecks(
        self, request: api.ListChecksRequest, context: Context
    ) -> api.ListChecksResponse:
        """Asks for the checks of the rulebook."""
        asked = rulebook_service_pb2.ListChecksRequest()
        return api.ListChecksResponse(response=await self._accounts.checks(asked))

    async def ListRegistries(
        self, request: api.ListRegistriesRequest, context: Context
    ) -> api.ListRegistriesResponse:
        """Asks for the registries of the network."""
        return api.ListRegistriesResponse(response=await self._accounts.registries(request.request))

    def _name_party(self, asked: Asked) -> None:
        """Fills in the Party where it is left out and there is one only.

        Raises:
            ProtocolError: PAYLOAD_INVALID, where there are several, or none.
        """
        if asked.party:
            return
        parties = sorted({registry[:3] for registry in self._identity.registries})
        if len(parties) != 1:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"this node speaks for registries of {', '.join(parties) or 'no Party'}; name one with --party",
                where="party",
            )
        asked.party = parties[0]


add_to_server: Final = office_service_pb2_grpc.add_OfficeServiceServicer_to_server
