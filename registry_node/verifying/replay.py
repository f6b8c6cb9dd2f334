# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the node's books again: own messages and deliveries, in their order, into an empty store.

What is done is what was done then: the same functions apply the same signed messages at the same
times. Of an own message the moment of its refusal by the broker is not signed by anybody; it is
taken from the outbox.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from sqlalchemy import bindparam

from itmo.core.v1 import header_pb2, proposal_pb2, statements_pb2
from itmo.payloads import PayloadKind, decode, kind_of
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.authorizing import keep_stated
from registry_node.commands.declare import declared_before
from registry_node.commands.propose import proposed_before
from registry_node.commands.trip import Trip, from_ms
from registry_node.damage import decoded
from registry_node.inbox.apply import apply
from registry_node.inbox.opening import Spoken, Statement, Verified
from registry_node.outbox import items
from registry_node.proposals.policy import AcceptancePolicy
from registry_node.store.database import claim, empty_database, node_state
from registry_node.store.rows import DeliveryRow, ItemRow, ItemStatus, ProofRow
from registry_node.store.tables import DELIVERIES, ITEMS, NODE_STATE, PROOFS, SIGNED

_ITEMS: Final = ITEMS.select(order=ITEMS.table.c.item_id)
_DELIVERIES: Final = DELIVERIES.select(order=DELIVERIES.table.c.sequence)
_PROOFS: Final = PROOFS.select()
_SIGNED: Final = SIGNED.select(
    SIGNED.table.c.item_id == bindparam("item_id"), order=SIGNED.table.c.version
)
_NEXT: Final = SIGNED.select(SIGNED.table.c.sender_sequence == bindparam("sender_sequence"))
_PROPOSALS: Final = frozenset({PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH})
_RECEIVERS: Final = frozenset({PayloadKind.ACCEPTANCE, PayloadKind.REJECTION})
_ASK_A_PERSON: Final = AcceptancePolicy()


class Replay:
    """One replay of a stored database; `db` is what comes of it."""

    def __init__(self, stored: Trip, opened: Mapping[bytes, Verified]) -> None:
        self._stored = stored
        self._opened = opened
        self.db: sqlite3.Connection = empty_database()
        claim(self.db, stored.identity)
        self._proofs = _PROOFS.all(stored.db)
        self._recorded = {
            proof.message_id: proof.payload_hash
            for proof in self._proofs
            if proof.node == stored.identity.node
        }
        self._delivered: dict[int, list[ProofRow]] = {}
        for proof in self._proofs:
            if proof.delivery_sequence is not None:
                self._delivered.setdefault(proof.delivery_sequence, []).append(proof)
        self._own = {p.payload_hash for p in self._proofs if p.node == stored.identity.node}

    def run(self) -> Iterator[str]:
        """Make everything again; yields a sentence for each step that cannot be made."""
        self.db.execute("BEGIN")
        for _, step, late in sorted(self._steps(), key=lambda each: each[0]):
            try:
                if isinstance(step, ItemRow):
                    self._say(step)
                elif late:
                    yield from self._take_late(step)
                else:
                    yield from self._take(step)
            except (ProtocolError, sqlite3.Error, LookupError, ValueError) as error:
                where = (
                    f"message {step.message_id}"
                    if isinstance(step, ItemRow)
                    else f"delivery {step.sequence}"
                )
                yield f"{where} cannot be applied again: {error}"
        self._adopt()
        self.db.execute("COMMIT")

    def _adopt(self) -> None:
        """Where the chain was continued as the broker said, what was signed next says so."""
        state = node_state(self._stored.db)
        for version in _NEXT.all(self._stored.db, sender_sequence=state.recorded_sequence + 1):
            envelope = items.envelope_of(version.envelope)
            message = decode(kind_of(envelope.payload_type), envelope.payload)
            header = cast("header_pb2.Header", message.header)  # type: ignore[attr-defined]  # all have one
            if header.previous_payload_hash == state.recorded_hash:
                ours = node_state(self.db)
                continued = replace(
                    ours,
                    recorded_sequence=state.recorded_sequence,
                    recorded_hash=state.recorded_hash,
                )
                NODE_STATE.replace(self.db, continued)

    def _steps(self) -> Iterator[tuple[tuple[int, int, int], ItemRow | DeliveryRow, bool]]:
        """What was done, with its place: a delivery, what was applied late, what was then said."""
        for item in _ITEMS.all(self._stored.db):
            yield (item.after_delivery, 2, item.item_id or 0), item, False
        for row in _DELIVERIES.all(self._stored.db):
            yield (row.sequence, 0, 0), row, False
            if row.applied_after is not None:
                yield (row.applied_after, 1, row.sequence), row, True

    def _at(self, moment: int) -> Trip:
        return replace(self._stored, db=self.db, now=from_ms(moment))

    def _say(self, item: ItemRow) -> None:
        """Queue an own message again, and what became of it at the broker's door."""
        trip = self._at(item.created_at)
        fresh = replace(
            item,
            status=ItemStatus.QUEUED,
            changed_at=item.created_at,
            effective=None,
            code="",
            found="",
        )
        ITEMS.insert(self.db, fresh)
        signed = _SIGNED.all(self._stored.db, item_id=item.item_id)
        if signed:
            fresh = replace(fresh, status=ItemStatus.SIGNED)
            ITEMS.replace(self.db, fresh)
        for version in signed:
            SIGNED.insert(self.db, version)
        self._queued(trip, item)
        later = self._at(item.changed_at)
        recorded = self._recorded.get(item.message_id)
        if recorded is not None:
            items.recorded(later, item.message_id, recorded)
        elif item.status is ItemStatus.REFUSED:
            items.refuse(later, fresh, _refusal(item))
        elif item.status is ItemStatus.ANSWERED and item.code:
            items.conclude_elsewhere(later, fresh, _refusal(item))

    def _queued(self, trip: Trip, item: ItemRow) -> None:
        if item.kind is PayloadKind.PROPOSAL:
            proposed_before(trip, decoded(proposal_pb2.Proposal, item.body).transaction)
        elif item.kind is PayloadKind.PROPOSAL_BATCH:
            for each in decoded(proposal_pb2.ProposalBatch, item.body).transactions:
                proposed_before(trip, each)
        elif item.kind is PayloadKind.ACCOUNT_STATEMENT:
            stated = decoded(statements_pb2.AccountStatement, item.body)
            declared_before(trip, stated, item.message_id)
        elif item.kind is PayloadKind.AUTHORIZATION_STATEMENT:
            authorized = decoded(statements_pb2.AuthorizationStatement, item.body)
            keep_stated(trip, authorized, item.message_id)
        elif item.kind in _RECEIVERS and item.transaction_id is not None:
            row = trip.transaction(item.transaction_id)
            if row is not None:
                trip.change(replace(row, answer_item=item.item_id, asked_because=""))

    def _take(self, row: DeliveryRow) -> Iterator[str]:
        """Apply a delivery again, from the proofs that it brought."""
        state = node_state(self.db)
        NODE_STATE.replace(self.db, replace(state, cursor=row.sequence))
        DELIVERIES.insert(self.db, row)
        proofs = self._delivered.get(row.sequence, [])
        if row.applied_after is not None:
            proofs = [proof for proof in proofs if proof.received_at == row.received_at]
        yield from self._apply(row, proofs, row.received_at)

    def _take_late(self, row: DeliveryRow) -> Iterator[str]:
        """Apply again what of a delivery was applied out of quarantine."""
        brought = self._delivered.get(row.sequence, [])
        proofs = [proof for proof in brought if proof.received_at != row.received_at]
        if proofs:
            yield from self._apply(row, proofs, proofs[0].received_at)

    def _apply(self, row: DeliveryRow, proofs: Sequence[ProofRow], moment: int) -> Iterator[str]:
        trip = self._at(moment)
        opened = [each for proof in proofs if (each := self._opened.get(proof.payload_hash))]
        statements = sorted(
            (each for each in opened if isinstance(each, Statement)),
            key=lambda each: (each.log_index, each.kind is not PayloadKind.VERDICT),
        )
        for statement in statements:
            spoken = self._spoken(statement, statements[0])
            self.db.execute("SAVEPOINT statement")
            try:
                apply(trip, statement, spoken, _ASK_A_PERSON, row.sequence)
            except ProtocolError as error:
                self.db.execute("ROLLBACK TO statement")
                yield f"delivery {row.sequence} cannot be applied again: {error.message}"
            self.db.execute("RELEASE statement")

    def _spoken(self, statement: Statement, first: Statement) -> Sequence[Spoken]:
        """What the statement decides on, where it came with it."""
        named = self._opened.get(statement.message_hash)
        if not isinstance(named, Spoken):
            return ()
        own = named.payload_hash in self._own
        if own and named.kind not in _PROPOSALS:
            return ()
        # The broker took it in at the time it states.
        return (named if own else replace(named, judged_at=first.judged_at),)


def _refusal(item: ItemRow) -> ProtocolError:
    reason = Reason(item.code) if item.code in Reason.__members__ else Reason.INTERNAL
    return ProtocolError(reason, item.found)
