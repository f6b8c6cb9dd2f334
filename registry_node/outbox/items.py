# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Steps of an outbox item, each within one database transaction.

An item is signed with the place in the sender's chain behind the last message that the broker is
known to have recorded. What is sent is stored first, byte for byte. An item can be signed more
than once (its time or place was refused); whichever version the broker recorded counts.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, cast

from sqlalchemy import bindparam

from itmo.core.v1 import envelope_pb2, proposal_pb2
from itmo.envelope import Envelope, seal
from itmo.identifiers import MessageId
from itmo.keys import Signer
from itmo.lifecycle import FINAL
from itmo.message.v1 import header_pb2
from itmo.payloads import MESSAGE_OF, Header, PayloadKind, from_proto, to_proto, write_header
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.inbox.opening import claimed_header
from registry_node.store.database import node_state
from registry_node.store.rows import (
    AccountState,
    ItemRow,
    ItemStatus,
    ProofRow,
    ProofTransactionRow,
    SignedRow,
)
from registry_node.store.tables import (
    ACCOUNTS,
    ITEMS,
    NODE_STATE,
    PROOF_TRANSACTIONS,
    PROOFS,
    SIGNED,
)

BATCHED_ANSWERS: Final = frozenset({PayloadKind.ACCEPTANCE_BATCH, PayloadKind.REJECTION_BATCH})
"""Answers about many transactions."""
_SENT_AHEAD: Final = frozenset(
    {
        PayloadKind.PROPOSAL,
        PayloadKind.PROPOSAL_BATCH,
        PayloadKind.ACCEPTANCE,
        PayloadKind.REJECTION,
        *BATCHED_ANSWERS,
    }
)
"""What is signed before it is known that what lies before it is recorded: what comes in numbers."""
MESSAGE_LIFETIME: Final = timedelta(hours=24)
"""How long the broker may take a message in after it was signed."""

_i, _s = ITEMS.table.c, SIGNED.table.c
_OPEN: Final = ITEMS.select(
    (_i.status == bindparam("queued")) | (_i.status == bindparam("signed")),
    order=_i.item_id,
    limit="most",
)
_ITEM: Final = ITEMS.select(_i.message_id == bindparam("message_id"))
_VERSIONS: Final = SIGNED.select(_s.item_id == bindparam("item_id"), order=_s.version.desc())
_SIGNED: Final = SIGNED.select(_s.payload_hash == bindparam("payload_hash"))
_FORGET_SIGNINGS: Final = SIGNED.deletion(_s.item_id == bindparam("item_id"))
_PROPOSING: Final = ITEMS.select(
    _i.transaction_id == bindparam("transaction_id"), _i.kind == bindparam("kind")
)
_BATCHES: Final = ITEMS.select(_i.kind == bindparam("kind"), order=_i.item_id.desc())
_PROOF: Final = PROOFS.select(PROOFS.table.c.payload_hash == bindparam("payload_hash"))


def next_item(trip: Trip) -> ItemRow | None:
    """Returns the oldest item that the broker is not known to have, or None."""
    return _OPEN.first(trip.db, queued=ItemStatus.QUEUED, signed=ItemStatus.SIGNED, most=1)


def waiting(trip: Trip, most: int) -> int:
    """Returns how many items the broker is not known to have, counted up to a number."""
    found = _OPEN.all(trip.db, queued=ItemStatus.QUEUED, signed=ItemStatus.SIGNED, most=most)
    return len(found)


def find_item(trip: Trip, message_id: str) -> ItemRow | None:
    """Returns an item by its message id, or None."""
    return _ITEM.first(trip.db, message_id=message_id)


def versions(trip: Trip, item: ItemRow) -> list[SignedRow]:
    """Returns every signing of an item, newest first."""
    return _VERSIONS.all(trip.db, item_id=item.item_id)


def was_signed(trip: Trip, payload_hash: bytes) -> bool:
    """Says whether this store signed a payload."""
    return _SIGNED.first(trip.db, payload_hash=payload_hash) is not None


def forget_signings(trip: Trip, item: ItemRow) -> None:
    """Lets go of what was signed of an item that is to say something else; the broker has recorded none."""
    _FORGET_SIGNINGS.run(trip.db, item_id=item.item_id)


def envelope_of(stored: bytes) -> Envelope:
    """Reads a stored envelope."""
    return from_proto(decoded(envelope_pb2.Envelope, stored))


def sign_ahead(trip: Trip, signer: Signer, most: int) -> list[tuple[ItemRow, SignedRow]]:
    """Signs the next items for the places that they have if all before them are recorded.

    It ends before an item of which that is not known to be right: one whose bytes may be with the broker
    for another place, or one that has to wait for what comes of another.
    """
    state = node_state(trip.db)
    place = state.recorded_sequence, state.recorded_hash
    window: list[tuple[ItemRow, SignedRow]] = []
    for item in _OPEN.all(trip.db, queued=ItemStatus.QUEUED, signed=ItemStatus.SIGNED, most=most):
        if item.kind not in _SENT_AHEAD:
            break
        if item.status is ItemStatus.SIGNED:
            signed = versions(trip, item)[0]
            if _place_of(signed) != place:
                break
        else:
            try:
                signed = sign(trip, item, signer, place)
            except ProtocolError:
                break  # told when it is the next
        window.append((item, signed))
        place = signed.sender_sequence, signed.payload_hash
    return window


def _place_of(signed: SignedRow) -> tuple[int, bytes]:
    """What a signed message lies behind."""
    header = claimed_header(envelope_of(signed.envelope))
    return header.sender_sequence - 1, header.previous_payload_hash


def sign(
    trip: Trip, item: ItemRow, signer: Signer, place: tuple[int, bytes] | None = None
) -> SignedRow:
    """Signs an item for its place in the chain and stores the exact bytes.

    Args:
        trip: The transaction under way.
        item: The item.
        signer: Signs.
        place: Sequence number and hash that it lies behind; None: those known to be recorded.

    Raises:
        ProtocolError: MESSAGE_TOO_LARGE; TRANSACTION_NOT_WAITING for a withdrawal that came too late.
    """
    item = _with_proposal_hash(trip, item)
    if place is None:
        state = node_state(trip.db)
        place = state.recorded_sequence, state.recorded_hash
    identity = trip.identity
    payload = decoded(MESSAGE_OF[item.kind], item.body)
    header = write_header(
        Header(
            message_id=MessageId(item.message_id),
            sender_node=identity.node,
            recipient_node=identity.broker_node,
            network_id=identity.network_id,
            sender_sequence=place[0] + 1,
            previous_payload_hash=place[1],
            creation_time=trip.now,
            expire_time=trip.now + MESSAGE_LIFETIME,
        )
    )
    cast("header_pb2.Header", payload.header).CopyFrom(header)  # type: ignore[attr-defined]  # every kind sent has one
    envelope = seal(item.kind.label, payload.SerializeToString(), signer)
    earlier = versions(trip, item)
    signed = SignedRow(
        payload_hash=hashlib.sha256(envelope.payload).digest(),
        item_id=item.item_id or 0,
        version=len(earlier) + 1,
        sender_sequence=header.sender_sequence,
        keyid=signer.keyid,
        envelope=to_proto(envelope).SerializeToString(),
        signed_at=trip.now_ms,
    )
    for version in earlier:
        if version.payload_hash == signed.payload_hash:
            return version  # nothing differs: the clock stood still and the chain did not move
    SIGNED.insert(trip.db, signed)
    if item.status is ItemStatus.QUEUED:
        _move(trip, item, ItemStatus.SIGNED)
    return signed


def _with_proposal_hash(trip: Trip, item: ItemRow) -> ItemRow:
    """Lets a withdrawal name the proposal, if that was not known to be recorded when it was queued."""
    if item.kind is not PayloadKind.WITHDRAWAL:
        return item
    body = decoded(proposal_pb2.Withdrawal, item.body)
    if body.proposal_hash:
        return item
    row, proposing = (
        trip.transaction(body.transaction_id),
        proposing_item(trip, body.transaction_id),
    )
    made = versions(trip, proposing) if proposing is not None else []
    known = [each for each in made if _PROOF.first(trip.db, payload_hash=each.payload_hash)]
    if not known or row is None or row.state in FINAL:
        raise ProtocolError(
            Reason.TRANSACTION_NOT_WAITING,
            f"transaction {body.transaction_id} ended before its withdrawal was sent",
            transaction_id=body.transaction_id,
            state=row.state if row is not None else "",
        )
    body.proposal_hash = known[0].payload_hash
    item = replace(item, body=body.SerializeToString())
    ITEMS.replace(trip.db, item)
    return item


def waits_to_withdraw(trip: Trip, transaction_id: str) -> bool:
    """Whether a withdrawal of a transaction is in the outbox."""
    made = _PROPOSING.all(trip.db, transaction_id=transaction_id, kind=PayloadKind.WITHDRAWAL)
    return any(each.status in (ItemStatus.QUEUED, ItemStatus.SIGNED) for each in made)


def recorded(trip: Trip, message_id: str, payload_hash: bytes) -> ItemRow | None:
    """Notes that the broker has recorded a version of an item; the chain moves on with it.

    Returns:
        The item, or None when no version of it has this hash.
    """
    item = find_item(trip, message_id)
    if item is None:
        return None
    for signed in versions(trip, item):
        if signed.payload_hash == payload_hash:
            break
    else:
        return None
    state = node_state(trip.db)
    if signed.sender_sequence > state.recorded_sequence:
        NODE_STATE.replace(
            trip.db,
            replace(
                state,
                recorded_sequence=signed.sender_sequence,
                recorded_hash=signed.payload_hash,
            ),
        )
    if item.status in (ItemStatus.QUEUED, ItemStatus.SIGNED):
        item = replace(item, status=ItemStatus.ANSWERED, changed_at=trip.now_ms)
        ITEMS.replace(trip.db, item)
        _keep_proof(trip, item, signed)
    return item


def _keep_proof(trip: Trip, item: ItemRow, signed: SignedRow) -> None:
    if _PROOF.first(trip.db, payload_hash=signed.payload_hash) is not None:
        return
    PROOFS.insert(
        trip.db,
        ProofRow(
            payload_hash=signed.payload_hash,
            message_id=item.message_id,
            kind=item.kind,
            node=trip.identity.node,
            causation_id="",
            envelope=signed.envelope,
            log_index=None,
            judged_at=signed.signed_at,
            received_at=trip.now_ms,
            delivery_sequence=None,
            effective=None,
            code="",
            found="",
        ),
    )
    for transaction_id in transactions_of(item):
        PROOF_TRANSACTIONS.insert(
            trip.db,
            ProofTransactionRow(transaction_id=transaction_id, payload_hash=signed.payload_hash),
        )


def transactions_of(item: ItemRow) -> tuple[str, ...]:
    """Returns the transactions that an item speaks of."""
    if item.kind is PayloadKind.PROPOSAL_BATCH:
        batch = decoded(proposal_pb2.ProposalBatch, item.body)
        return tuple(transaction.transaction_id for transaction in batch.transactions)
    if item.kind in BATCHED_ANSWERS:
        # Both have the proposals as a field of the same name and number.
        answers = decoded(proposal_pb2.AcceptanceBatch, item.body)
        return tuple(name for each in answers.proposals for name in each.transaction_ids)
    return () if item.transaction_id is None else (item.transaction_id,)


def refuse(trip: Trip, item: ItemRow, code: str, found: str) -> None:
    """Notes that the broker did not take an item in, and why; what it reserved comes free."""
    _move(trip, item, ItemStatus.REFUSED, code=code, found=found)
    undo(trip, item, code, found)


def _move(trip: Trip, item: ItemRow, status: ItemStatus, **told: Any) -> None:  # noqa: ANN401  # fields of it
    moved = replace(item, status=status, changed_at=trip.now_ms, **told)
    ITEMS.replace(trip.db, moved)


def undo(trip: Trip, item: ItemRow, code: str, found: str, only: str | None = None) -> None:
    """Takes back what queueing an item had changed, because it will have no effect.

    Args:
        trip: The transaction under way.
        item: The item.
        code: Why.
        found: Why, in words.
        only: The one of its transactions of which it will have none; None: of any.
    """
    for transaction_id in transactions_of(item) if only is None else (only,):
        row = trip.transaction(transaction_id)
        if row is None:
            continue
        if item.kind in (PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH):
            trip.change(replace(row, refusal_code=code, refusal_found=found))
            trip.release(row)
        elif row.answer_item == item.item_id:
            trip.change(replace(row, answer_item=None))
    for account in trip.accounts():
        if account.message_id == item.message_id and account.state is AccountState.PENDING:
            ACCOUNTS.replace(trip.db, replace(account, state=AccountState.REFUSED))


def decided(trip: Trip, item: ItemRow, *, effective: bool, code: str, found: str) -> None:
    """Notes the broker's decision on an item; the first one stands."""
    if item.status is ItemStatus.DECIDED:
        return
    _move(trip, item, ItemStatus.DECIDED, effective=effective, code=code, found=found)


def conclude_elsewhere(trip: Trip, item: ItemRow, error: ProtocolError) -> None:
    """Stops sending an item that the broker has in a form unknown here; nothing is released."""
    _move(trip, item, ItemStatus.ANSWERED, code=error.reason, found=error.message)


def proposing_item(trip: Trip, transaction_id: str) -> ItemRow | None:
    """Returns the item that proposes a transaction, batches included, or None."""
    single = _PROPOSING.first(trip.db, transaction_id=transaction_id, kind=PayloadKind.PROPOSAL)
    if single is not None:
        return single
    for batch in _BATCHES.all(trip.db, kind=PayloadKind.PROPOSAL_BATCH):
        if transaction_id in transactions_of(batch):
            return batch
    return None
