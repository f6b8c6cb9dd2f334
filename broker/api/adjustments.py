# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AdjustmentService: corresponding adjustments and balances, for the Party's own node."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

import grpc

from broker.adjustments.entries import GHG
from broker.api.paging import page_of
from broker.api.peer import admitted_caller
from broker.clearing.desk import from_ms
from broker.clearing.house import ClearingHouse
from broker.clearing.rows import EntryRow
from broker.reports.balances import balance
from broker.reports.parties import until
from broker.store import listing, queries
from itmo.clearing.v1 import adjustment_service_pb2 as pb
from itmo.clearing.v1 import adjustment_service_pb2_grpc as pb_grpc
from itmo.identifiers import NodeId, PartyCode, parse_party_code
from itmo.payloads import moment, timestamp
from itmo.reasons import ProtocolError, Reason

_MAX_DIGITS: Final = 18
"""Digits of an entry's number in a page token: all of them fit into 64 bits."""
Context = grpc.aio.ServicerContext[Any, Any]


class AdjustmentServicer(pb_grpc.AdjustmentServiceServicer):
    """See adjustment_service.proto."""

    def __init__(self, house: ClearingHouse) -> None:
        self._house = house

    async def ListAdjustments(  # noqa: N802  # gRPC's name
        self,
        request: pb.ListAdjustmentsRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.ListAdjustmentsResponse:
        """Lists a Party's entries."""
        caller, party = await self._own_party(request.party)
        page = page_of(request)
        size = page.size
        found = await self._house.questions.ask(
            caller,
            partial(
                listing.adjustments,
                party=party,
                year=request.year,
                until=until(_as_of(request)),
                after=page.offset,
                limit=size + 1,
            ),
        )
        return pb.ListAdjustmentsResponse(
            adjustments=[_rendered(entry) for entry in found[:size]],
            next_page_token=page.token(str(found[size - 1].entry_id)) if len(found) > size else "",
        )

    async def GetBalance(  # noqa: N802  # gRPC's name
        self,
        request: pb.GetBalanceRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.GetBalanceResponse:
        """Shows a Party's balance for a year."""
        caller, party = await self._own_party(request.party)
        found = await self._house.questions.ask(
            caller,
            partial(
                balance,
                party=party,
                year=request.year,
                as_of=_as_of(request),
                metric=request.metric or GHG,
            ),
        )
        return pb.GetBalanceResponse(
            inventory=found.inventory,
            first_transferred=found.first_transferred,
            used=found.used,
            balance=found.balance,
        )

    async def _own_party(self, text: str) -> tuple[NodeId, PartyCode]:
        """The caller, and the Party asked for, if the caller speaks for it."""
        caller, party = admitted_caller(self._house), parse_party_code(text, "party")
        designated = await self._house.reader.run(partial(queries.designated, party=party))
        if designated != caller:
            raise ProtocolError(
                Reason.PERMISSION_DENIED,
                f"{party} has not designated {caller}; only its designated node sees its accounts",
            )
        return caller, party


def _as_of(request: pb.ListAdjustmentsRequest | pb.GetBalanceRequest) -> datetime | None:
    return moment(request.as_of, "as_of") if request.HasField("as_of") else None


def _rendered(entry: EntryRow) -> pb.Adjustment:
    return pb.Adjustment(
        entry_id=entry.entry_id,
        party=entry.party,
        year=entry.year,
        quantity=entry.amount if entry.credit == entry.party else -entry.amount,
        transaction_id=entry.transaction_id,
        log_index=entry.log_index,
        book_time=timestamp(from_ms(entry.booked_at)),
    )
