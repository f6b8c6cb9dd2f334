# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""MetaRegistryService: where units are and what happened to them, as far as the caller may know."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, TypeVar

import grpc

from broker.api.peer import admitted_caller, key_of, page_size, token_of
from broker.clearing.house import ClearingHouse
from broker.reports import meta_registry as report
from broker.reports import visibility
from broker.reports.visibility import Caller, Deed, Position, Source
from itmo.clearing.v1 import meta_registry_service_pb2 as pb
from itmo.clearing.v1 import meta_registry_service_pb2_grpc as pb_grpc
from itmo.identifiers import (
    parse_cooperative_approach_id,
    parse_party_code,
    parse_registry_id,
)
from itmo.payloads import timestamp
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
        return pb.ListUnitsResponse(units=page, totals=answer.totals, next_page_token=answer_token)

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


def list_units(connection: sqlite3.Connection, node: str, approach: str) -> pb.ListUnitsResponse:
    """All that a node may see of the units of a cooperative approach.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    caller = report.caller_of(connection, node)
    parties = report.approach_parties(connection, approach)
    if parties is None:
        raise ProtocolError(
            Reason.NOT_FOUND, f"no cooperative approach {approach} is known", where=approach
        )
    found = report.positions(connection, approach)
    totals, participant = visibility.totals_for(caller, parties, report.totals(approach, found))
    return pb.ListUnitsResponse(
        units=map(_position, visibility.positions_for(caller, found)),
        totals=pb.ApproachTotals(
            cooperative_approach=approach,
            issued=totals.issued,
            held=totals.held,
            used=totals.used,
            cancelled=totals.cancelled,
            first_transferred=totals.first_transferred,
            participant=participant,
        ),
    )


def unit_history(
    connection: sqlite3.Connection, node: str, registry: str, serial: int
) -> pb.GetUnitHistoryResponse:
    """All that a node may see of what happened to a unit."""
    seen = visibility.history_for(
        report.caller_of(connection, node),
        report.unit_deeds(connection, registry, serial),
        report.unit_positions(connection, registry, serial),
    )
    return pb.GetUnitHistoryResponse(
        actions=map(_deed, seen.deeds),
        positions=map(_position, seen.positions),
        withheld=seen.withheld,
    )


def list_actions(
    connection: sqlite3.Connection, node: str, party: str, year: int
) -> list[pb.UnitAction]:
    """All that a node may see of what a Party did in a year."""
    caller = report.caller_of(connection, node)
    return list(map(_deed, visibility.deeds_for(caller, report.deeds(connection, party, year))))


def first_transferred(connection: sqlite3.Connection, node: str, host: str) -> list[pb.UnitIds]:
    """The ids of a host's first transferred units.

    Raises:
        ProtocolError: PERMISSION_DENIED.
    """
    caller: Caller = report.caller_of(connection, node)
    try:
        found = visibility.ids_for(caller, host, report.positions(connection))
    except PermissionError:
        raise ProtocolError(
            Reason.PERMISSION_DENIED,
            f"{host} has not designated {node}; only its designated node lists its units",
        ) from None
    return [pb.UnitIds(registry=name, first=run.first, last=run.last) for name, run in found]


def _page(rows: Sequence[T], size: int, offset: int) -> tuple[Sequence[T], str]:
    more = offset + size < len(rows)
    return rows[offset : offset + size], token_of(str(offset + size)) if more else ""


def _offset(token: str) -> int:
    """Lists are made anew for each page: what changed meanwhile may move rows, never show more."""
    key = key_of(token)
    if key and not (key.isascii() and key.isdecimal() and int(key[:10]) < _MAX_OFFSET):
        raise ProtocolError(Reason.PAGE_TOKEN_INVALID, "the page token is of another list")
    return int(key or 0)


def _source(source: Source) -> pb.Source:
    return pb.Source(
        reported_by=source.reported_by,
        as_of=timestamp(source.as_of) if source.as_of is not None else None,
    )


def _position(position: Position) -> pb.UnitPosition:
    return pb.UnitPosition(
        registry=position.registry,
        first=position.first,
        last=position.last,
        holder=position.holder,
        account_id=position.account_id,
        account_type=position.account_type,
        vintage=position.vintage,
        cooperative_approach=position.cooperative_approach,
        first_transferred=position.first_transferred,
        source=_source(position.source),
    )


def _deed(deed: Deed) -> pb.UnitAction:
    return pb.UnitAction(
        time=timestamp(deed.at),
        type=deed.type,
        action_id=deed.action_id,
        registry=deed.registry,
        first=deed.first,
        last=deed.last,
        from_registry=deed.from_registry,
        to_registry=deed.to_registry,
        from_account=deed.from_account,
        to_account=deed.to_account,
        first_transfer=deed.first_transfer,
        source=_source(deed.source),
    )
