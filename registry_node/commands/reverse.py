# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Ask back: what a reversal consists of is known from the transfer that it names."""

from __future__ import annotations

from itmo.core.v1 import proposal_pb2
from itmo.identifiers import parse_transaction_id
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.proposals import building


def going_back(
    trip: Trip, wish: proposal_pb2.ProposedTransaction, *, unchecked: bool
) -> proposal_pb2.ProposedTransaction:
    """Fills in a reversal that names no units: exactly those of the transfer that it undoes.

    Args:
        trip: The transaction under way.
        wish: A reversal.
        unchecked: Whatever became of that transfer, the broker judges.

    Raises:
        ProtocolError: TRANSACTION_UNKNOWN, or ILLEGAL_TRANSITION where it is no completed transfer into
            an account of this node.
    """
    parse_transaction_id(wish.reverses, "reverses")
    row = trip.transaction(wish.reverses)
    if row is None:
        raise ProtocolError(
            Reason.TRANSACTION_UNKNOWN,
            f"transaction {wish.reverses} is not known here; list them with `transactions`.",
            transaction_id=wish.reverses,
        )
    done = decoded(proposal_pb2.ProposedTransaction, row.proposal)
    came_here = (
        done.type == proposal_pb2.TRANSACTION_TYPE_TRANSFER
        and row.state is State.COMPLETED
        and row.to_registry in trip.identity.registries
    )
    if not came_here and not unchecked:
        raise ProtocolError(
            Reason.ILLEGAL_TRANSITION,
            f"transaction {wish.reverses} is a {building.type_of(done)} into {row.to_registry} and"
            f" {row.state}; only the receiver of a completed transfer proposes to reverse it.",
            state=row.state,
        )
    return wish if wish.blocks else building.going_back(wish, done)
