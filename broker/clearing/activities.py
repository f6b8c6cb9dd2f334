# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Registrations of activities: the moment that some approaches count authorizations from."""

from __future__ import annotations

from typing import cast

from broker.clearing import reading
from broker.clearing.desk import Desk, NoEffect
from broker.clearing.received import Received
from itmo import limits
from itmo.core.v1 import statements_pb2
from itmo.identifiers import parse_cooperative_approach_id, parse_free_text
from itmo.reasons import Reason


def register_activity(desk: Desk, received: Received) -> None:
    """Records when an activity of a cooperative approach was registered, anew or corrected.

    Raises:
        NoEffect, ProtocolError: malformed, of an approach that is not known, or of a later day.
    """
    written = cast("statements_pb2.ActivityStatement", received.payload)
    approach = parse_cooperative_approach_id(written.cooperative_approach, "cooperative_approach")
    activity = parse_free_text(written.activity, "activity", limits.MAX_IDENTIFIER)
    registered = reading.day(written.registration_date, "registration_date")
    if not activity:
        raise NoEffect(
            Reason.PAYLOAD_INVALID, "activity: an activity is named as its units name it"
        )
    if approach not in desk.world.approaches:
        raise NoEffect(Reason.NOT_FOUND, f"cooperative approach {approach} is not known")
    if registered > desk.now.date():
        raise NoEffect(
            Reason.PAYLOAD_INVALID,
            f"registration_date: {registered} is later than today; a registration is recorded once"
            " it happened",
        )
    desk.world.registrations[(approach, activity)] = registered
    desk.effects.registrations.append(
        (approach, activity, registered.isoformat(), received.header.message_id)
    )
