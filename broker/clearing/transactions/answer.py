# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What proposer and receiver say about a validated transaction: accept, reject, complete, withdraw."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import EntryRow, StatementRow, TransactionRow
from broker.clearing.decision.strangers import takes_part
from broker.clearing.path.received import Received
from broker.clearing.transactions.completing import check_still_possible
from broker.clearing.transactions.settle import settle
from broker.regime.refusals import NoEffect
from itmo.core.v1 import proposal_pb2
from itmo.identifiers import parse_free_text
from itmo.lifecycle import (
    ACTOR_OF,
    Actor,
    Completion,
    Event,
    TerminationCause,
    advance,
)
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason

EVENT_OF = {
    PayloadKind.ACCEPTANCE: Event.ACCEPT,
    PayloadKind.REJECTION: Event.REJECT,
    PayloadKind.COMPLETION: Event.COMPLETE,
    PayloadKind.WITHDRAWAL: Event.WITHDRAW,
}
Answer = (
    proposal_pb2.Acceptance
    | proposal_pb2.Rejection
    | proposal_pb2.Completion
    | proposal_pb2.Withdrawal
)


def answer(desk: Desk, received: Received) -> list[StatementRow]:
    """Moves a transaction on at a side's word, and lets both sides know.

    Raises:
        NoEffect: the message is recorded, the transaction stays as it is.
    """
    event = EVENT_OF[received.kind]
    written = cast("Answer", received.payload)
    row = _transaction(desk, received, written.transaction_id, event)
    reason = ""
    if isinstance(written, proposal_pb2.Rejection | proposal_pb2.Withdrawal):
        reason = _readable(written.reason)
    _check_hashes(row, written)
    _check_state(row, event)
    if row.deadline <= desk.now_ms:  # its time-out was set aside
        raise NoEffect("STATE_TIMEOUT_24H", "the deadline has passed; propose it again")
    if event in {Event.ACCEPT, Event.COMPLETE}:
        check_still_possible(desk, row, received)
    booked: tuple[EntryRow, ...] = ()
    if event is Event.ACCEPT:
        row = desk.move(row, Event.ACCEPT, answer_hash=received.payload_hash)
        if row.completion is Completion.ON_ACCEPTANCE:
            row, booked = settle(desk, row, locked=True)
    elif event is Event.REJECT:
        row = replace(row, answer_hash=received.payload_hash, reason=reason)
        row = desk.change_transaction(row)
        row = desk.move(row, Event.REJECT)
        desk.release(row.transaction_id)
    elif event is Event.COMPLETE:
        row = desk.change_transaction(replace(row, closing_hash=received.payload_hash))
        row, booked = settle(desk, row, locked=True)
    else:
        row = replace(row, closing_hash=received.payload_hash, reason=reason)
        row = desk.change_transaction(row)
        row = desk.move(row, Event.WITHDRAW, TerminationCause.WITHDRAWN)
        desk.release(row.transaction_id)
    receipt = desk.receipt(received, row, booked=booked)
    tell_both(desk, row, [receipt], received)
    return [receipt]


def tell_both(
    desk: Desk, row: TransactionRow, made: list[StatementRow], received: Received | None
) -> None:
    """Delivers statements to both sides; the side that did not speak also gets what was said."""
    sides = [row.proposer_node]
    if row.receiver_node is not None and row.receiver_node != row.proposer_node:
        sides.append(row.receiver_node)
    for side in sides:
        said = None
        if received is not None and received.header.sender_node != side:
            said = received.header.message_id
        desk.deliver(side, made, row.transaction_id, said)


def _transaction(
    desk: Desk, received: Received, transaction_id: str, event: Event
) -> TransactionRow:
    """The transaction, if the sender takes part in it and may cause the event."""
    sender = received.header.sender_node
    row = desk.world.transactions.get(transaction_id)
    if row is None or not takes_part(row, sender):
        raise NoEffect(
            Reason.TRANSACTION_UNKNOWN,
            f"no transaction {transaction_id[:36]!a} in which {sender} takes part",
        )
    may = row.proposer_node if ACTOR_OF[event] is Actor.PROPOSER else row.receiver_node
    if sender != may:
        side = ACTOR_OF[event].value.lower()
        raise NoEffect(
            "MSG_SENDER_IS_FROM_REGISTRY",
            f"only the {side}'s node, {may or 'which this transaction does not have'}, may"
            f" {event.value.lower()}; {sender} signed",
        )
    return row


def _readable(reason: str) -> str:
    """A reason that may be stored and shown.

    Raises:
        NoEffect: it is none.
    """
    try:
        return parse_free_text(reason, "reason")
    except ProtocolError as error:
        raise NoEffect(error.reason, error.message) from error


def _check_hashes(row: TransactionRow, written: Answer) -> None:
    wrong = ""
    if written.proposal_hash != row.proposal_hash:
        wrong = "proposal_hash"
    elif isinstance(written, proposal_pb2.Acceptance):
        if written.verdict_hash and written.verdict_hash != row.verdict_hash:
            wrong = "verdict_hash"
    elif isinstance(written, proposal_pb2.Completion) and written.acceptance_hash != (
        row.answer_hash or b""
    ):
        wrong = "acceptance_hash"
    if wrong:
        raise NoEffect(
            "TX_TWO_SIDES",
            f"{wrong} does not name what the other side signed; the two sides do not speak of the"
            " same content; fetch the transaction and answer to that",
        )


def _check_state(row: TransactionRow, event: Event) -> None:
    if row.termination_cause is TerminationCause.TIMED_OUT:
        raise NoEffect("STATE_TIMEOUT_24H", "the transaction timed out; propose it again")
    try:
        advance(row.state, event, two_party=row.two_party)
    except ProtocolError as error:
        raise NoEffect("STATE_LEGAL", error.message) from error
    if event is Event.COMPLETE and row.completion is not Completion.BY_PROPOSER:
        raise NoEffect("STATE_LEGAL", f"the transaction is {row.state} and completes by itself")
