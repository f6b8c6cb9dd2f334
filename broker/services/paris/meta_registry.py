# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""MetaRegistryService: where units are and what happened to them, as far as the caller may know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from broker.api.paging import Page, page_of
from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from broker.reports.paris.meta_answers import (
    Cut,
    first_transferred,
    list_actions,
    list_units,
    unit_history,
)
from broker.services.paris.reading_on import ReadingOn
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.clearing.v1 import meta_registry_service_pb2_grpc as pb_grpc
from itmo.identifiers import (
    parse_cooperative_approach_id,
    parse_party_code,
    parse_registry_id,
)
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Context
from itmo.serials import MAX_SERIAL
from itmo.timestamps import moment

T = TypeVar("T")
P = TypeVar("P", pb.ListUnitsResponse, pb.ListActionsResponse, pb.ListFirstTransferredIdsResponse)
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 9998


class MetaRegistryServicer(pb_grpc.MetaRegistryServiceServicer):
    """See meta_registry_service.proto."""

    def __init__(self, house: ClearingHouse, reading: ReadingOn) -> None:
        self._house = house
        self._reading = reading

    async def ListUnits(
        self, request: pb.ListUnitsRequest, context: Context
    ) -> pb.ListUnitsResponse:
        """Shows where units of a cooperative approach are."""
        node = admitted_caller(self._house)
        approach = parse_cooperative_approach_id(
            request.cooperative_approach, "cooperative_approach"
        )
        asked = page_of(request)
        made = partial(list_units, node=node, approach=approach, as_of=_as_of(request))
        return _sealed(asked, await self._ask(node, made, asked))

    async def GetUnitHistory(
        self, request: pb.GetUnitHistoryRequest, context: Context
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
        made = partial(
            unit_history,
            node=node,
            registry=registry,
            serial=request.serial,
            as_of=_as_of(request),
        )
        return await self._ask(node, made)

    async def ListActions(
        self, request: pb.ListActionsRequest, context: Context
    ) -> pb.ListActionsResponse:
        """Lists a Party's actions of a year."""
        node, party = admitted_caller(self._house), parse_party_code(request.party, "party")
        if not _FIRST_YEAR <= request.year <= _LAST_YEAR:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"year is {request.year}; name a calendar year",
                where="year",
            )
        asked = page_of(request)
        made = partial(list_actions, node=node, party=party, year=request.year)
        return _sealed(asked, await self._ask(node, made, asked))

    async def ListFirstTransferredIds(
        self, request: pb.ListFirstTransferredIdsRequest, context: Context
    ) -> pb.ListFirstTransferredIdsResponse:
        """Lists the ids of a host's first transferred units."""
        node, host = admitted_caller(self._house), parse_party_code(request.host, "host")
        asked = page_of(request)
        made = partial(first_transferred, node=node, host=host)
        return _sealed(asked, await self._ask(node, made, asked))

    async def _ask(self, node: str, made: Callable[..., T], asked: Page | None = None) -> T:
        """Answers over the timeline, once it stands at the end of the record."""
        await self._reading.to_the_end()
        made = partial(made, timeline=self._reading.timeline)
        if asked is not None:
            made = partial(made, cut=Cut(asked.after, asked.size))
        return await self._house.questions.ask(node, made)


def _as_of(request: pb.ListUnitsRequest | pb.GetUnitHistoryRequest) -> datetime | None:
    return moment(request.as_of, "as_of") if request.HasField("as_of") else None


def _sealed(asked: Page, answer: P) -> P:
    """The answer with the key of its next page sealed as a token."""
    if answer.next_page_token:
        answer.next_page_token = asked.token(answer.next_page_token)
    return answer
