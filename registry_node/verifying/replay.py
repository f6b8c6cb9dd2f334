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
from typing import Final

from sqlalchemy import bindparam

from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.undamaged import undamaged
from registry_node.commands.queued import queued_before
from registry_node.commands.trip import Trip, from_ms
from registry_node.inbox.apply import apply
from registry_node.inbox.opening import Spoken, Statement, Verified
from registry_node.outbox import items
from registry_node.proposals.policy import AcceptancePolicy
from registry_node.store.database import claim, empty_database, node_state
from registry_node.store.rows import DeliveryRow, ItemRow, ItemStatus, ProofRow
from registry_node.store.tables import DELIVERIES, ITEMS, NODE_STATE, PROOFS, SIGNED
from registry_node.verifying.proofs import Told, untold

_ITEMS: Final = ITEMS.select(order=ITEMS.table.c.item_id)
_DELIVERIES: Final = DELIVERIES.select(order=DELIVERIES.table.c.sequence)
_PROOFS: Final = PROOFS.select()
_SIGNED: Final = SIGNED.select(
    SIGNED.table.c.item_id == bindparam("item_id"), order=SIGNED.table.c.version
)
_PROPOSALS: Final = frozenset({PayloadKind.PROPOSAL, PayloadKind.PROPOSAL_BATCH})
_ASK_A_PERSON: Final = AcceptancePolicy()


class Replay:
    """One replay of a stored database.

    Attributes:
        db: What comes of it.
        unsaid: Ids of own messages that could not be queued again.
    """

    def __init__(self, stored: Trip, opened: Mapping[bytes, Verified]) -> None:
        self._stored = stored
        self._opened = opened
        self.db: sqlite3.Connection = empty_database(stored.db)
        self.unsaid: set[str] = set()
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

    def run(self, told: Told = untold) -> Iterator[str]:
        """Makes everything again; yields a sentence for each step that cannot be made."""
        self.db.execute("BEGIN")
        steps = sorted(self._steps(), key=lambda each: each[0])
        for number, (_, step, late) in enumerate(steps):
            told("messages and deliveries applied again", number, len(steps))
            try:
                if isinstance(step, ItemRow):
                    self._say(step)
                elif late:
                    yield from self._take_late(step)
                else:
                    yield from self._take(step)
            except (ProtocolError, sqlite3.Error, LookupError, ValueError) as error:
                if undamaged(error):
                    raise
                where = f"delivery {getattr(step, 'sequence', '')}"
                if isinstance(step, ItemRow):
                    self.unsaid.add(step.message_id)
                    where = f"message {step.message_id}"
                yield f"{where} cannot be applied again: {error}"
        self.db.execute("COMMIT")

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
        """Queues an own message again, and what became of it at the broker's door."""
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
        queued_before(trip, item)
        later = self._at(item.changed_at)
        recorded = self._recorded.get(item.message_id)
        if recorded is not None:
            items.recorded(later, item.message_id, recorded)
        elif item.status is ItemStatus.REFUSED:
            items.refuse(later, fresh, item.code, item.found)
        elif item.status is ItemStatus.ANSWERED and item.code:
            items.conclude_elsewhere(later, fresh, _refusal(item))

    def _take(self, row: DeliveryRow) -> Iterator[str]:
        """Applies a delivery again, from the proofs that it brought."""
        state = node_state(self.db)
        NODE_STATE.replace(self.db, replace(state, cursor=row.sequence))
        DELIVERIES.insert(self.db, row)
        proofs = self._delivered.get(row.sequence, [])
        if row.applied_after is not None:
            proofs = [proof for proof in proofs if proof.received_at == row.received_at]
        yield from self._apply(row, proofs, row.received_at)

    def _take_late(self, row: DeliveryRow) -> Iterator[str]:
        """Applies again what of a delivery was applied out of quarantine."""
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
