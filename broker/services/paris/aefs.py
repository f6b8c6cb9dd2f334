# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AefService: AEFs drawn from the ledger, for the Party's own node."""

from __future__ import annotations

import re
from typing import Final

from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from broker.reports.paris.aef.drawing import FIRST_VERSION
from broker.reports.paris.aef.drawn_answer import DrawnAnswer
from broker.services.paris.reading_on import ReadingOn
from itmo.clearing.v1 import aef_service_pb2 as pb
from itmo.clearing.v1 import aef_service_pb2_grpc as pb_grpc
from itmo.identifiers import parse_party_code
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Context

_VERSION: Final = re.compile(r"[1-9][0-9]{0,5}\.(0|[1-9][0-9]{0,5})", re.ASCII)
"""Of a submission: common nomenclatures item 2."""


class AefServicer(pb_grpc.AefServiceServicer):
    """See aef_service.proto."""

    def __init__(self, house: ClearingHouse, reading: ReadingOn) -> None:
        self._house = house
        self._reading = reading

    async def DrawAefs(self, request: pb.DrawAefsRequest, context: Context) -> pb.DrawAefsResponse:
        """Draws a Party's AEFs."""
        caller = admitted_caller(self._house)
        party, version = parse_party_code(request.party, "party"), _version(request.version)
        answer = DrawnAnswer(
            node=caller,
            party=party,
            year=request.year,
            version=version,
            now=self._house.now(),
            timeline=self._reading.timeline,
        )
        questions = self._house.questions
        await self._reading.to_the_end()
        return await questions.ask_in_turns(caller, answer.turn, answer.response)


def _version(text: str) -> str:
    if text and _VERSION.fullmatch(text) is None:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, f"{text[:40]!a} is no version such as 1.0", where="version"
        )
    return text or FIRST_VERSION
