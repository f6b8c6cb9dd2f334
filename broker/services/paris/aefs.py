# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""AefService: AEFs drawn from the ledger, for the Party's own node."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from broker.reports.paris import party_answers
from broker.reports.paris.aef.drawing import FIRST_VERSION
from broker.reports.paris.timeline import Timeline
from broker.services.paris.reading_on import read_to_the_end
from itmo.clearing.v1 import aef_service_pb2 as pb
from itmo.clearing.v1 import aef_service_pb2_grpc as pb_grpc
from itmo.identifiers import parse_party_code
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Context

_VERSION: Final = re.compile(r"[1-9][0-9]{0,5}\.(0|[1-9][0-9]{0,5})", re.ASCII)
"""Of a submission: common nomenclatures item 2."""


class AefServicer(pb_grpc.AefServiceServicer):
    """See aef_service.proto."""

    def __init__(self, house: ClearingHouse, timeline: Timeline) -> None:
        self._house = house
        self._timeline = timeline

    async def DrawAefs(self, request: pb.DrawAefsRequest, context: Context) -> pb.DrawAefsResponse:
        """Draws a Party's AEFs."""
        caller = admitted_caller(self._house)
        party, version = parse_party_code(request.party, "party"), _version(request.version)
        drawing = party_answers.drawing_of(party, request.year)
        await read_to_the_end(self._timeline, self._house.questions)
        return await self._house.questions.ask_in_turns(
            caller,
            partial(
                party_answers.read_aefs,
                node=caller,
                party=party,
                drawing=drawing,
                timeline=self._timeline,
            ),
            partial(
                party_answers.aefs,
                node=caller,
                party=party,
                drawing=drawing,
                timeline=self._timeline,
                version=version,
                now=self._house.now(),
            ),
        )


def _version(text: str) -> str:
    if text and _VERSION.fullmatch(text) is None:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, f"{text[:40]!a} is no version such as 1.0", where="version"
        )
    return text or FIRST_VERSION
