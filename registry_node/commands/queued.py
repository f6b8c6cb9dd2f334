# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Does to the books what queueing an own message did, from the message alone.

For those who make books again: a replay of the store, and a store that lacks own messages which the
broker has recorded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.payloads import PayloadKind
from registry_node.commands.declare import declared_before
from registry_node.commands.propose import proposed_before
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.outbox import items
from registry_node.store.rows import ItemRow

RECEIVERS: Final = frozenset(
    {PayloadKind.ACCEPTANCE, PayloadKind.REJECTION, *items.BATCHED_ANSWERS}
)
"""Answers of the receiver, of which a transaction has one."""


def queued_before(trip: Trip, item: ItemRow) -> None:
    """Does to the books what queueing the message of an item did, which is stored already."""
    if item.kind is PayloadKind.PROPOSAL:
        proposed_before(trip, decoded(proposal_pb2.Proposal, item.body).transaction)
    elif item.kind is PayloadKind.PROPOSAL_BATCH:
        for each in decoded(proposal_pb2.ProposalBatch, item.body).transactions:
            proposed_before(trip, each)
    elif item.kind is PayloadKind.ACCOUNT_STATEMENT:
        stated = decoded(statements_pb2.AccountStatement, item.body)
        declared_before(trip, stated, item.message_id)
    elif item.kind in RECEIVERS:
        for name in items.transactions_of(item):
            row = trip.transaction(name)
            if row is not None:
                trip.change(replace(row, answer_item=item.item_id))
