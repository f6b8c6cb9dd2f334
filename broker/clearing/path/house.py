# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The clearing-house: the one door to everything the broker does, whoever knocks.

gRPC servicers, the in-process link of scenarios and the operator's commands call the same methods.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from weakref import WeakSet

from broker.clearing.decision.desk import Charter
from broker.clearing.decision.rows import (
    SenderRow,
    SignatureRow,
    StatementRow,
    TransactionRow,
)
from broker.clearing.path import cost
from broker.clearing.path.admitted import Admitted
from broker.clearing.path.aside import SetAside
from broker.clearing.path.cost import Charge
from broker.clearing.path.deciding import Changes, Decider, Writer
from broker.clearing.path.early import EarlyMessages
from broker.clearing.path.gate import Gate, Passed
from broker.clearing.path.port import Answered, Outcome
from broker.clearing.path.reading_apart import Reading
from broker.clearing.path.signing import StatementSigner
from broker.clearing.path.watching import Watchers, may_see
from broker.store import mailboxes, messages, transaction_record
from broker.store.questions import Questions
from itmo.clock import Clock, to_text
from itmo.envelope import Envelope
from itmo.frozen import quickly_made
from itmo.identifiers import NodeId, parse_transaction_id
from itmo.keys import PublicKey, Signer
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.thread import Database

_SIGNED_AT_ONCE: Final = 16
"""Statements signed before others have the event loop: one to two milliseconds."""
_NOT_THEIRS: Final = frozenset({Reason.SHUTTING_DOWN, Reason.CLOCK_UNTRUSTED})
"""Refusals that say nothing about the caller; no event remembers them."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Answer:
    """The broker's signed statements about a message, in order."""

    answers: tuple[Envelope, ...]
    replayed: bool


@dataclass(frozen=True, slots=True)
class MailboxEntry:
    """A delivery: a counterparty's message, where there is one, then the broker's statements."""

    sequence: int
    transaction_id: str
    envelopes: tuple[Envelope, ...]
    enqueued_at: int
    digest: bytes


class ClearingHouse:
    """Takes messages in, hands deliveries out, answers readers. `start` and `stop` frame its life."""

    def __init__(
        self,
        *,
        charter: Charter,
        decider: Callable[[ClearingHouse], Decider],
        writer: Writer,
        reader: Database,
        reports: Database,
        clock: Clock,
        signer: Signer,
        broken: Callable[[BaseException], None],
        books: Path | None = None,
    ) -> None:
        """Sets up.

        Args:
            charter: Whose house it is.
            decider: Makes what decides, here or in another process, and tells the house of changes.
            writer: Writes what is no decision.
            reader: Answers questions.
            reports: Answers what may take long.
            clock: The broker's clock.
            signer: Signs statements.
            broken: Told of what the house cannot go on after.
            books: Beside which lies what is made of the record, if it lies anywhere.
        """
        self.charter = charter
        self.books = books
        self.clock = clock
        self.reader = reader
        self.questions = Questions(reports, self.pay)
        self._charge: Charge | None = None
        self._writer = writer
        self._gate = Gate(charter.network_id, charter.broker_node, charter.regimes)
        self.admitted = Admitted(reader, clock, self._learnt)
        self._mail: dict[str, WeakSet[asyncio.Event]] = {}
        self._watchers = Watchers()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Of each node one reading at a time: whoever asks for much waits for itself."""
        self._clerk = decider(self)
        self._told: Callable[[Changes], None] = lambda _: None
        self._everywhere: Callable[[], Awaitable[None]] | None = None
        self.signer = StatementSigner(
            charter.broker_node, signer, clock, self._clerk.note_signature, writer.sign_stored
        )
        self._broken = broken
        self._reading = Reading()

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Loads keys and chains, and begins to decide."""
        await self.admitted.load()
        chains = await self.reader.run(messages.senders)
        self._clerk.start({node: chain.next_sequence for node, chain in chains.items()})

    async def stop(self) -> None:
        """Decides what is queued, then ends; watchers and long polls are let go."""
        await self._clerk.stop()
        self._watchers.close()
        for events in self._mail.values():
            for event in list(events):
                event.set()

    def check_own_key(self) -> None:
        """Checks that the key that statements are signed with is still valid.

        Raises:
            ProtocolError: KEY_UNKNOWN, KEY_REVOKED or KEY_NOT_VALID_NOW; no node takes its signatures.
        """
        self.signer.check()

    def charge_by(self, charge: Charge) -> None:
        """From now on nodes pay here for what they ask; the server that knows their rates says so."""
        self._charge = charge

    def pay(self, node: str, spent: int) -> None:
        """Takes what a node's calls have cost from its rate."""
        if self._charge is not None:
            self._charge(node, spent)

    # -- messages -----------------------------------------------------------------------------

    async def submit(
        self, caller: NodeId, envelope: Envelope, *, validate_only: bool = False
    ) -> Answer:
        """Takes in a signed message from a connected node; returns after the commit.

        A verdict that only validates carries no signature: it promises nothing.

        Raises:
            ProtocolError: the message never became a decision; an event remembers it.
        """
        look = self.clock.look()
        if look.fault is not None:
            raise look.fault.refusal()
        # Before it is read: while large messages wait for their turn, their sender sends no more.
        self.pay(caller, cost.beyond_the_call(cost.size(len(envelope.payload))))
        try:
            if not validate_only:  # for which there is a queue of its own
                self._clerk.check_room(caller, len(envelope.payload))
            received = await self._reading.read(
                caller,
                len(envelope.payload),
                lambda: self._gate.admit(
                    envelope, caller, self.admitted.keyring, look.now, validate_only=validate_only
                ),
            )
            self.signer.keep_in_use(received.payload)
        except ProtocolError as error:
            self._note(caller, envelope, error)
            raise
        try:
            answered = await self._clerk.submit(received)
            await self._known_everywhere()
        except ProtocolError as error:
            self._note(caller, envelope, error)
            raise
        if answered.refusal is not None:
            raise answered.refusal
        if validate_only and not answered.replayed:
            return Answer(tuple(_unsigned(row) for row in answered.statements), replayed=False)
        return Answer(await self._signed_in_slices(answered.statements), answered.replayed)

    async def decide(self, passed: Passed, tls_key_hash: bytes) -> Answered:
        """Has a message decided that came through the gate of another process of this broker.

        What that process may not have heard of yet is looked at again: whether its sender is admitted
        as it is connected, and its keys.

        Raises:
            ProtocolError: the message never became a decision.
        """
        look = self.clock.look()
        if look.fault is not None:
            raise look.fault.refusal()
        self.admitted.check_connection(passed.caller, tls_key_hash)
        size = len(passed.envelope.payload)
        self._clerk.check_room(passed.caller, size)
        received = await self._reading.read(
            passed.caller, size, lambda: self._gate.passing(passed, self.admitted.keyring, look.now)
        )
        answered = await self._clerk.submit(received)
        await self._known_everywhere()
        return answered

    async def _known_everywhere(self) -> None:
        if self._everywhere is not None:
            await self._everywhere()

    def tell(
        self, told: Callable[[Changes], None], everywhere: Callable[[], Awaitable[None]]
    ) -> None:
        """From now on other processes hear of changes.

        Args:
            told: Tells them, without waiting.
            everywhere: Waits until all know of the keys and nodes that they were told of. No answer
                leaves before: who was told that a key is revoked finds it so wherever it asks.
        """
        self._told, self._everywhere = told, everywhere

    async def hear(self, changes: Changes) -> None:
        """Takes note of what another process has decided, as it is in the database by now; tells its workers."""
        if changes.directory:
            await self.admitted.load()
        self._clerk.catch_up(changes.chains)
        self._wake(changes.mailboxes)
        if self._watchers and changes.transactions:
            names = changes.transactions
            for row in await self.reader.run(
                partial(transaction_record.transactions_named, names=names)
            ):
                self._watchers.publish(row)
        self._told(changes)

    async def _signed_in_slices(self, rows: Sequence[StatementRow]) -> tuple[Envelope, ...]:
        """Many statements of one answer; others have the event loop in between."""
        signed: list[Envelope] = []
        for start in range(0, len(rows), _SIGNED_AT_ONCE):
            if start:
                await asyncio.sleep(0)
            signed.extend(self.signed(rows[start : start + _SIGNED_AT_ONCE]))
        return tuple(signed)

    def _note(self, caller: NodeId, envelope: Envelope, error: ProtocolError) -> None:
        if error.reason not in _NOT_THEIRS:
            self.note(caller, error, hashlib.sha256(envelope.payload).digest())

    def note(self, caller: str, error: ProtocolError, payload_hash: bytes) -> None:
        """Remembers that a message was refused without a decision."""
        self._clerk.note(caller, error, payload_hash)

    def note_signature(self, row: SignatureRow) -> None:
        """Remembers a signature that another process of this broker has made."""
        self._clerk.note_signature(row)

    async def expire_due(self) -> int:
        """Ends every transaction whose deadline has come; returns how many."""
        return await self._clerk.expire_due()

    def timeouts_set_aside(self) -> tuple[SetAside, ...]:
        """Time-outs that failed by a fault of ours; their transactions wait, with units locked."""
        return self._clerk.set_aside

    @property
    def early_messages(self) -> EarlyMessages:
        """What waits for an earlier message of its sender."""
        return self._clerk.early

    @property
    def queue_depth(self) -> int:
        """Messages waiting for a decision."""
        return self._clerk.depth

    def signed(self, rows: Iterable[StatementRow]) -> tuple[Envelope, ...]:
        """Statements with their signatures. They are durable: rows come from after the commit."""
        return tuple(map(self.signer.signed, rows))

    def after_commit(self, outcome: Outcome) -> None:
        """Takes note of what was decided here, and tells whoever waits for it."""
        effects = outcome.judged.effects
        self.admitted.take_in(outcome.judged)
        # Whoever waits looks again: for mail, and whether it is admitted still as it was.
        self._wake(effects.mailboxes | effects.nodes)
        if self._watchers:
            for name in effects.transactions:
                self._watchers.publish(outcome.judged.world.transactions[name])
        self._told(
            Changes(
                directory=bool(effects.nodes or effects.keys),
                mailboxes=tuple(effects.mailboxes | effects.nodes),
                transactions=tuple(effects.transactions),
            )
        )

    def _wake(self, nodes: Iterable[str]) -> None:
        for node in nodes:
            for event in list(self._mail.get(node, ())):
                event.set()

    def _learnt(self, keys: Sequence[PublicKey]) -> None:
        self.signer.know(keys)
        for key in keys:
            if key.keyid == self.signer.keyid and key.revoked_at is not None:
                self._broken(_revoked_in_use(key.keyid, key.revoked_at))

    # -- mailboxes ----------------------------------------------------------------------------

    async def deliveries(self, node: NodeId, after: int, limit: int) -> list[MailboxEntry]:
        """Deliveries of a node after a sequence number."""
        async with self._turns[node]:
            rows = await self.reader.run(
                partial(mailboxes.deliveries, node=node, after=after, limit=limit)
            )
        entries = []
        for row in rows:
            envelopes = (*((row.message,) if row.message else ()), *self.signed(row.statements))
            entries.append(
                MailboxEntry(
                    row.sequence, row.transaction_id, envelopes, row.enqueued_at, row.digest
                )
            )
            # What was not signed yet is signed now, up to a hundred statements for each delivery.
            await asyncio.sleep(0)
        return entries

    async def acknowledge(self, node: NodeId, sequence: int) -> int:
        """Notes that a node has every delivery up to a sequence number; returns how far it is.

        Raises:
            ProtocolError: CURSOR_INVALID, when the mailbox does not reach that far.
        """
        return await self._writer.acknowledge(node, sequence)

    def mail_event(self, node: NodeId) -> asyncio.Event:
        """Set whenever something may have come into the mailbox; each reader has and clears its own."""
        event = asyncio.Event()
        self._mail.setdefault(node, WeakSet()).add(event)
        return event

    async def check_cursor(
        self, node: NodeId, cursor: int, digest: bytes
    ) -> mailboxes.MailboxStanding:
        """Looks whether a node has read what is in its mailbox; says how far it is known to be.

        Raises:
            ProtocolError: RECORD_DIFFERS, when it has read something else; PAYLOAD_INVALID.
        """
        return await self.reader.run(
            partial(mailboxes.check_cursor, node=node, cursor=cursor, digest=digest)
        )

    async def mailbox(self, node: NodeId) -> mailboxes.MailboxStanding:
        """How far a node has read."""
        return await self.reader.run(partial(mailboxes.standing, node=node))

    # -- readers ------------------------------------------------------------------------------

    async def transaction(
        self, caller: NodeId, transaction_id: str
    ) -> tuple[TransactionRow, tuple[Envelope, ...]]:
        """A transaction in which the caller takes part, and everything signed about it.

        Raises:
            ProtocolError: TRANSACTION_UNKNOWN; also when it is none of the caller's business.
        """
        parse_transaction_id(transaction_id, "transaction_id")
        async with self._turns[caller]:
            row = await self.reader.run(
                partial(transaction_record.transaction, transaction_id=transaction_id)
            )
        if row is None or not may_see(row, caller):
            raise ProtocolError(
                Reason.TRANSACTION_UNKNOWN,
                f"no transaction {transaction_id} in which {caller} takes part",
                transaction_id=transaction_id,
            )
        async with self._turns[caller]:
            said = await self.reader.run(partial(transaction_record.said_about, row=row))
        signed = iter(
            await self._signed_in_slices([each for each in said if isinstance(each, StatementRow)])
        )
        shown = tuple(next(signed) if isinstance(each, StatementRow) else each for each in said)
        self.pay(caller, cost.beyond_the_call(cost.handed_out(shown)))
        return row, shown

    async def sender_standing(self, node: NodeId) -> SenderRow:
        """Where a sender's chain stands."""
        chains = await self.reader.run(messages.senders)
        return chains.get(node, SenderRow(node, 1, b""))

    def watch(self, node: NodeId) -> AsyncIterator[TransactionRow]:
        """Changes of transactions in which a node takes part, from now on.

        Raises:
            ProtocolError: OVERLOADED, when the watcher reads too slowly; SHUTTING_DOWN.
        """
        return self._watchers.watch(node, self.pay)

    def now(self) -> datetime:
        """The broker's time."""
        return self.clock.now()


def _revoked_in_use(keyid: str, at: datetime) -> ProtocolError:
    """It was refused at the door; what passed all the same, while keys were exchanged, stops."""
    return ProtocolError(
        Reason.KEY_REVOKED,
        f"the key that statements are signed with, {keyid}, was revoked; name another one in"
        " signers.message and start again",
        keyid=keyid,
        revoked_at=to_text(at),
    )


def _unsigned(row: StatementRow) -> Envelope:
    return Envelope(row.payload, PayloadKind(row.kind).label, ())
