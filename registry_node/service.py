# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The registry node: commands in, decisions out, everything durable in between.

Every command is one local transaction and is answered when that is durable. Sending and receiving
are two tasks of their own; a simulation takes their steps itself with the `pump` methods.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final, TypeVar

from google.protobuf.message import Message

from itmo.clearing.v1.meta_registry_service_pb2 import UnitPosition
from itmo.clock import Clock, OffsetClock
from itmo.core.v1 import (
    decision_pb2,
    notices_pb2,
    proposal_pb2,
    sharing_pb2,
    statements_pb2,
)
from itmo.ids import IdSource
from itmo.keys import Keyring, PublicKey, Signer
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.observe import log_standings
from itmo.runtime.tasks import Tasks, TaskStanding
from registry_node import outcomes
from registry_node.adapters.registry_system import NoRegistrySystem, RegistrySystem
from registry_node.broker_link import BrokerLink
from registry_node.clock_setting import set_clock
from registry_node.clock_watch import ClockWatch
from registry_node.commands import comparing, noticing
from registry_node.commands.alarming import Alarms
from registry_node.commands.answer import answer
from registry_node.commands.comparing import Compared
from registry_node.commands.declare import declare, declare_account
from registry_node.commands.mirror import mirror, mirrored
from registry_node.commands.propose import Submitted, propose
from registry_node.commands.sharing import Shared, remarks, report, share, shared
from registry_node.commands.trip import Trip
from registry_node.commands.withdraw import withdraw
from registry_node.following import follow_mailbox
from registry_node.health import Backoff, Health
from registry_node.identity import Identity
from registry_node.inbox.directory import Directory
from registry_node.inbox.mode import DeliveryMode
from registry_node.inbox.opening import Opener
from registry_node.inbox.own_messages import OwnMessages
from registry_node.inbox.receiver import Receiver
from registry_node.inbox.record_watch import RecordWatch
from registry_node.instructions import Instructor
from registry_node.jobs.running import JobRunner
from registry_node.ledger.holdings import Holding
from registry_node.outbox.sender import Sender
from registry_node.outcomes import ALL, FIRST, Outcome, Place, Status, Story
from registry_node.proposals.policy import AcceptancePolicy
from registry_node.reconciling import Frequency, Reconciler
from registry_node.reporting import OwnLedger, Reporter, ReportSource
from registry_node.rules import Rules
from registry_node.store.database import Store, claim
from registry_node.store.rows import (
    AccountRow,
    MirroredRow,
    NoticeRow,
    ReconciliationRow,
    TransactionRow,
)
from registry_node.verifying.beside import Verification
from registry_node.verifying.books import Audit
from registry_node.verifying.starting import refuse_unsound
from registry_node.work import Work

_LARGEST: Final = 2**63 - 1
T = TypeVar("T")


class RegistryNode:
    """One registry node over a store and a link to the broker."""

    def __init__(
        self,
        *,
        identity: Identity,
        store: Store,
        link: BrokerLink,
        signer: Signer,
        broker_keys: Iterable[PublicKey],
        clock: Clock,
        ids: IdSource,
        policy: AcceptancePolicy,
        random: Random,
        rules: Rules,
        registry_system: RegistrySystem | None = None,
        delivery: DeliveryMode = DeliveryMode.STREAM,
        report_source: ReportSource | None = None,
        frequency: Frequency | None = None,
    ) -> None:
        self.identity = identity
        self.clock = clock
        self.health = Health(clock.now)
        self._store = store
        self._link = link
        self._signer = signer
        self._delivery = delivery
        self.configured_keys = Keyring(broker_keys)
        self.opener = Opener(identity, self.configured_keys)
        self.work = Work(store, clock, ids, identity, rules)
        self._verification = Verification(self.work)
        self.alarms = Alarms(self.work)
        self.directory = Directory(self.work, link)
        self._random = random
        self._clock_watch = ClockWatch(self.work, link, self.health)
        own = OwnMessages(self.work, link, self.opener, self.directory)
        self.record_watch = RecordWatch(self.work, link, own)
        self._reconciler = Reconciler(self.work, self.record_watch, frequency or Frequency())
        self.sender = Sender(
            self.work, link, signer, self.opener, self.health, Backoff(random), self._clock_watch,
            self.record_watch, streams=delivery is DeliveryMode.STREAM,
        )  # fmt: skip
        self._receiver = Receiver(
            self.work, link, self.opener, self.directory, policy, self.health, own,
            self.record_watch, self._reconciler.nudge,
        )  # fmt: skip
        self.jobs = JobRunner(self.work, self.record_watch)
        self._instructor = Instructor(
            self.work, registry_system or NoRegistrySystem(), Backoff(random)
        )
        self._reporter = Reporter(self.work, report_source or OwnLedger())
        self._broken: asyncio.Future[None] | None = None
        self._tasks = Tasks(self._fail)
        self._claimed = False

    # -- life -----------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Claims the store for this node; every other method may be used after it.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when the store belongs to another node;
                LEDGER_AUDIT_FAILED, when its books contradict themselves.
        """
        state = await self._store.run(lambda db: claim(db, self.identity))
        await self._store.read(refuse_unsound)
        if isinstance(self.clock, OffsetClock) and state.clock_offset_ms:
            self.clock.resume(timedelta(milliseconds=state.clock_offset_ms))
        await self.directory.remember_own(self._signer)
        await self._receiver.pin()
        self._claimed = True

    async def start(self, **more: Callable[[], Coroutine[object, object, None]]) -> None:
        """Prepares, then sends, receives and does what else is named in the background until `stop`."""
        if not self._claimed:
            await self.prepare()
        self._store.listen(self._committed)
        self._broken = asyncio.get_running_loop().create_future()
        for name, task in (
            ("sender", self.sender.serve),
            ("receiver", self._receive),
            ("instructor", self._instructor.serve),
            ("reporter", self._reporter.serve),
            ("reconciler", self._reconciler.serve),
            ("jobs", self.jobs.serve),
            *more.items(),
        ):
            self._tasks.start(name, task)

    async def stop(self) -> None:
        """Stops the background tasks; what was under way is repeated after the next start."""
        self._store.forget(self._committed)
        await self._tasks.stop()

    async def sign_with(self, signer: Signer) -> None:
        """Signs with another key of this node from the next message on; see `change_key`."""
        await self.directory.remember_own(signer)
        self.sender.signer = signer

    async def failed(self) -> None:
        """Returns only by raising: what ended a background task, a fault of our own."""
        if self._broken is not None:
            await asyncio.shield(self._broken)

    def _fail(self, error: BaseException) -> None:
        if self._broken is not None and not self._broken.done():
            self._broken.set_exception(error)

    def tasks(self) -> tuple[TaskStanding, ...]:
        """Returns how the background tasks do."""
        return (*self._tasks.standings(), *log_standings())

    @property
    def clock_fault(self) -> ProtocolError | None:
        """Why nothing is signed because of the clock."""
        return self._clock_watch.wrong

    @property
    def hindrance(self) -> ProtocolError | None:
        """What keeps messages from being sent, as far as is known."""
        return self.clock_fault or self.health.last_error

    def _committed(self) -> None:
        self.sender.wake()
        self._instructor.wake()
        self.jobs.wake()

    async def _receive(self) -> None:
        await follow_mailbox(
            self._receiver,
            self.record_watch,
            self.health,
            Backoff(self._random),
            self._answered,
            streams=self._delivery is DeliveryMode.STREAM,
        )

    async def _answered(self, news: bool) -> None:  # told what health says
        if news:
            await self._clock_watch.compare()
            self._reconciler.nudge()
        self.sender.nudge()
        self.jobs.wake()

    # -- steps, for simulations -----------------------------------------------------------------

    async def pump_outbox(self) -> int:
        """Sends everything that can be sent now; returns the number of steps taken."""
        return await self.sender.pump()

    async def pump_inbox(self) -> int:
        """Fetches and applies everything there is; returns the number of deliveries applied.

        Raises:
            ProtocolError: BROKER_UNREACHABLE, or what else the broker answered.
        """
        return await self._receiver.pump()

    async def retry_quarantined(self) -> int:
        """Tries quarantined deliveries again, after keys were added; returns how many verify now.

        A node in service does so once after every start.
        """
        return await self._receiver.retry_quarantined()

    async def pump_instructions(self) -> int:
        """Hands stored instructions to the registry system; returns how many it carried out."""
        return await self._instructor.pump()

    async def pump_reports(self) -> int:
        """Queues the reports of registries that are due; returns how many."""
        return await self._reporter.pump()

    async def pump_reconciliations(self) -> int:
        """Queues what is to be stated of the books now; returns how many statements."""
        return await self._reconciler.pump()

    # -- commands -------------------------------------------------------------------------------

    async def propose(
        self, *wishes: proposal_pb2.ProposedTransaction, unchecked: bool = False
    ) -> Submitted:
        """Proposes transactions, several as one batch; see `commands.propose`."""
        return await self.work.run(lambda trip: propose(trip, wishes, unchecked=unchecked))

    async def mirror(self, positions: Sequence[UnitPosition], log_size: int) -> int:
        """Keeps a picture of what the node's Parties hold elsewhere; see `commands.mirror`."""
        return await self.work.run(lambda trip: mirror(trip, positions, log_size))

    async def mirrored(self) -> list[MirroredRow]:
        """Returns what was pulled last."""
        return await self.work.run(mirrored)

    async def accept(self, transaction_id: str, *, unchecked: bool = False) -> Submitted:
        """Accepts an offer."""
        return await self._answer(PayloadKind.ACCEPTANCE, transaction_id, "", unchecked)

    async def reject(
        self, transaction_id: str, reason: str = "", *, unchecked: bool = False
    ) -> Submitted:
        """Rejects an offer."""
        return await self._answer(PayloadKind.REJECTION, transaction_id, reason, unchecked)

    async def complete(self, transaction_id: str, *, unchecked: bool = False) -> Submitted:
        """Completes an own proposal made BY_PROPOSER."""
        return await self._answer(PayloadKind.COMPLETION, transaction_id, "", unchecked)

    async def withdraw(
        self, transaction_id: str, reason: str = "", *, unchecked: bool = False
    ) -> Submitted:
        """Withdraws an own proposal; one that was never sent only leaves the outbox."""
        return await self.work.run(
            lambda trip: withdraw(trip, transaction_id, reason, unchecked=unchecked)
        )

    async def _answer(
        self, kind: PayloadKind, transaction_id: str, reason: str, unchecked: bool
    ) -> Submitted:
        return await self.work.run(
            lambda trip: answer(trip, kind, transaction_id, reason=reason, unchecked=unchecked)
        )

    async def open_account(
        self, wish: statements_pb2.AccountStatement
    ) -> tuple[Submitted, AccountRow]:
        """Opens or closes an account."""
        return await self.work.run(lambda trip: declare_account(trip, wish))

    async def share(self, statement: sharing_pb2.SharingStatement) -> Submitted:
        """States how much a registry shares; see `commands.sharing`."""
        return await self.work.run(lambda trip: share(trip, statement))

    async def report(
        self, written: sharing_pb2.RegistryReport, *, from_ledger: bool = False
    ) -> Submitted:
        """Reports what is in a registry's books; see `commands.sharing`."""
        return await self.work.run(lambda trip: report(trip, written, from_ledger=from_ledger))

    async def reconcile(self, registry: str, wait_seconds: float = 0.0) -> ReconciliationRow:
        """Compares the books of a registry with the record; waits for the outcome for a while."""
        begun = await self.work.run(lambda trip: comparing.reconcile(trip, registry))
        name = begun.reconciliation_id
        found = await self._wait(lambda trip: comparing.ended(trip, name), wait_seconds)
        return found or await self.work.read(lambda trip: comparing.named(trip, name)) or begun

    async def compared(self) -> list[Compared]:
        """Returns how the books of the registries stand to the record."""
        return await self.work.read(comparing.compared)

    async def change_key(self, statement: statements_pb2.KeyStatement) -> Submitted:
        """Adds or revokes a key of this node."""
        return await self._declare(PayloadKind.KEY_STATEMENT, statement)

    async def write_to(self, message: notices_pb2.AdministratorMessage) -> Submitted:
        """Sends a message to the administrators of other registries."""
        return await self.work.run(lambda trip: noticing.write_to(trip, message))

    async def acknowledge(self, notice_id: str, note: str = "") -> Submitted:
        """Says that a notice was read."""
        return await self.work.run(lambda trip: noticing.acknowledge(trip, notice_id, note))

    async def notices(
        self, *, before: int = _LARGEST, most: int = 100, only_open: bool = False
    ) -> list[NoticeRow]:
        """Returns notices that came or went, newest first, with numbers below `before`."""
        return await self.work.read(
            lambda trip: noticing.notices(trip, before=before, most=most, only_open=only_open)
        )

    async def _declare(self, kind: PayloadKind, statement: Message) -> Submitted:
        return await self.work.run(lambda trip: declare(trip, kind, statement))

    async def set_clock(self, moment: datetime) -> datetime:
        """Sets the clock of a node on a test network forward; returns the time after it.

        Raises:
            ProtocolError: NOT_A_TEST_NETWORK or CLOCK_NOT_SETTABLE.
        """
        return await set_clock(self.work, moment)

    # -- questions ------------------------------------------------------------------------------

    async def outcome(self, message_id: str, wait_seconds: float = 0.0) -> Outcome:
        """Returns what came of a command, after waiting for the decision for a while.

        Raises:
            ProtocolError: NOT_FOUND.
        """
        found = await self._wait(lambda trip: _final(trip, message_id), wait_seconds)
        if found is None:
            found = await self.work.read(lambda trip: outcomes.outcome(trip, message_id))
        if found is None:
            raise ProtocolError(
                Reason.NOT_FOUND, f"no message {message_id} here", where="message_id"
            )
        return found

    async def _wait(self, ask: Callable[[Trip], T | None], wait_seconds: float) -> T | None:
        """Asks until there is an answer, again after every commit, for a while at most."""
        if wait_seconds <= 0:
            return await self.work.read(ask)
        changed = asyncio.Event()
        self._store.listen(changed.set)
        try:
            async with asyncio.timeout(wait_seconds):
                while (found := await self.work.read(ask)) is None:
                    await changed.wait()
                    changed.clear()
                return found
        except TimeoutError:
            return None
        finally:
            self._store.forget(changed.set)

    async def accounts(self) -> list[AccountRow]:
        """Returns the accounts of this node, by identifier."""
        return await self.work.read(lambda trip: trip.accounts())

    async def holdings(
        self, account_id: str = "", *, after: Place = FIRST, most: int = ALL
    ) -> list[Holding]:
        """Returns holdings by account and serial number, those behind a place."""
        return await self.work.read(
            lambda trip: outcomes.holdings(trip, account_id, after=after, most=most)
        )

    async def transactions(
        self, *, before: int = _LARGEST, most: int = 100, state: State | None = None
    ) -> Sequence[TransactionRow]:
        """Returns transactions, newest first, with numbers below `before`."""
        return await self.work.read(
            lambda trip: outcomes.transactions(trip, before=before, most=most, state=state)
        )

    async def reasons(self, rows: Sequence[TransactionRow]) -> list[str]:
        """Returns why each was rejected or withdrawn; empty for all others."""
        return await self.work.read(lambda trip: [outcomes.reason_of(trip, row) for row in rows])

    async def waiting(self, *, after: int = 0, most: int = ALL) -> list[TransactionRow]:
        """Returns the offers that wait for a person here, oldest first, with numbers above `after`."""
        return await self.work.read(lambda trip: outcomes.waiting(trip, after=after, most=most))

    async def story(self, transaction_id: str) -> Story:
        """Returns a transaction with everything said about it.

        Raises:
            ProtocolError: TRANSACTION_UNKNOWN.
        """
        found = await self.work.read(lambda trip: outcomes.story(trip, transaction_id))
        if found is None:
            raise ProtocolError(
                Reason.TRANSACTION_UNKNOWN,
                f"this node has no part in a transaction {transaction_id[:40]!a}",
                transaction_id=transaction_id[:40],
            )
        return found

    async def shared(self) -> list[Shared]:
        """Returns what the registries share and have reported."""
        return await self.work.read(shared)

    async def remarks(self, message_id: str) -> list[decision_pb2.Refusal]:
        """Returns what the clearing-house remarked on a message."""
        return await self.work.read(lambda trip: remarks(trip, message_id))

    async def ids_like(self, part: str) -> Sequence[str]:
        """Returns ids of transactions and notices that begin or end with a text."""
        return await self.work.read(lambda trip: outcomes.ids_like(trip, part))

    async def status(self) -> Status:
        """Returns how the node is doing."""
        return await self.work.read(outcomes.status)

    async def verify(self) -> Audit:
        """Verifies every stored proof again, and the books by them."""
        return await self._verification.run(Opener(self.identity, self.configured_keys))


def _final(trip: Trip, message_id: str) -> Outcome | None:
    found = outcomes.outcome(trip, message_id)
    return found if found is not None and found.final else None
