# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Registrations of activities: the moment that some approaches count authorizations from."""

from __future__ import annotations

from typing import cast

from broker.clearing.desk import Desk, NoEffect
from broker.clearing.gate import OPERATOR_NODE
from broker.clearing.received import Received
from broker.regime.paris import reading
from itmo import limits
from itmo.core.v1 import statements_pb2
from itmo.identifiers import parse_cooperative_approach_id, parse_free_text
from itmo.nomenclature import MECHANISM_APPROACH
from itmo.parties import MECHANISM_REGISTRY
from itmo.reasons import Reason


def register_activity(desk: Desk, received: Received) -> None:
    """Records when an activity of a cooperative approach was registered, anew or corrected.

    Raises:
        NoEffect, ProtocolError: the sender may not, or malformed, of an approach that is not known,
            or of a later day.
    """
    written = cast("statements_pb2.ActivityStatement", received.payload)
    approach = parse_cooperative_approach_id(written.cooperative_approach, "cooperative_approach")
    activity = parse_free_text(written.activity, "activity", limits.MAX_IDENTIFIER)
    registered = reading.day(written.registration_date, "registration_date")
    _check_registers(desk, received, approach)
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


def _check_registers(desk: Desk, received: Received, approach: str) -> None:
    """The operator, as the reporting platform lists them; activities of the mechanism its registry too.

    Source: 3/CMA.3 annex paras 63-65 (the mechanism registry is run under the Supervisory Body).
    """
    sender = received.header.sender_node
    if sender == OPERATOR_NODE:
        return
    mechanism = any(
        registry.node == sender and registry.party == MECHANISM_REGISTRY
        for registry in desk.world.registries.values()
    )
    if approach == MECHANISM_APPROACH and mechanism:
        return
    raise NoEffect(
        Reason.PERMISSION_DENIED,
        f"activities of {approach} are registered by the operator"
        f"{' or the mechanism registry' if approach == MECHANISM_APPROACH else ''}; {sender} signed",
    )
