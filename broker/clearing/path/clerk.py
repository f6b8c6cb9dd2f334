# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The clerk: drains the queue of verified messages and has them decided in groups.

While one group is being committed the next one gathers, so a single caller never waits for
company, and many callers share one commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.clearing.decision.desk import Abandoned, nobody_goes
from broker.clearing.decision.rows import SignatureRow
from broker.clearing.path import cost
from broker.clearing.path.aside import SetAside, TimeoutFault
from broker.clearing.path.cost import Charge
from broker.clearing.path.early import EarlyMessages
from broker.clearing.path.fault import CODE, FOUND, MessageFault
from broker.clearing.path.lanes import Waiting
from broker.clearing.path.noted import Noted
from broker.clearing.path.port import (
    NO_NOTES,
    Answered,
    GroupStore,
    JudgeWhile,
    Notes,
    Outcome,
)
from broker.clearing.path.received import Received
from broker.clearing.path.rehearsing import Rehearsals
from broker.clearing.path.room import RoomLimits
from broker.clearing.path.waiting_room import WaitingRoom, moment
from broker.ledger.units import LedgerInvariantBroken
from itmo import limits
from itmo.clock import Clock, to_ms
from itmo.reasons import ProtocolError, Reason, retryable
from itmo.runtime.db.in_use import Locked
from itmo.runtime.tasks import of_the_machine


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkLimits:
    """How the clerk forms groups."""

    max_group: int = 128
    """Messages in one commit, or fewer, where they are dear (see broker.clearing.path.cost)."""
    max_queue: int = 5000
    """Messages waiting; past it the newest is turned away."""
    max_queue_per_node: int = 1000
    """Of one node: a fifth, so that one that floods is turned away before others are."""
    pacing: timedelta = timedelta(milliseconds=2)
    """A pause for company while several callers are active; none for a single caller."""

    def behind_workers(self) -> ClerkLimits:
        """The same where other processes take messages in: those come while a group is decided, and need no pause."""
        return replace(self, pacing=timedelta(0))

    @property
    def room(self) -> RoomLimits:
        """The queue. A node's payloads are at most 16 of the largest, all together 128."""
        return RoomLimits(
            messages=self.max_queue,
            messages_per_node=self.max_queue_per_node,
            payload_bytes=128 * limits.MAX_MESSAGE_BYTES,
            payload_bytes_per_node=16 * limits.MAX_MESSAGE_BYTES,
        )


class Clerk:
    """Decides what the gate let through. `start` and `stop` frame its life."""

    def __init__(
        self,
        store: GroupStore,
        judge: JudgeWhile,
        clock: Clock,
        settings: ClerkLimits,
        after_commit: Callable[[Outcome], None],
        broken: Callable[[BaseException], None],
        faulted: Callable[[Received, Exception], None],
        set_aside: Callable[[SetAside], None],
        charge: Charge,
    ) -> None:
        self._store = store
        self._judge = judge
        self._clock = clock
        self._settings = settings
        self._after_commit = after_commit
        self._broken = broken
        self._faulted = faulted
        self._tell_aside = set_aside
        self._most = settings.max_group
        self._charge = charge
        self._waiting = WaitingRoom(settings.room, settings.pacing)
        self._rehearsals = Rehearsals(store, judge, clock, charge)
        self._noted = Noted()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._failed: ProtocolError | None = None

    # -- life ---------------------------------------------------------------------------------

    def start(self, next_sequences: dict[str, int]) -> None:
        """Begins to decide; `next_sequences` says where every known sender's chain stands."""
        self._waiting.start(next_sequences)
        self._rehearsals.start(self._broken)
        self._task = asyncio.create_task(self._watched(), name="clerk")

    async def stop(self) -> None:
        """Decides what is queued, as far as it is done soon; writes what is noted, then ends."""
        self._stopping = True
        self._waiting.wake()
        for waiting in self.early.clear():
            waiting.refuse(_stopping())
        await self._rehearsals.stop()
        if self._task is not None:
            await self._task
        if not self._failed and self._noted:
            try:
                # Where the database is away the stop is an orderly one, without the notes.
                with suppress(ProtocolError):
                    await self._end_due(self._clock.now(), self._noted.take())
            except Exception as error:  # noqa: BLE001  # the notes are lost, the stop goes on
                self._broken(error)

    @property
    def depth(self) -> int:
        """Messages waiting for a decision."""
        return len(self._waiting)

    @property
    def early(self) -> EarlyMessages:
        """What waits for an earlier message of its sender."""
        return self._waiting.early

    # -- intake -------------------------------------------------------------------------------

    def check_room(self, node: str, size: int) -> None:
        """Finds out, before anything is done for a message, whether it could wait for a decision.

        Raises:
            ProtocolError: OVERLOADED.
        """
        self._waiting.lanes.check_room(node, size)

    async def submit(self, received: Received) -> Answered:
        """Has a message decided; returns after the commit.

        Raises:
            ProtocolError: OVERLOADED or SHUTTING_DOWN, before anything was decided; INTERNAL.
        """
        if self._stopping:
            raise _stopping()
        known = cost.known(received)
        unpaid = cost.beyond_reading(known, len(received.payload_bytes))
        self._charge(received.header.sender_node, unpaid)
        waiting = Waiting(received, asyncio.get_running_loop().create_future(), known)
        if received.validate_only:
            try:
                return await self._rehearsals.judge(waiting)
            except MessageFault as fault:
                raise self._alarmed(received, fault) from fault
        self._waiting.enter(waiting)
        return await waiting.answered

    def catch_up(self, next_sequences: Mapping[str, int]) -> None:
        """Takes note of how far senders' chains have got by what another broker has decided."""
        for node, following in next_sequences.items():
            self._waiting.catch_up(node, following)

    async def expire_due(self) -> int:
        """Ends what is due although no message came; returns how many transactions timed out.

        Nothing is ended while the clock is not to be trusted, nor after a failure.
        """
        look = self._clock.look()
        if look.fault is not None or self._failed:
            return 0
        notes = self._noted.take()
        try:
            if notes == NO_NOTES and not await self._store.may_be_due(look.now):
                return 0
            outcome, _ = await self._end_due(look.now, notes)
        except ProtocolError:  # the database is away, and comes back
            self._noted.keep(notes)
            return 0
        # Not BaseException: a caller that is cancelled while it waits says nothing of the engine.
        except Exception as error:
            self._give_up((), error)
            raise
        self._after_commit(outcome)
        return len(outcome.judged.effects.leaves)

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Time-outs that failed and are tried again later."""
        return self._store.aside.standings

    async def _end_due(self, now: datetime, notes: Notes = NO_NOTES) -> tuple[Outcome, int]:
        """Ends what is due; returns what came of it, and how many time-outs were set aside."""
        failed = 0
        while True:
            try:
                return await self._store.decide((), self._judge(nobody_goes), now, notes), failed
            except TimeoutFault as fault:
                self._put_aside(fault, now)
                failed += 1

    def _put_aside(self, fault: TimeoutFault, now: datetime) -> None:
        self._tell_aside(self._store.aside.put(fault, now))

    def note(self, caller: str, error: ProtocolError, payload_hash: bytes) -> None:
        """Remembers a refusal as an event; it is written with the next group."""
        self._noted.refused(caller, error, payload_hash, to_ms(self._clock.now()))
        if not retryable(error.reason):
            self._waiting.early.refused(caller, payload_hash)

    def note_signature(self, row: SignatureRow) -> None:
        """Remembers a signature that was made; it is written with the next group."""
        self._noted.signed(row)

    # -- groups -------------------------------------------------------------------------------

    async def _watched(self) -> None:
        """Whatever ends the clerk stops the service: a queue that nobody drains helps nobody."""
        try:
            await self._run()
        except Exception as error:  # noqa: BLE001  # all of them end in the fail stop
            if not self._failed:
                self._give_up((), error)

    async def _run(self) -> None:
        left = cost.STOPPING
        while True:
            if not len(self._waiting):
                if self._stopping:
                    return
                await self._waiting.somebody()
                continue
            if self._stopping and left <= 0:
                self._waiting.send_away(_stopping())
                return
            await self._waiting.gathered()
            group = self._waiting.next_group(self._most)
            if group:
                spent = await self._decide(group)
                left -= spent if self._stopping else 0
            elif len(self._waiting):
                await self._waiting.paused()

    async def _decide(self, in_turn: Sequence[Waiting]) -> int:
        """Decides a group, or what of it is decided together; returns what it cost.

        Whose turn it is says what is decided now; what is decided now is so in order of arrival.
        """
        group = sorted(in_turn, key=lambda waiting: waiting.arrived)
        places = {waiting.arrived: place for place, waiting in enumerate(group)}
        turns = [places[waiting.arrived] for waiting in in_turn]
        look = self._clock.look()
        if look.fault is not None:
            self._waiting.put_off(group, look.fault.refusal())
            return 0
        notes = self._noted.take()
        # The first is asked by itself: nearly always it waits, and nobody else has to be asked.
        judge = self._judge(lambda: group[0].gone and all(waiting.gone for waiting in group))
        began = moment()
        try:
            outcome = await self._store.decide(
                [waiting.received for waiting in group], judge, look.now, notes, turns
            )
        except Abandoned as gone:
            self._noted.keep(notes)
            for waiting in group:
                self._waiting.forget(waiting.received)
                self._pay(waiting, max(waiting.cost, gone.cost // len(group)))
            return gone.cost
        except TimeoutFault as fault:
            self._noted.keep(notes)
            self._put_aside(fault, look.now)
            self._waiting.lanes.put_back(in_turn)
            return sum(waiting.cost for waiting in group)
        except MessageFault as fault:
            self._noted.keep(notes)
            try:
                await self._after_fault(fault, group, in_turn, look.now)
            except ProtocolError as error:  # the database went away before it was known whose it is
                await self._one_by_one(group, error)
            return sum(waiting.cost for waiting in group)
        except (ProtocolError, LedgerInvariantBroken) as error:
            self._noted.keep(notes)
            await self._one_by_one(group, error)
            return sum(waiting.cost for waiting in group)
        except Exception as error:
            # The engine failed (disk full, input or output error): nobody knows what is durable.
            self._give_up(group, error)
            raise
        self._most = min(2 * self._most, self._settings.max_group)
        taken = [group[place] for place in outcome.taken]
        self._waiting.lanes.put_back(each for each in in_turn if each not in taken)
        costs = ((each.node, some) for each, some in zip(taken, outcome.costs, strict=True))
        self._waiting.pauses.decided(costs, began, moment())
        for waiting, spent in zip(taken, outcome.costs, strict=True):
            self._pay(waiting, spent)
        self._settle(taken, outcome)
        return sum(outcome.costs)

    def _pay(self, waiting: Waiting, spent: int) -> None:
        """Counts what a message has cost against its sender's turns and rate."""
        self._charge(waiting.node, cost.beyond_the_call(spent) - cost.beyond_the_call(waiting.cost))
        self._waiting.lanes.settle(waiting, spent)

    async def _one_by_one(self, group: Sequence[Waiting], error: Exception) -> None:
        """A group that failed is retried one by one, so that only the culprit suffers, if there is one."""
        if len(group) > 1 and not isinstance(error, Locked):
            for waiting in group:
                if self._failed:
                    waiting.refuse(self._failed)
                else:
                    await self._decide([waiting])
        elif isinstance(error, ProtocolError):
            for waiting in group:
                self._waiting.forget(waiting.received)
                waiting.refuse(error)
        else:
            self._give_up(group, error)

    async def _after_fault(
        self,
        fault: MessageFault,
        group: Sequence[Waiting],
        in_turn: Sequence[Waiting],
        now: datetime,
    ) -> None:
        """Puts a group in which something faulted back, but for a message that is refused for it.

        Raises:
            ProtocolError: The database is away; nothing was put back.
        """
        if fault.place is None and await self._ended_due(group, now):
            self._waiting.lanes.put_back(in_turn)
            return
        place = 0 if len(group) == 1 else fault.place
        refused = place is not None and await self._take_fault(group[place], fault)
        self._waiting.lanes.put_back(
            each for each in in_turn if not (refused and each is group[place or 0])
        )
        # What is left goes on in groups of 1, 2, 4 ...: before a group was tried, about as much
        # was decided since the last fault, so each fault costs what a few messages cost.
        self._most = 1

    async def _ended_due(self, group: Sequence[Waiting], now: datetime) -> bool:
        """Whether a fault may have been that of a time-out: something was due, and is no longer."""
        try:
            outcome, failed = await self._end_due(now)
        except ProtocolError:  # the database is away, and comes back
            raise
        except BaseException as error:
            self._give_up(group, error)
            raise
        self._after_commit(outcome)
        return bool(failed or outcome.judged.effects.leaves)

    async def _take_fault(self, waiting: Waiting, fault: MessageFault) -> bool:
        """Has a message that faults recorded in its turn, without effect.

        Returns:
            True, where it faulted even so: it is refused, and its number given back.
        """
        if not waiting.received.faulted:
            self._alarmed(waiting.received, fault)
            waiting.received = replace(waiting.received, faulted=True)
            return False
        # Is it the message, or can nothing be decided any more?
        await self._ended_due([waiting], self._clock.now())
        self._waiting.forget(waiting.received)
        self._pay(waiting, waiting.cost)
        waiting.refuse(_fault_of(waiting.received))
        return True

    def _alarmed(self, received: Received, fault: MessageFault) -> ProtocolError:
        """Tells the operator of a fault, in the log and among the events, and what its sender is told."""
        head = received.header
        self._faulted(received, fault.cause)
        told = f"message {head.message_id}: {type(fault.cause).__name__}"
        self.note(head.sender_node, ProtocolError(CODE, told), received.payload_hash)
        return _fault_of(received)

    def _give_up(self, group: Sequence[Waiting], error: BaseException) -> None:
        """Fails stop: a broken invariant, or an engine that no longer stores."""
        self._stopping = True
        self._failed = fault = _stopped_by(error)
        for waiting in group:
            waiting.refuse(fault)
        self._waiting.send_away(fault)
        self._broken(error)

    def _settle(self, group: Sequence[Waiting], outcome: Outcome) -> None:
        for node, sender in outcome.judged.world.senders.items():
            self._waiting.catch_up(node, sender.next_sequence)
        for waiting, answered in zip(group, outcome.answered, strict=True):
            if answered.refusal is not None:
                received = waiting.received
                node = received.header.sender_node
                self._waiting.stands(node, outcome.judged.world.senders.get(node))
                self.note(node, answered.refusal, received.payload_hash)
        self._after_commit(outcome)
        for waiting, answered in zip(group, outcome.answered, strict=True):
            if not waiting.answered.done():
                waiting.answered.set_result(answered)


def _fault_of(received: Received) -> ProtocolError:
    return ProtocolError(CODE, FOUND, message_id=received.header.message_id)


def _stopped_by(error: BaseException) -> ProtocolError:
    """What callers are told of a fail stop: whether their messages are stored is known after the next start."""
    if of_the_machine(error):
        return ProtocolError(
            Reason.SHUTTING_DOWN,
            "the broker's disk or database refused, and it stops; connect again and send the same bytes: what"
            " was decided gets its first answer",
        )
    return ProtocolError(Reason.INTERNAL, "the broker made an error of its own and stops")


def _stopping() -> ProtocolError:
    return ProtocolError(Reason.SHUTTING_DOWN, "the broker is shutting down; try again")
