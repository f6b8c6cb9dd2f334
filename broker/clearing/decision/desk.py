# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where one group of messages is decided: facts in, effects out, one decision after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from broker.clearing.decision import statements
from broker.clearing.decision.receipts import About, say_of
from broker.clearing.decision.rows import (
    EntryRow,
    EventRow,
    LeafRow,
    MailboxEnd,
    MailboxEntryRow,
    MessageRow,
    RestatedRow,
    SenderRow,
    StatementRow,
    TransactionRow,
)
from broker.clearing.decision.world import Effects, World
from broker.clearing.notices.notice_rows import NoticedUnitsRow
from broker.clearing.path.received import Received
from broker.clearing.transactions.postings import locked_by
from broker.ledger.reservations import ReservedRow
from broker.log.merkle import NO_MESSAGE, leaf_data, leaf_hash
from broker.regime.postings import Postings, Restate
from broker.regime.refusals import NoEffect
from broker.regime.regimes import Regimes
from broker.rulebook.check import Rule
from itmo.clock import to_ms
from itmo.core.v1 import decision_pb2, reconciliation_pb2
from itmo.deliveries import delivery_digest
from itmo.frozen import replace
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import IdSource
from itmo.lifecycle import Event, TerminationCause, advance
from itmo.message.v1 import header_pb2, ranges_pb2
from itmo.payloads import PayloadKind
from itmo.receipts import share


class Abandoned(Exception):  # noqa: N818  # not an error: nobody waits for the answer
    """Whoever waited for a decision has gone, so it is not made."""

    cost = 0
    """What it would have cost, as the store knows."""


def nobody_goes() -> bool:
    """Says of callers that they wait: what is decided without one is never abandoned."""
    return False


@dataclass(frozen=True, slots=True)
class Charter:
    """What stays the same from group to group: who the broker is, and by which rulebooks it judges."""

    network_id: NetworkId
    broker_node: NodeId
    transaction_lifetime: timedelta
    findings: statements.Findings
    regimes: Regimes


class Desk:
    """One group of decisions."""

    def __init__(
        self,
        charter: Charter,
        world: World,
        ids: IdSource,
        now: datetime,
        gone: Callable[[], bool] = nobody_goes,
    ) -> None:
        self.charter = charter
        self.world = world
        self.now = now
        self.now_ms = to_ms(now)
        self.effects = Effects()
        self._ids = ids
        self._gone = gone
        self._made: list[StatementRow] = []

    # -- one decision -------------------------------------------------------------------------

    def begin(self) -> int:
        """Starts a decision; returns its place in the log."""
        self._made = []
        return self.world.log_size

    def go_on(self) -> None:
        """Looks whether anybody still waits; long work does so between its steps.

        Raises:
            Abandoned: nobody does.
        """
        if self._gone():
            raise Abandoned

    def record(self, received: Received) -> None:
        """Takes a message into the record and moves its sender's chain on."""
        head = received.header
        self.world.recorded[head.message_id] = received.payload_hash
        self.world.senders[head.sender_node] = SenderRow(
            head.sender_node, head.sender_sequence + 1, received.payload_hash
        )
        self.effects.senders.add(head.sender_node)
        self.effects.messages.append(
            MessageRow(
                message_id=head.message_id,
                sender_node=head.sender_node,
                sender_sequence=head.sender_sequence,
                kind=received.kind,
                payload=received.payload_bytes,
                payload_hash=received.payload_hash,
                keyids=",".join(received.keyids),
                signatures=b"".join(received.signatures),
                log_index=self.world.log_size,
            )
        )

    def close(self, received: Received | None, transaction_id: str | None) -> list[StatementRow]:
        """Ends a decision: its leaf commits to the message and to every statement made."""
        made = self._made
        message_hash = received.payload_hash if received else NO_MESSAGE
        self.effects.leaves.append(
            LeafRow(
                log_index=self.world.log_size,
                leaf_hash=leaf_hash(leaf_data(message_hash, [s.payload_hash for s in made])),
                message_id=received.header.message_id if received else None,
                transaction_id=transaction_id,
                decided_at=self.now_ms,
            )
        )
        self.world.log_size += 1
        return made

    # -- transactions -------------------------------------------------------------------------

    def add_transaction(self, row: TransactionRow, postings: Postings | None) -> None:
        """A transaction enters the record, with what completing it will do where it is valid."""
        self.world.transactions[row.transaction_id] = row
        if postings is not None:
            self.world.postings[row.transaction_id] = postings
        self.effects.transactions[row.transaction_id] = None

    def change_transaction(self, row: TransactionRow) -> TransactionRow:
        """A transaction's row changes without a move."""
        before = self.world.transactions[row.transaction_id]
        self.effects.transactions.setdefault(row.transaction_id, before.state)
        self.world.transactions[row.transaction_id] = row
        return row

    def move(
        self,
        row: TransactionRow,
        *events: Event,
        cause: TerminationCause | None = None,
        answer_hash: bytes | None = None,
    ) -> TransactionRow:
        """Moves a transaction on, at the word of an acceptance where its hash is given.

        Raises:
            IllegalTransition: the life cycle has no such move.
        """
        state, moves = row.state, row.moves
        for event in events:
            to = advance(state, event, two_party=row.two_party)
            self.effects.events.append(
                EventRow(row.transaction_id, moves, event, state, to, self.world.log_size)
            )
            state, moves = to, moves + 1
        return self.change_transaction(
            replace(
                row,
                state=state,
                termination_cause=cause,
                answer_hash=answer_hash or row.answer_hash,
                updated_at=self.now_ms,
                moves=moves,
            )
        )

    def only_transaction(self, received: Received) -> str | None:
        """The one transaction that a message proposed; None for a batch, or a stranger's id."""
        if len(received.proposed) != 1:
            return None
        row = self.world.transactions.get(received.proposed[0].transaction_id)
        if row is None or row.message_id != received.header.message_id:
            return None
        return row.transaction_id

    # -- statements ---------------------------------------------------------------------------

    def verdict(
        self, received: Received, results: list[bytes], broken: Iterable[Rule]
    ) -> StatementRow:
        """States the verdict on a proposal or a batch, and what to do about what did not pass."""
        payload_of = self._head(received.header.message_id)
        payload = statements.verdict(
            head=payload_of,
            message_hash=received.payload_hash,
            log_index=self.world.log_size,
            rulebook_digest=self.charter.regimes[received.proposed[0].rulebook].digest,
            results=results,
            broken=broken,
        )
        return self._state(
            payload_of.message_id,
            PayloadKind.VERDICT,
            payload,
            received.header.message_id,
            self.only_transaction(received),
        )

    def receipt(
        self,
        received: Received | None,
        row: TransactionRow | None,
        *,
        refusal: NoEffect | None = None,
        booked: tuple[EntryRow, ...] = (),
        remarks: tuple[tuple[str, str], ...] = (),
        noticed: tuple[NoticedUnitsRow, ...] = (),
        reconciliation: reconciliation_pb2.ReconciliationAnswer | None = None,
    ) -> StatementRow:
        """States a decision about a transaction, or about a statement that concerns none."""
        causation = received.header.message_id if received else None
        head = self._head(causation or "")
        name = row.transaction_id if row else None
        receipt = decision_pb2.Receipt()
        say_of(receipt, About(name or "", row, booked, refusal), self.world, self.charter.regimes)
        receipt.header.CopyFrom(head)
        receipt.message_hash = received.payload_hash if received else b""
        receipt.log_index = self.world.log_size
        if reconciliation is not None:
            receipt.reconciliation.CopyFrom(reconciliation)
        for code, found in remarks:
            receipt.remarks.add(code=code, found=found)
        for units in noticed:
            receipt.noticed.add(
                party=units.party,
                units=ranges_pb2.UnitRange(
                    registry=units.registry, first=units.first, last=units.last
                ),
                outcome=statements.NOTICE_OUTCOMES[units.outcome],
            )
        return self._state(
            head.message_id,
            PayloadKind.RECEIPT,
            receipt.SerializeToString(),
            causation,
            name,
        )

    def receipts(self, received: Received, about: Sequence[About]) -> StatementRow:
        """States decisions about many transactions; at least one, in the order of the message."""
        head = self._head(received.header.message_id)
        batch = decision_pb2.ReceiptBatch()
        for each in about:
            say_of(batch.receipts.add(), each, self.world, self.charter.regimes)
        share(batch)
        batch.header.CopyFrom(head)
        batch.message_hash, batch.log_index = received.payload_hash, self.world.log_size
        return self._state(
            head.message_id,
            PayloadKind.RECEIPT_BATCH,
            batch.SerializeToString(),
            received.header.message_id,
            None,
        )

    def deliver(
        self,
        node: str,
        statements_made: list[StatementRow],
        transaction_id: str | None = None,
        message_id: str | None = None,
    ) -> int:
        """Puts a delivery into a node's mailbox; returns its place there."""
        before = self.world.mailboxes.get(node, MailboxEnd())
        hashes = [made.payload_hash for made in statements_made]
        if message_id is not None:
            hashes.insert(0, self.world.recorded[message_id])
        end = MailboxEnd(before.sequence + 1, delivery_digest(before.digest, hashes))
        self.world.mailboxes[node] = end
        self.effects.mailboxes.add(node)
        self.effects.deliveries.append(
            MailboxEntryRow(
                node=node,
                sequence=end.sequence,
                transaction_id=transaction_id,
                message_id=message_id,
                statement_ids=",".join(made.statement_id for made in statements_made),
                enqueued_at=self.now_ms,
                digest=end.digest,
            )
        )
        return end.sequence

    # -- ledgers ------------------------------------------------------------------------------

    def book(self, row: TransactionRow, postings: Postings) -> tuple[EntryRow, ...]:
        """Books a transaction's adjustments: each entry has two sides, one of them outstanding."""
        booked = []
        for planned in postings.bookings:
            self.world.last_entry_id += 1
            added = planned.quantity > 0
            booked.append(
                EntryRow(
                    entry_id=self.world.last_entry_id,
                    kind=planned.kind,
                    debit=OUTSTANDING if added else planned.party,
                    credit=planned.party if added else OUTSTANDING,
                    amount=abs(planned.quantity),
                    metric=planned.metric,
                    party=planned.party,
                    year=planned.year,
                    transaction_id=row.transaction_id,
                    registry=planned.units.registry,
                    first=planned.units.range.first,
                    last=planned.units.range.last,
                    log_index=self.world.log_size,
                    booked_at=self.now_ms,
                    generation=planned.generation,
                )
            )
        self.effects.entries.extend(booked)
        return tuple(booked)

    def keep(self, transaction_id: str) -> None:
        """Locks what a transaction that waits will move or restate, and reserves what it will add.

        So issuances that wait side by side name no serial twice, and transactions cannot overshoot
        together what each would keep alone.
        """
        world, postings = self.world, self.world.postings[transaction_id]
        for part in postings.parts:
            for name, quantity in part.reserves:
                world.tallies.reserve(name, quantity)
            for issue in part.issues:
                registry, serials = issue.units.registry, issue.units.range
                row = ReservedRow(registry, serials.first, serials.last, transaction_id)
                world.reservations.reserve(row)
        for units in locked_by(postings):
            world.units.lock(units.registry, units.range, transaction_id)

    def release(self, transaction_id: str) -> None:
        """Lets go what a transaction kept while it waited."""
        world, postings = self.world, self.world.postings[transaction_id]
        for part in postings.parts:
            for name, quantity in part.reserves:
                world.tallies.reserve(name, -quantity)
            for issue in part.issues:
                world.reservations.release(issue.units.registry, issue.units.range.first)
        for units in locked_by(postings):
            world.units.release(units.registry, units.range, transaction_id)

    def restate(self, change: Restate) -> None:
        """Changes the state of live units at the word of a statement."""
        registry, serials = change.units.registry, change.units.range
        self.world.units.restate(registry, serials, change.before, change.after)
        self.effects.restated.append(
            RestatedRow(
                self.world.log_size,
                registry,
                serials.first,
                serials.last,
                change.before,
                change.after,
            )
        )

    def _head(self, causation_id: str) -> header_pb2.Header:
        chain = self.world.senders.get(self.charter.broker_node)
        return statements.header(
            message_id=self._ids.uuid7(self.now),
            broker_node=self.charter.broker_node,
            network_id=self.charter.network_id,
            sequence=chain.next_sequence if chain else 1,
            previous=chain.previous_payload_hash if chain else b"",
            now=self.now,
            causation_id=causation_id,
        )

    def _state(
        self,
        statement_id: str,
        kind: PayloadKind,
        payload: bytes,
        causation_id: str | None,
        transaction_id: str | None,
    ) -> StatementRow:
        broker = self.charter.broker_node
        chain = self.world.senders.get(broker)
        sequence = chain.next_sequence if chain else 1
        made = StatementRow(
            statement_id=statement_id,
            sequence=sequence,
            kind=kind,
            payload=payload,
            payload_hash=statements.sha256(payload),
            causation_id=causation_id,
            transaction_id=transaction_id,
            log_index=self.world.log_size,
        )
        self.world.senders[broker] = SenderRow(broker, sequence + 1, made.payload_hash)
        self.effects.senders.add(broker)
        self.effects.statements.append(made)
        self._made.append(made)
        return made


OUTSTANDING: Final = "outstanding"
"""The account on the other side of every adjustment."""
