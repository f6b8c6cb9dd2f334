# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Withdraw an own proposal: at the clearing-house, or here while it was never sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from itmo.core.v1 import proposal_pb2
from itmo.identifiers import parse_free_text
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.answer import answer
from registry_node.commands.propose import Submitted
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.outbox import items
from registry_node.store.rows import ItemRow, ItemStatus
from registry_node.store.tables import ITEMS

_UNDECIDED: Final = frozenset({ItemStatus.QUEUED, ItemStatus.SIGNED, ItemStatus.ANSWERED})


def withdraw(
    trip: Trip, transaction_id: str, reason: str = "", *, unchecked: bool = False
) -> Submitted:
    """Withdraws a proposal.

    One that was never signed has not left this node: it leaves the outbox and its units come free. The
    withdrawal of one that was signed, and may be with the broker, follows it.

    Raises:
        ProtocolError: as `answer`.
    """
    item = items.proposing_item(trip, transaction_id)
    row = trip.transaction(transaction_id)
    if row is None or item is None or item.status not in _UNDECIDED or row.proposal_hash:
        return answer(
            trip, PayloadKind.WITHDRAWAL, transaction_id, reason=reason, unchecked=unchecked
        )
    parse_free_text(reason, "reason")
    if item.status is not ItemStatus.QUEUED:
        return _behind(trip, transaction_id, reason)
    found = f"taken back before it was sent{f': {reason}' if reason else ''}"
    alone = _apart(trip, item, transaction_id)
    items.refuse(trip, alone, Reason.WITHDRAWN_UNSENT, found)
    return Submitted(alone.message_id, (transaction_id,))


def _behind(trip: Trip, transaction_id: str, reason: str) -> Submitted:
    """Queues the withdrawal of what may be with the broker; once it is, it can be named."""
    if items.waits_to_withdraw(trip, transaction_id):
        raise ProtocolError(
            Reason.TRANSACTION_NOT_WAITING,
            f"transaction {transaction_id} is withdrawn already; that waits for the broker.",
            transaction_id=transaction_id,
            state=State.PROPOSED,
        )
    body = proposal_pb2.Withdrawal(transaction_id=transaction_id, reason=reason)
    queued = trip.queue(PayloadKind.WITHDRAWAL, body, transaction_id)
    return Submitted(queued.message_id, (transaction_id,))


def _apart(trip: Trip, item: ItemRow, transaction_id: str) -> ItemRow:
    """The proposal as an item of its own; what else was in its batch stays there to be sent."""
    if item.kind is PayloadKind.PROPOSAL:
        return item
    batch = decoded(proposal_pb2.ProposalBatch, item.body)
    own = [each for each in batch.transactions if each.transaction_id == transaction_id]
    others = [each for each in batch.transactions if each.transaction_id != transaction_id]
    if not others:
        return item
    rest = proposal_pb2.ProposalBatch(transactions=others)
    ITEMS.replace(trip.db, replace(item, body=rest.SerializeToString(), changed_at=trip.now_ms))
    return trip.queue(
        PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=own[0]), transaction_id
    )
