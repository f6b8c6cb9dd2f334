# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A message about many transactions that the broker does not take as it is, sent in smaller ones.

An older broker has no batches, or takes fewer transactions in one; so what was meant is said in the way
that it does take. The transactions, their reservations and their answers stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from google.protobuf.message import Message

from itmo.core.v1 import proposal_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.outbox import items
from registry_node.store.rows import ItemRow, ItemStatus
from registry_node.store.tables import ITEMS

_UNKNOWN: Final = frozenset({Reason.CALL_NOT_OFFERED, Reason.PAYLOAD_TYPE_UNKNOWN})
"""There are no such messages at that broker: each transaction goes by itself."""
_TOO_LARGE: Final = frozenset(
    {Reason.BATCH_TOO_LARGE, Reason.TOO_MANY_BLOCKS, Reason.MESSAGE_TOO_LARGE}
)
_LIMIT: Final = "limit"
_TAKEN_BACK: Final = "taken back before it was sent"
_BATCHES: Final = frozenset({PayloadKind.PROPOSAL_BATCH, *items.BATCHED_ANSWERS})


def at_once(item: ItemRow, error: ProtocolError) -> int:
    """How many transactions of a refused message go into each smaller one; 0: that does not help."""
    if item.kind not in _BATCHES:
        return 0
    count = len(items.transactions_of(item))
    if error.reason in _UNKNOWN:
        return 1
    if error.reason not in _TOO_LARGE or count == 1:
        return 0
    told = error.metadata.get(_LIMIT, "")
    if error.reason is Reason.BATCH_TOO_LARGE and told.isascii() and told.isdigit():
        return min(max(int(told), 1), count - 1)
    return (count + 1) // 2


def split(trip: Trip, item: ItemRow, most: int) -> int:
    """Queues what a message says in smaller ones, of which the first has its place; returns how many.

    A proposal that is to be withdrawn is withdrawn here: the broker never had it.
    """
    named = items.transactions_of(item)
    proposes = item.kind is PayloadKind.PROPOSAL_BATCH
    back = {name for name in named if proposes and items.waits_to_withdraw(trip, name)}
    kept = [name for name in named if name not in back]
    if not kept:
        items.refuse(trip, item, Reason.WITHDRAWN_UNSENT, _TAKEN_BACK)
        return 0
    for name in sorted(back):
        _take_back(trip, item, name)
    parts = [kept[at : at + most] for at in range(0, len(kept), most)]
    made = [_part(item, names) for names in parts]
    items.forget_signings(trip, item)
    for at, (names, (kind, body)) in enumerate(zip(parts, made, strict=True)):
        subject = names[0] if kind not in _BATCHES else None
        if at == 0:
            part = replace(
                item, kind=kind, body=body.SerializeToString(), transaction_id=subject,
                status=ItemStatus.QUEUED, changed_at=trip.now_ms,
            )  # fmt: skip
        else:
            part = replace(trip.queue(kind, body, subject), created_at=item.created_at)
        ITEMS.replace(trip.db, part)
        for name in names if item.kind in items.BATCHED_ANSWERS else ():
            row = trip.transaction(name)
            if row is not None:
                trip.change(replace(row, answer_item=part.item_id))
    return len(parts)


def _take_back(trip: Trip, item: ItemRow, transaction_id: str) -> None:
    (proposed,) = _proposed(item, [transaction_id])
    alone = trip.queue(
        PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=proposed), transaction_id
    )
    items.refuse(trip, alone, Reason.WITHDRAWN_UNSENT, _TAKEN_BACK)


def _part(item: ItemRow, names: Sequence[str]) -> tuple[PayloadKind, Message]:
    """The message about some of the transactions."""
    if item.kind is PayloadKind.PROPOSAL_BATCH:
        proposed = list(_proposed(item, names))
        if len(proposed) == 1:
            return PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=proposed[0])
        return item.kind, proposal_pb2.ProposalBatch(transactions=proposed)
    accepts = item.kind is PayloadKind.ACCEPTANCE_BATCH
    reason = "" if accepts else decoded(proposal_pb2.RejectionBatch, item.body).reason
    answered = list(_answered(item, frozenset(names)))
    if len(names) == 1:
        (said,) = answered
        if accepts:
            return PayloadKind.ACCEPTANCE, proposal_pb2.Acceptance(
                transaction_id=names[0],
                proposal_hash=said.proposal_hash,
                verdict_hash=said.verdict_hash,
            )
        return PayloadKind.REJECTION, proposal_pb2.Rejection(
            transaction_id=names[0], proposal_hash=said.proposal_hash, reason=reason
        )
    if accepts:
        return item.kind, proposal_pb2.AcceptanceBatch(proposals=answered)
    return item.kind, proposal_pb2.RejectionBatch(proposals=answered, reason=reason)


def _proposed(item: ItemRow, names: Sequence[str]) -> Iterator[proposal_pb2.ProposedTransaction]:
    batch = decoded(proposal_pb2.ProposalBatch, item.body)
    return (each for each in batch.transactions if each.transaction_id in names)


def _answered(item: ItemRow, names: frozenset[str]) -> Iterator[proposal_pb2.AnsweredProposal]:
    """What is answered, of some transactions; both kinds have it as a field of the same number."""
    for said in decoded(proposal_pb2.AcceptanceBatch, item.body).proposals:
        among = [name for name in said.transaction_ids if name in names]
        if among:
            yield proposal_pb2.AnsweredProposal(
                proposal_hash=said.proposal_hash,
                verdict_hash=said.verdict_hash,
                transaction_ids=among,
            )
