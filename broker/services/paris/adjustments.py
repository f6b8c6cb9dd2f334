# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AdjustmentService: corresponding adjustments, balances and summaries, for the Party's own node."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from broker.adjustments.entries import GHG
from broker.api.paging import page_of
from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from broker.reports.paris import party_answers
from broker.rulebook.paris.years import YearSpan
from broker.services.paris.reading_on import ReadingOn
from itmo.clearing.v1 import adjustment_service_pb2 as pb
from itmo.clearing.v1 import adjustment_service_pb2_grpc as pb_grpc
from itmo.identifiers import parse_party_code
from itmo.runtime.rpc.callers import Context
from itmo.timestamps import moment


class AdjustmentServicer(pb_grpc.AdjustmentServiceServicer):
    """See adjustment_service.proto."""

    def __init__(self, house: ClearingHouse, reading: ReadingOn) -> None:
        self._house = house
        self._reading = reading

    async def ListAdjustments(
        self, request: pb.ListAdjustmentsRequest, context: Context
    ) -> pb.ListAdjustmentsResponse:
        """Lists a Party's entries."""
        caller, page = admitted_caller(self._house), page_of(request)
        size = page.size
        found = await self._house.questions.ask(
            caller,
            partial(
                party_answers.adjustments,
                node=caller,
                party=parse_party_code(request.party, "party"),
                year=request.year,
                as_of=_as_of(request),
                after=page.offset,
                limit=size + 1,
            ),
        )
        return pb.ListAdjustmentsResponse(
            adjustments=found[:size],
            next_page_token=page.token(str(found[size - 1].entry_id)) if len(found) > size else "",
        )

    async def GetBalance(
        self, request: pb.GetBalanceRequest, context: Context
    ) -> pb.GetBalanceResponse:
        """Shows a Party's balance for a year."""
        caller = admitted_caller(self._house)
        await self._reading.to_the_end()
        return await self._house.questions.ask(
            caller,
            partial(
                party_answers.balance,
                node=caller,
                party=parse_party_code(request.party, "party"),
                year=request.year,
                as_of=_as_of(request),
                metric=request.metric or GHG,
                timeline=self._reading.timeline,
            ),
        )

    async def GetSummary(
        self, request: pb.GetSummaryRequest, context: Context
    ) -> pb.GetSummaryResponse:
        """Shows a Party's structured summary."""
        caller = admitted_caller(self._house)
        await self._reading.to_the_end()
        return await self._house.questions.ask(
            caller,
            partial(
                party_answers.summary,
                node=caller,
                party=parse_party_code(request.party, "party"),
                years=YearSpan(request.years.first, request.years.last),
                as_of=_as_of(request),
                metric=request.metric or GHG,
                explain=request.explain,
                now=self._house.now(),
                timeline=self._reading.timeline,
            ),
        )


def _as_of(
    request: pb.ListAdjustmentsRequest | pb.GetBalanceRequest | pb.GetSummaryRequest,
) -> datetime | None:
    return moment(request.as_of, "as_of") if request.HasField("as_of") else None
