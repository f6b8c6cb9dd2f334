# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""MetaRegistryService: where units are and what happened to them, as far as the caller may know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, TypeVar

import grpc

from broker.api.peer import admitted_caller, key_of, page_size, token_of
from broker.clearing.house import ClearingHouse
from broker.reports.meta_answers import first_transferred, list_actions, list_units, unit_history
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.clearing.v1 import meta_registry_service_pb2_grpc as pb_grpc
from itmo.identifiers import (
    parse_cooperative_approach_id,
    parse_party_code,
    parse_registry_id,
)
from itmo.reasons import ProtocolError, Reason
from itmo.serials import MAX_SERIAL

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 9998
_MAX_OFFSET: Final = 10**9
"""Rows that a page token may skip: more than any list has."""


class MetaRegistryServicer(pb_grpc.MetaRegistryServiceServicer):
    """See meta_registry_service.proto."""

    def __init__(self, house: ClearingHouse) -> None:
        self._house = house

    async def ListUnits(  # noqa: N802  # gRPC's name
        self,
        request: pb.ListUnitsRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.ListUnitsResponse:
        """Shows where units of a cooperative approach are."""
        node = admitted_caller(self._house)
        approach = parse_cooperative_approach_id(
            request.cooperative_approach, "cooperative_approach"
        )
        size, offset = page_size(request.page_size), _offset(request.page_token)
        answer = await self._house.reader.run(partial(list_units, node=node, approach=approach))
        page, answer_token = _page(answer.units, size, offset)
        return pb.ListUnitsResponse(
            units=page,
            totals=answer.totals,
            next_page_token=answer_token,
            log_size=answer.log_size,
        )

    async def GetUnitHistory(  # noqa: N802  # gRPC's name
        self,
        request: pb.GetUnitHistoryRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.GetUnitHistoryResponse:
        """Shows what happened to a unit."""
        node = admitted_caller(self._house)
        registry = parse_registry_id(request.registry, "registry")
        if not 1 <= request.serial <= MAX_SERIAL:
            raise ProtocolError(
                Reason.SERIAL_RANGE_INVALID,
                f"serial is {request.serial}; 1 to {MAX_SERIAL} are possible",
                where="serial",
            )
        return await self._house.reader.run(
            partial(unit_history, node=node, registry=registry, serial=request.serial)
        )

    async def ListActions(  # noqa: N802  # gRPC's name
        self,
        request: pb.ListActionsRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.ListActionsResponse:
        """Lists a Party's actions of a year."""
        node, party = admitted_caller(self._house), parse_party_code(request.party, "party")
        if not _FIRST_YEAR <= request.year <= _LAST_YEAR:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"year is {request.year}; name a calendar year",
                where="year",
            )
        size, offset = page_size(request.page_size), _offset(request.page_token)
        found = await self._house.reader.run(
            partial(list_actions, node=node, party=party, year=request.year)
        )
        page, token = _page(found, size, offset)
        return pb.ListActionsResponse(actions=page, next_page_token=token)

    async def ListFirstTransferredIds(  # noqa: N802  # gRPC's name
        self,
        request: pb.ListFirstTransferredIdsRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.ListFirstTransferredIdsResponse:
        """Lists the ids of a host's first transferred units."""
        node, host = admitted_caller(self._house), parse_party_code(request.host, "host")
        size, offset = page_size(request.page_size), _offset(request.page_token)
        found = await self._house.reader.run(partial(first_transferred, node=node, host=host))
        page, token = _page(found, size, offset)
        return pb.ListFirstTransferredIdsResponse(units=page, next_page_token=token)


def _page(rows: Sequence[T], size: int, offset: int) -> tuple[Sequence[T], str]:
    more = offset + size < len(rows)
    return rows[offset : offset + size], token_of(str(offset + size)) if more else ""


def _offset(token: str) -> int:
    """Lists are made anew for each page: what changed meanwhile may move rows, never show more."""
    key = key_of(token)
    if key and not (key.isascii() and key.isdecimal() and int(key[:10]) < _MAX_OFFSET):
        raise ProtocolError(Reason.PAGE_TOKEN_INVALID, "the page token is of another list")
    return int(key or 0)
