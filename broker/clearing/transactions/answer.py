# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What proposer and receiver say about a validated transaction: accept, reject, complete, withdraw.

What is said of many transactions is decided one by one, and stated together.
"""

from __future__ import annotations

from typing import Any, Final, cast

from broker.clearing.decision.desk import Desk
from broker.clearing.decision.receipts import About
from broker.clearing.decision.rows import EntryRow, StatementRow, TransactionRow
from broker.clearing.decision.strangers import takes_part
from broker.clearing.path.received import Answered, Received
from broker.clearing.transactions.completing import check_still_possible
from broker.clearing.transactions.settle import settle
from broker.regime.refusals import NoEffect
from itmo.frozen import replace
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
    PayloadKind.ACCEPTANCE_BATCH: Event.ACCEPT,
    PayloadKind.REJECTION: Event.REJECT,
    PayloadKind.REJECTION_BATCH: Event.REJECT,
    PayloadKind.COMPLETION: Event.COMPLETE,
    PayloadKind.WITHDRAWAL: Event.WITHDRAW,
}
_COMPLETING: Final = frozenset({Event.ACCEPT, Event.COMPLETE})
"""What is said with them completes a transaction, or lets it; no reason is given for it."""
BATCHES: Final = frozenset({PayloadKind.ACCEPTANCE_BATCH, PayloadKind.REJECTION_BATCH})


def answer(desk: Desk, received: Received) -> str:
    """Moves a transaction on at a side's word, and lets both sides know; returns its id.

    Raises:
        NoEffect: the message is recorded, the transaction stays as it is.
    """
    (answered,) = received.answered
    row, booked = _moved(desk, received, answered)
    receipt = desk.receipt(received, row, booked=booked)
    tell_both(desk, row, [receipt], received)
    return row.transaction_id


def answer_each(desk: Desk, received: Received) -> None:
    """Moves many transactions on at a side's word; what stands against one stops no other.

    Answers with a receipt for each, all in one statement. All of them are one proposer's, who sees the
    message: what belongs to another one takes no effect.
    """
    proposer: str | None = None
    about: list[About] = []
    sender = received.header.sender_node
    for answered in received.answered:
        desk.go_on()
        row = desk.world.transactions.get(answered.transaction_id)
        known = row if row is not None and takes_part(row, sender) else None
        try:
            if known is not None:
                proposer = proposer or known.proposer_node
                if known.proposer_node != proposer:
                    raise _another_proposer(proposer)
            moved, booked = _moved(desk, received, answered)
            about.append(About(answered.transaction_id, moved, booked))
        except NoEffect as refusal:
            about.append(About(answered.transaction_id, known, refusal=refusal))
    receipts = desk.receipts(received, about)
    moved_on = next((each.row for each in about if each.row and each.refusal is None), None)
    if moved_on is None:
        desk.deliver(sender, [receipts])
    else:
        tell_both(desk, moved_on, [receipts], received, together=True)


def _another_proposer(proposer: str) -> NoEffect:
    return NoEffect(
        "TX_TWO_SIDES",
        f"the message answers to {proposer}, who sees all of it, and this transaction is not its;"
        " answer to each proposer in a message of its own",
    )


def _reason(received: Received) -> str:
    """Why it is rejected or withdrawn; empty where no reason is given by such a message.

    Raises:
        NoEffect: it cannot be stored or shown.
    """
    written = cast("Any", received.payload)
    return _readable(written.reason) if hasattr(written, "reason") else ""


def _moved(
    desk: Desk, received: Received, answered: Answered
) -> tuple[TransactionRow, tuple[EntryRow, ...]]:
    event = EVENT_OF[received.kind]
    row = _transaction(desk, received, answered.transaction_id, event)
    reason = "" if event in _COMPLETING else _reason(received)
    _check_hashes(row, answered, event)
    _check_state(row, event)
    if row.deadline <= desk.now_ms:  # its time-out was set aside
        raise NoEffect("STATE_TIMEOUT_24H", "the deadline has passed; propose it again")
    if event in _COMPLETING:
        check_still_possible(desk, row, received)
    booked: tuple[EntryRow, ...] = ()
    if event is Event.ACCEPT:
        if row.completion is Completion.ON_ACCEPTANCE:
            row, booked = settle(desk, row, locked=True, accepted=received.payload_hash)
        else:
            row = desk.move(row, Event.ACCEPT, answer_hash=received.payload_hash)
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
        row = desk.move(row, Event.WITHDRAW, cause=TerminationCause.WITHDRAWN)
        desk.release(row.transaction_id)
    return row, booked


def tell_both(
    desk: Desk,
    row: TransactionRow,
    made: list[StatementRow],
    received: Received | None,
    *,
    together: bool = False,
) -> None:
    """Delivers statements to both sides; the side that did not speak also gets what was said.

    Args:
        desk: Where it was decided.
        row: The transaction, or one of those that are spoken of together.
        made: The statements.
        received: What was said; None: the broker acted.
        together: Whether others are spoken of, too.
    """
    name = None if together else row.transaction_id
    sides = [row.proposer_node]
    if row.receiver_node is not None and row.receiver_node != row.proposer_node:
        sides.append(row.receiver_node)
    for side in sides:
        said = None
        if received is not None and received.header.sender_node != side:
            said = received.header.message_id
        desk.deliver(side, made, name, said)


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


def _check_hashes(row: TransactionRow, answered: Answered, event: Event) -> None:
    wrong = ""
    if answered.proposal_hash != row.proposal_hash:
        wrong = "proposal_hash"
    elif answered.verdict_hash and answered.verdict_hash != row.verdict_hash:
        wrong = "verdict_hash"
    elif event is Event.COMPLETE and answered.acceptance_hash != (row.answer_hash or b""):
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
