# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""MetaRegistryService: where units are and what happened to them, as far as the caller may know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from broker.api.kept_lists import KeptLists
from broker.api.paging import Page, page_of
from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from broker.reports.paris.as_of import read_up_to
from broker.reports.paris.kept_record import KeptRecord
from broker.reports.paris.meta_answers import (
    first_transferred,
    list_actions,
    list_units,
    unit_history,
)
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.clearing.v1 import meta_registry_service_pb2_grpc as pb_grpc
from itmo.identifiers import (
    parse_cooperative_approach_id,
    parse_party_code,
    parse_registry_id,
)
from itmo.payloads import moment
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Context
from itmo.serials import MAX_SERIAL

T = TypeVar("T")
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 9998


class MetaRegistryServicer(pb_grpc.MetaRegistryServiceServicer):
    """See meta_registry_service.proto."""

    def __init__(self, house: ClearingHouse, kept: KeptLists, record: KeptRecord) -> None:
        self._house = house
        self._kept = kept
        self._record = record

    async def ListUnits(
        self, request: pb.ListUnitsRequest, context: Context
    ) -> pb.ListUnitsResponse:
        """Shows where units of a cooperative approach are."""
        node = admitted_caller(self._house)
        approach = parse_cooperative_approach_id(
            request.cooperative_approach, "cooperative_approach"
        )
        asked = page_of(request)
        as_of = _as_of(request)
        listed = partial(list_units, node=node, approach=approach, as_of=as_of, kept=self._record)
        make = partial(self._house.questions.ask, node, listed)
        if as_of is not None:
            make = partial(
                self._house.questions.ask_in_turns,
                node,
                partial(read_up_to, as_of=as_of, kept=self._record),
                lambda connection, _: listed(connection),
            )
        answer = await self._kept.get(node, asked, make, lambda made: len(made.units))
        page, answer_token = _page(answer.units, asked)
        return pb.ListUnitsResponse(
            units=page,
            totals=answer.totals,
            next_page_token=answer_token,
            log_size=answer.log_size,
        )

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
        return await self._house.questions.ask(
            node,
            partial(
                unit_history,
                node=node,
                registry=registry,
                serial=request.serial,
                as_of=_as_of(request),
            ),
        )

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
        found = await self._kept.get(
            node, asked, partial(self._house.questions.ask, node, made), len
        )
        page, token = _page(found, asked)
        return pb.ListActionsResponse(actions=page, next_page_token=token)

    async def ListFirstTransferredIds(
        self, request: pb.ListFirstTransferredIdsRequest, context: Context
    ) -> pb.ListFirstTransferredIdsResponse:
        """Lists the ids of a host's first transferred units."""
        node, host = admitted_caller(self._house), parse_party_code(request.host, "host")
        asked = page_of(request)
        made = partial(first_transferred, node=node, host=host)
        found = await self._kept.get(
            node, asked, partial(self._house.questions.ask, node, made), len
        )
        page, token = _page(found, asked)
        return pb.ListFirstTransferredIdsResponse(units=page, next_page_token=token)


def _as_of(request: pb.ListUnitsRequest | pb.GetUnitHistoryRequest) -> datetime | None:
    return moment(request.as_of, "as_of") if request.HasField("as_of") else None


def _page(rows: Sequence[T], asked: Page) -> tuple[Sequence[T], str]:
    """A page of a list. One that was made anew since may have moved rows, and never shows more."""
    end = asked.offset + asked.size
    return rows[asked.offset : end], asked.token(str(end)) if end < len(rows) else ""
