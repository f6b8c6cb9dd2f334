# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Accepts many transfers that wait here, some with each commit and under each signature."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam

from itmo import limits
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.answer import answer_all
from registry_node.commands.trip import Trip
from registry_node.store.tables import TRANSACTIONS

_LARGEST: Final = 2**63 - 1
_t = TRANSACTIONS.table.c
_NEWEST: Final = TRANSACTIONS.select(order=_t.number.desc(), limit="most")
_WAITING: Final = TRANSACTIONS.select(
    _t.received_here == 1,
    _t.state == bindparam("state"),
    _t.answer_item.is_(None),
    _t.from_registry == bindparam("giver"),
    _t.number <= bindparam("up_to"),
    order=_t.number,
    limit="most",
)


def accept_some(trip: Trip, *, giver: str, up_to: int) -> tuple[int, int]:
    """Accepts transfers from a registry that wait here, the oldest ones.

    Args:
        trip: The transaction under way.
        giver: The registry.
        up_to: Number of the last one that is meant; 0: all that are known by now.

    Returns:
        How many were accepted, and the number of the last one that is meant.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if not giver:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, "name the registry whose transfers are accepted", where="giver"
        )
    newest = _NEWEST.first(trip.db, most=1)
    last = min(up_to, _LARGEST) or (
        newest.number if newest is not None and newest.number else _LARGEST
    )
    found = _WAITING.all(
        trip.db, state=State.VALIDATED, giver=giver, up_to=last, most=limits.MAX_PROPOSALS_PER_BATCH
    )
    if found:
        answer_all(trip, PayloadKind.ACCEPTANCE, [each.transaction_id for each in found])
    return len(found), last
