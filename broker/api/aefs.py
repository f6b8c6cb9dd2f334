# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AefService: AEFs drawn from the ledger, for the Party's own node."""

from __future__ import annotations

from functools import partial
from typing import Any

import grpc

from broker.api.peer import admitted_caller
from broker.clearing.house import ClearingHouse
from broker.reports import party_answers
from broker.reports.aef.drawing import FIRST_VERSION
from itmo.clearing.v1 import aef_service_pb2 as pb
from itmo.clearing.v1 import aef_service_pb2_grpc as pb_grpc
from itmo.identifiers import parse_free_text, parse_party_code

Context = grpc.aio.ServicerContext[Any, Any]
_MAX_VERSION = 20
"""Characters of a version: two numbers of six digits and what a Party may put beside them."""


class AefServicer(pb_grpc.AefServiceServicer):
    """See aef_service.proto."""

    def __init__(self, house: ClearingHouse) -> None:
        self._house = house

    async def DrawAefs(  # noqa: N802  # gRPC's name
        self,
        request: pb.DrawAefsRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.DrawAefsResponse:
        """Draws a Party's AEFs."""
        caller = admitted_caller(self._house)
        return await self._house.questions.ask_at_length(
            caller,
            partial(
                party_answers.aefs,
                node=caller,
                party=parse_party_code(request.party, "party"),
                year=request.year,
                version=parse_free_text(request.version, "version", _MAX_VERSION) or FIRST_VERSION,
                now=self._house.now(),
            ),
        )
