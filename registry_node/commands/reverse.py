# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Ask back: propose to reverse a completed transfer that brought units into this node's accounts."""

from __future__ import annotations

from itmo.core.v1 import proposal_pb2
from itmo.identifiers import parse_transaction_id
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.propose import Submitted, propose
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.proposals import building


def reverse(trip: Trip, transaction_id: str, *, note: str = "") -> Submitted:
    """Queue the proposal that takes exactly the units of a transfer back.

    Raises:
        ProtocolError: TRANSACTION_UNKNOWN, ILLEGAL_TRANSITION where it is no completed transfer into
            an account of this node, or one of `propose`.
    """
    parse_transaction_id(transaction_id, "transaction_id")
    row = trip.transaction(transaction_id)
    if row is None:
        raise ProtocolError(
            Reason.TRANSACTION_UNKNOWN,
            f"transaction {transaction_id} is not known here; list them with `transactions`.",
            transaction_id=transaction_id,
        )
    done = decoded(proposal_pb2.ProposedTransaction, row.proposal)
    if (
        done.type != proposal_pb2.TRANSACTION_TYPE_TRANSFER
        or row.state is not State.COMPLETED
        or row.to_registry not in trip.identity.registries
    ):
        raise ProtocolError(
            Reason.ILLEGAL_TRANSITION,
            f"transaction {transaction_id} is a {row.type.lower()} into {row.to_registry} and"
            f" {row.state}; only the receiver of a completed transfer proposes to reverse it.",
            state=row.state,
        )
    return propose(trip, [building.reversal(done, note=note)], unchecked=False)
