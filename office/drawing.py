# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Asks the clearing-house, through the node, for the Party's AEFs as its ledger has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aef.drawn_document import Drawn, read_drawn
from itmo.clearing.v1 import aef_service_pb2
from itmo.clearing.v1.adjustment_service_pb2 import LogPosition
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import office_service_pb2 as api
from itmo.runtime.rpc.client import REPORT_DEADLINE
from itmo.timestamps import moment
from registry_node.cli.session import Session

_ON_TOP: Final = 5.0
"""Seconds for the node itself: with them it is as long as a server allows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was drawn, and of which moment and place in the log it is."""

    drawn: Drawn
    at: datetime
    position: LogPosition


def draw(session: Session, party: str, year: int, version: str = "") -> Answer:
    """AEFs of a Party (empty: that of the node's registry) for a year, or (0) for every one.

    Raises:
        ProtocolError: The clearing-house's refusal or the node's; PAYLOAD_INVALID for an answer that
            is none.
    """
    request = api.DrawAefsRequest(
        request=aef_service_pb2.DrawAefsRequest(party=party, year=year, version=version)
    )
    found = session.call_office(
        lambda stub: stub.DrawAefs(request, timeout=REPORT_DEADLINE + _ON_TOP)
    ).response
    if party not in ("", found.party):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"the clearing-house answered about {found.party!a}, and {party} was asked for",
            where="party",
        )
    return Answer(read_drawn(found.drawn, found.party), moment(found.time, "time"), found.position)
