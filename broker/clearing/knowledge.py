# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house is told: Parties, inventories, cooperative approaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast

from broker.clearing.desk import Desk, NoEffect
from broker.clearing.received import Received
from broker.regime.paris import reading
from broker.rulebook.paris.parties import PartyFacts
from broker.rulebook.paris.years import AdjustmentMethod, YearSpan
from itmo import limits
from itmo.core.v1 import statements_pb2
from itmo.identifiers import parse_party_code
from itmo.reasons import Reason

_MAX_YEARS: Final = 100
_LAST_YEAR: Final = 9999
_FIRST_YEAR: Final = 1990


def state_party(desk: Desk, received: Received) -> None:
    """Takes in what is known of a Party. A method, once stated for a period, stays (18(c)).

    Raises:
        NoEffect, ProtocolError: malformed, or another method for a stated period.
    """
    written = cast("statements_pb2.PartyStatement", received.payload)
    stated = reading.party(written)
    known = desk.world.parties.get(stated.party)
    methods = methods_with(known.methods_stated if known else {}, stated)
    for span, named in methods.items():
        if len(named) > 1:
            raise NoEffect(
                "CA_METHOD_FIXED",
                f"another method was stated for {span.first} to {span.last}; it is fixed for the"
                " whole period",
            )
    desk.world.parties[stated.party] = replace(stated, methods_stated=methods)
    desk.effects.party_statements.append(
        (stated.party, desk.world.log_size, received.header.message_id)
    )


def methods_with(
    known: Mapping[YearSpan, frozenset[AdjustmentMethod]], stated: PartyFacts
) -> dict[YearSpan, frozenset[AdjustmentMethod]]:
    """Methods stated so far, and by this statement, for each period."""
    methods = dict(known)
    for period in stated.ndc_periods:
        methods[period.years] = methods.get(period.years, frozenset()) | {period.method}
    return methods


def state_inventory(desk: Desk, received: Received) -> None:
    """Takes in a Party's inventory, or other yearly figures of its NDC.

    Raises:
        NoEffect, ProtocolError: malformed, or not from the node the Party designated.
    """
    written = cast("statements_pb2.InventoryStatement", received.payload)
    party = parse_party_code(written.party, "party")
    check_designated(desk, received, party)
    metric, kind = reading.level(written)
    listed = [entry.year for entry in written.years]
    if not 1 <= len(listed) <= _MAX_YEARS or len(set(listed)) != len(listed):
        raise NoEffect(Reason.PAYLOAD_INVALID, "years: 1 to 100 entries, each year once")
    unit = written.metric or "t"
    for entry in written.years:
        if not _FIRST_YEAR <= entry.year <= _LAST_YEAR or abs(entry.tonnes) > limits.MAX_UNITS:
            raise NoEffect(
                Reason.PAYLOAD_INVALID, f"year {entry.year} with {entry.tonnes} {unit} cannot be"
            )
        desk.effects.levels.append(
            (
                party,
                metric,
                kind,
                entry.year,
                desk.world.log_size,
                entry.tonnes,
                received.header.message_id,
            )
        )


def state_approach(desk: Desk, received: Received) -> None:
    """Takes in a cooperative approach, new or changed.

    Raises:
        ProtocolError: malformed.
    """
    written = cast("statements_pb2.CooperativeApproachStatement", received.payload)
    stated = reading.approach(written)
    name = stated.cooperative_approach
    desk.world.approaches[name] = stated
    desk.effects.approaches.append((name, received.header.message_id))


def check_designated(desk: Desk, received: Received, party: str) -> None:
    """Only the node that a Party designated speaks for it.

    Raises:
        NoEffect: PERMISSION_DENIED.
    """
    designated = desk.world.designations.get(party)
    if designated != received.header.sender_node:
        raise NoEffect(
            Reason.PERMISSION_DENIED,
            f"{party} has designated {designated or 'no node'}; {received.header.sender_node} signed",
        )
