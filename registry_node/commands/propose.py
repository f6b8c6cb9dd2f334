# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Propose transactions: check, reserve the units, mint ids, queue the message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from itmo import limits
from itmo.core.v1 import proposal_pb2
from itmo.identifiers import parse_transaction_id
from itmo.lifecycle import Completion, State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.mirror import held_elsewhere
from registry_node.commands.reverse import going_back
from registry_node.commands.trip import Trip
from registry_node.ledger.holdings import Block, Ledger
from registry_node.proposals import building
from registry_node.store.rows import AccountState, Action, TransactionRow
from registry_node.store.tables import TRANSACTIONS

COMPLETIONS: Final = {
    proposal_pb2.COMPLETION_MODE_UNSPECIFIED: Completion.ON_ACCEPTANCE,
    proposal_pb2.COMPLETION_MODE_ON_ACCEPTANCE: Completion.ON_ACCEPTANCE,
    proposal_pb2.COMPLETION_MODE_BY_PROPOSER: Completion.BY_PROPOSER,
}


@dataclass(frozen=True, slots=True)
class Submitted:
    """A command in the outbox.

    Attributes:
        message_id: The message that carries it.
        transaction_ids: The transactions it concerns, in order.
    """

    message_id: str
    transaction_ids: tuple[str, ...]

    @property
    def transaction_id(self) -> str:
        """The transaction, where there is exactly one; empty where there is none."""
        return self.transaction_ids[0] if self.transaction_ids else ""


def propose(
    trip: Trip, wishes: Sequence[proposal_pb2.ProposedTransaction], *, unchecked: bool
) -> Submitted:
    """Queues a proposal, or a batch of them when there are several.

    Args:
        trip: The transaction under way.
        wishes: What the operator wants; what follows from the rest may be left out.
        unchecked: Send it as it is, whatever this node thinks of it; only the broker judges.

    Raises:
        ProtocolError: BATCH_TOO_LARGE, TOO_MANY_BLOCKS, ALREADY_EXISTS, INSUFFICIENT_HOLDINGS, one of
            `building.check_wish` or of `reverse.going_back`. Nothing is reserved or queued.
    """
    if not 1 <= len(wishes) <= limits.MAX_PROPOSALS_PER_BATCH:
        raise ProtocolError(
            Reason.BATCH_TOO_LARGE if wishes else Reason.PAYLOAD_INVALID,
            f"{len(wishes)} transactions, 1 to {limits.MAX_PROPOSALS_PER_BATCH} are taken at once.",
            found=len(wishes),
            limit=limits.MAX_PROPOSALS_PER_BATCH,
        )
    registry_of = {row.account_id: row.registry for row in trip.accounts()}
    filled = [
        building.filled_in(_with_units(trip, wish, unchecked=unchecked), registry_of)
        for wish in wishes
    ]
    if not unchecked:
        _check_one_way(filled)
    if not unchecked:
        filled = [trip.rules.fill(trip, wish) for wish in filled]
    made = [_prepare(trip, wish, unchecked=unchecked) for wish in filled]
    blocks = sum(len(each.blocks) + len(building.parts(each)) for each in made)
    if blocks > limits.MAX_BLOCKS_PER_MESSAGE:
        raise ProtocolError(
            Reason.TOO_MANY_BLOCKS,
            f"The transactions have {blocks} blocks and allotments,"
            f" {limits.MAX_BLOCKS_PER_MESSAGE} are taken in one message; propose them in several.",
            found=blocks,
            limit=limits.MAX_BLOCKS_PER_MESSAGE,
        )
    ids = tuple(proposed.transaction_id for proposed in made)
    if len(made) == 1:
        body = proposal_pb2.Proposal(transaction=made[0])
        item = trip.queue(PayloadKind.PROPOSAL, body, ids[0])
    else:
        batch = proposal_pb2.ProposalBatch(transactions=made)
        item = trip.queue(PayloadKind.PROPOSAL_BATCH, batch, None)
    return Submitted(item.message_id, ids)


def _with_units(
    trip: Trip, wish: proposal_pb2.ProposedTransaction, *, unchecked: bool
) -> proposal_pb2.ProposedTransaction:
    if wish.type != proposal_pb2.TRANSACTION_TYPE_REVERSAL or (unchecked and wish.blocks):
        return wish
    return going_back(trip, wish, unchecked=unchecked)


def _check_one_way(wishes: Sequence[proposal_pb2.ProposedTransaction]) -> None:
    if len({(wish.from_registry, wish.to_registry) for wish in wishes}) > 1:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "the transactions of a batch go from one registry to one registry, because the receiver"
            " sees the whole batch; propose those of each pair in a call of their own.",
            where="transactions",
        )


def _prepare(
    trip: Trip, wish: proposal_pb2.ProposedTransaction, *, unchecked: bool
) -> proposal_pb2.ProposedTransaction:
    wish.transaction_id = wish.transaction_id or trip.ids.uuid7(trip.now)
    parse_transaction_id(wish.transaction_id, "transaction_id")
    if trip.transaction(wish.transaction_id) is not None:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"transaction {wish.transaction_id} is known here; use a new id for a new transaction.",
            where="transaction_id",
            found=wish.transaction_id,
        )
    if not unchecked:
        building.check_wish(
            wish, {r.account_id for r in trip.accounts() if r.state is AccountState.OPEN}
        )
    if wish.type != proposal_pb2.TRANSACTION_TYPE_ISSUANCE:
        wish = _reserve(trip, wish, unchecked=unchecked)
    TRANSACTIONS.insert(trip.db, transaction_row(trip, wish, proposed_here=True))
    return wish


def proposed_before(trip: Trip, proposed: proposal_pb2.ProposedTransaction) -> None:
    """Does to the books what queueing a proposal did, from the message alone."""
    if proposed.type != proposal_pb2.TRANSACTION_TYPE_ISSUANCE:
        _reserve(trip, proposed, unchecked=True)
    TRANSACTIONS.insert(trip.db, transaction_row(trip, proposed, proposed_here=True))


def _reserve(
    trip: Trip, wish: proposal_pb2.ProposedTransaction, *, unchecked: bool
) -> proposal_pb2.ProposedTransaction:
    blocks = building.readable_blocks(wish)
    ledger = trip.ledger(blocks, wish.transaction_id)
    if unchecked:
        ledger.reserve_what_is_free(blocks, wish.from_account, wish.transaction_id)
    else:
        refuse_mirrored(trip, ledger, blocks, wish.from_account)
        ledger.reserve(blocks, wish.from_account, wish.transaction_id)
        wish = building.with_attributes(wish, ledger.pieces)
        # The message names unlike units apart; whoever does its work again has no other blocks.
        blocks = building.readable_blocks(wish)
    trip.save_ledger(ledger)
    reserved = [
        piece
        for block in blocks
        for piece in ledger.pieces(block)
        if piece.reserved_by == wish.transaction_id
    ]
    if reserved:
        trip.instruct(Action.RESERVE, wish.transaction_id, wish.from_account, reserved)
    return wish


def refuse_mirrored(trip: Trip, ledger: Ledger, blocks: Sequence[Block], account_id: str) -> None:
    """What is mirrored from another registry moves there only (7/CMA.4 annex I para 49).

    The ledger's word goes first: units may have come here since the last pull.
    """
    for block in blocks:
        if ledger.free(block, account_id):
            continue
        found = held_elsewhere(trip, block)
        if found is not None:
            raise ProtocolError(
                Reason.INSUFFICIENT_HOLDINGS,
                f"{found.registry}:{found.first}-{found.last} are held in {found.holder} and only"
                " mirrored here; move them in that registry.",
                requested=str(block),
            )


def transaction_row(
    trip: Trip,
    proposed: proposal_pb2.ProposedTransaction,
    *,
    proposed_here: bool = False,
    received_here: bool = False,
) -> TransactionRow:
    """Makes the row of a transaction that has just become known."""
    return TransactionRow(
        transaction_id=proposed.transaction_id,
        state=State.PROPOSED,
        proposed_here=proposed_here,
        received_here=received_here,
        proposal=proposed.SerializeToString(),
        from_registry=proposed.from_registry,
        to_registry=proposed.to_registry,
        from_account=proposed.from_account,
        to_account=proposed.to_account,
        quantity=building.quantity_of(proposed),
        completion=COMPLETIONS.get(proposed.completion, Completion.ON_ACCEPTANCE),
        created_at=trip.now_ms,
        updated_at=trip.now_ms,
    )
