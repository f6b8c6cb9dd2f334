# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Answer a proposal: accept or reject as its receiver, complete or withdraw as its proposer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from google.protobuf.message import Message

from itmo.core.v1 import proposal_pb2
from itmo.identifiers import parse_free_text
from itmo.lifecycle import Completion, State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.propose import Submitted
from registry_node.commands.trip import Trip
from registry_node.store.rows import TransactionRow


def _acceptance(row: TransactionRow, _: str) -> Message:
    return proposal_pb2.Acceptance(
        transaction_id=row.transaction_id,
        proposal_hash=row.proposal_hash or b"",
        verdict_hash=row.verdict_hash or b"",
    )


def _rejection(row: TransactionRow, reason: str) -> Message:
    return proposal_pb2.Rejection(
        transaction_id=row.transaction_id, proposal_hash=row.proposal_hash or b"", reason=reason
    )


def _completion(row: TransactionRow, _: str) -> Message:
    return proposal_pb2.Completion(
        transaction_id=row.transaction_id,
        proposal_hash=row.proposal_hash or b"",
        acceptance_hash=row.answer_hash or b"",
    )


def _withdrawal(row: TransactionRow, reason: str) -> Message:
    return proposal_pb2.Withdrawal(
        transaction_id=row.transaction_id, proposal_hash=row.proposal_hash or b"", reason=reason
    )


_BODY_OF: Final[dict[PayloadKind, Callable[[TransactionRow, str], Message]]] = {
    PayloadKind.ACCEPTANCE: _acceptance,
    PayloadKind.REJECTION: _rejection,
    PayloadKind.COMPLETION: _completion,
    PayloadKind.WITHDRAWAL: _withdrawal,
}
_RECEIVERS: Final = frozenset({PayloadKind.ACCEPTANCE, PayloadKind.REJECTION})


def answer(
    trip: Trip, kind: PayloadKind, transaction_id: str, *, reason: str = "", unchecked: bool = False
) -> Submitted:
    """Queues an answer.

    Args:
        trip: The transaction under way.
        kind: ACCEPTANCE, REJECTION, COMPLETION or WITHDRAWAL.
        transaction_id: The transaction answered.
        reason: For the other side, in a rejection or withdrawal.
        unchecked: Send it whatever the state is as known here; only the broker judges.

    Raises:
        ProtocolError: TRANSACTION_UNKNOWN, TRANSACTION_NOT_WAITING or PAYLOAD_INVALID.
    """
    row = _answerable(trip, kind, transaction_id, unchecked=unchecked)
    if not unchecked:
        parse_free_text(reason, "reason")
    item = trip.queue(kind, _BODY_OF[kind](row, reason), transaction_id)
    if kind in _RECEIVERS:
        trip.change(replace(row, answer_item=item.item_id))
    return Submitted(item.message_id, (transaction_id,))


def answer_all(
    trip: Trip, kind: PayloadKind, transaction_ids: Sequence[str], *, reason: str = ""
) -> Submitted:
    """Queues an answer to each of some transactions of one proposer; to several, under one signature.

    Args:
        trip: The transaction under way.
        kind: ACCEPTANCE or REJECTION.
        transaction_ids: The transactions answered, one at least.
        reason: For the other side, in a rejection.

    Raises:
        ProtocolError: as `answer` does; nothing is queued then.
    """
    if len(transaction_ids) == 1:
        return answer(trip, kind, transaction_ids[0], reason=reason)
    rows = [_answerable(trip, kind, name, unchecked=False) for name in transaction_ids]
    parse_free_text(reason, "reason")
    proposals: dict[tuple[bytes, bytes], list[str]] = {}
    for row in rows:
        said = row.proposal_hash or b"", row.verdict_hash or b""
        proposals.setdefault(said, []).append(row.transaction_id)
    accepts = kind is PayloadKind.ACCEPTANCE
    answered = [
        proposal_pb2.AnsweredProposal(
            proposal_hash=proposed, verdict_hash=judged if accepts else b"", transaction_ids=names
        )
        for (proposed, judged), names in proposals.items()
    ]
    if accepts:
        accepted = proposal_pb2.AcceptanceBatch(proposals=answered)
        item = trip.queue(PayloadKind.ACCEPTANCE_BATCH, accepted, None)
    else:
        rejected = proposal_pb2.RejectionBatch(proposals=answered, reason=reason)
        item = trip.queue(PayloadKind.REJECTION_BATCH, rejected, None)
    for row in rows:
        trip.change(replace(row, answer_item=item.item_id))
    return Submitted(item.message_id, tuple(transaction_ids))


def _answerable(
    trip: Trip, kind: PayloadKind, transaction_id: str, *, unchecked: bool
) -> TransactionRow:
    row = trip.transaction(transaction_id)
    if row is None:
        raise ProtocolError(
            Reason.TRANSACTION_UNKNOWN,
            f"this node has no part in a transaction {transaction_id[:40]!a}; list them with"
            " `transactions`.",
            transaction_id=transaction_id[:40],
        )
    if row.proposal_hash is None or not (unchecked or _waits_for(row, kind)):
        raise _not_waiting(row, kind)
    return row


def _waits_for(row: TransactionRow, kind: PayloadKind) -> bool:
    """Whether the transaction, as it is known here, waits for such an answer of this node."""
    two_party = row.from_registry != row.to_registry
    if kind in _RECEIVERS:
        return row.received_here and row.state is State.VALIDATED and row.answer_item is None
    if not row.proposed_here:
        return False
    if kind is PayloadKind.WITHDRAWAL:
        return row.state is State.VALIDATED
    before = State.ACCEPTED if two_party else State.VALIDATED
    return row.completion is Completion.BY_PROPOSER and row.state is before


def _not_waiting(row: TransactionRow, kind: PayloadKind) -> ProtocolError:
    if row.answer_item is not None and row.state is State.VALIDATED and kind in _RECEIVERS:
        found = "was answered here already and waits for the broker"
    else:
        found = f"is {row.state} here"
    return ProtocolError(
        Reason.TRANSACTION_NOT_WAITING,
        f"transaction {row.transaction_id} {found} and does not wait for {kind.value} from this"
        " node; look at it with `transaction`.",
        transaction_id=row.transaction_id,
        state=row.state,
    )
