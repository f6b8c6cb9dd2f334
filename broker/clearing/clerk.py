# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The clerk: drains the queue of verified messages and has them decided in groups.

While one group is being committed the next one gathers, so a single caller never waits for
company, and many callers share one commit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from broker.clearing.desk import to_ms
from broker.clearing.port import Answered, GroupStore, Judge, Notes, Outcome, Refused
from broker.clearing.received import Received
from broker.clearing.rows import SignatureRow
from broker.ledger.units import LedgerInvariantBroken
from itmo import limits
from itmo.clock import Clock
from itmo.reasons import ProtocolError, Reason

EARLY_WAIT: Final = timedelta(seconds=2)
"""How long a message waits for the one before it in its sender's sequence."""
_MAX_EVENTS: Final = 1000
"""Refusals remembered until the next commit; past it the oldest are dropped."""
_MAX_FOUND: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkLimits:
    """How the clerk forms groups."""

    max_group: int = 128
    """Messages in one commit: bounds the time a group holds the writer."""
    max_queue: int = 5000
    """Messages waiting; past it the newest is turned away."""
    pacing: timedelta = timedelta(milliseconds=1)
    """Wait for company while several callers are active; none for a single caller."""


@dataclass(slots=True)
class _Waiting:
    received: Received
    answered: asyncio.Future[Answered]


class Clerk:
    """Decides what the gate let through. `start` and `stop` frame its life."""

    def __init__(
        self,
        store: GroupStore,
        judge: Judge,
        clock: Clock,
        settings: ClerkLimits,
        after_commit: Callable[[Outcome], None],
        broken: Callable[[BaseException], None],
    ) -> None:
        self._store = store
        self._judge = judge
        self._clock = clock
        self._settings = settings
        self._after_commit = after_commit
        self._broken = broken
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._next: dict[str, int] = {}
        self._early: dict[str, dict[int, _Waiting]] = {}
        self._events: deque[Refused] = deque(maxlen=_MAX_EVENTS)
        self._signatures: list[SignatureRow] = []
        self._last_group = 0
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._failed = False

    # -- life ---------------------------------------------------------------------------------

    def start(self, next_sequences: dict[str, int]) -> None:
        """Begins to decide; `next_sequences` says where every known sender's chain stands."""
        self._next = dict(next_sequences)
        self._task = asyncio.create_task(self._run(), name="clerk")

    async def stop(self) -> None:
        """Decides what is queued, writes what is noted, then ends."""
        self._stopping = True
        self._wake.set()
        self._send_early_away(
            ProtocolError(Reason.SHUTTING_DOWN, "the broker is shutting down; try again")
        )
        if self._task is not None:
            await self._task
        if not self._failed and (self._signatures or self._events):
            await self._store.decide((), self._judge, self._clock.now(), self._take_notes())

    @property
    def depth(self) -> int:
        """Messages waiting for a decision."""
        return len(self._queue)

    # -- intake -------------------------------------------------------------------------------

    async def submit(self, received: Received) -> Answered:
        """Has a message decided; returns after the commit.

        Raises:
            ProtocolError: OVERLOADED or SHUTTING_DOWN, before anything was decided; INTERNAL.
        """
        if self._stopping:
            raise ProtocolError(Reason.SHUTTING_DOWN, "the broker is shutting down; try again")
        if len(self._queue) >= self._settings.max_queue:
            raise ProtocolError(Reason.OVERLOADED, "the broker's queue is full; try again later")
        if received.validate_only:
            outcome = await self._store.decide(
                [received], self._judge, self._clock.now(), keep=False
            )
            return outcome.answered[0]
        waiting = _Waiting(received, asyncio.get_running_loop().create_future())
        self._enqueue(waiting)
        return await waiting.answered

    async def expire_due(self) -> int:
        """Ends what is due although no message came; returns how many transactions timed out."""
        try:
            outcome = await self._store.decide(
                (), self._judge, self._clock.now(), self._take_notes()
            )
        except BaseException as error:
            self._give_up((), error)
            raise
        self._after_commit(outcome)
        return len(outcome.judged.effects.leaves)

    def note(self, caller: str, error: ProtocolError, payload_hash: bytes) -> None:
        """Remembers a refusal as an event; it is written with the next group."""
        self._events.append(
            Refused(
                to_ms(self._clock.now()),
                caller,
                error.reason,
                error.message[:_MAX_FOUND],
                payload_hash,
            )
        )

    def note_signature(self, row: SignatureRow) -> None:
        """Remembers a signature that was made; it is written with the next group."""
        self._signatures.append(row)

    def _take_notes(self) -> Notes:
        notes = Notes(tuple(self._events), tuple(self._signatures))
        self._events.clear()
        self._signatures.clear()
        return notes

    def _enqueue(self, waiting: _Waiting) -> None:
        head = waiting.received.header
        expected = self._next.get(head.sender_node, 1)
        ahead = head.sender_sequence - expected
        early = self._early.setdefault(head.sender_node, {})
        if 0 < ahead <= limits.MAX_EARLY_MESSAGES and head.sender_sequence not in early:
            early[head.sender_sequence] = waiting
            asyncio.get_running_loop().call_later(
                EARLY_WAIT.total_seconds(), self._late, head.sender_node, head.sender_sequence
            )
            return
        self._queue.append(waiting)
        if ahead == 0:
            self._next[head.sender_node] = expected + 1
            self._release_early(head.sender_node)
        self._wake.set()

    def _release_early(self, node: str) -> None:
        """Queues early messages of a sender whose turn has come."""
        early, expected = self._early.get(node, {}), self._next.get(node, 1)
        while expected in early:
            self._queue.append(early.pop(expected))
            expected += 1
        self._next[node] = expected

    def _late(self, node: str, sequence: int) -> None:
        """The message before did not come: let the database say which one is missing."""
        waiting = self._early.get(node, {}).pop(sequence, None)
        if waiting is not None:
            self._queue.append(waiting)
            self._wake.set()

    # -- groups -------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            if not self._queue:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            if self._last_group > 1 and len(self._queue) < self._last_group:
                await asyncio.sleep(self._settings.pacing.total_seconds())
            group = [
                self._queue.popleft()
                for _ in range(min(len(self._queue), self._settings.max_group))
            ]
            self._last_group = len(group)
            await self._decide(group)

    async def _decide(self, group: Sequence[_Waiting]) -> None:
        notes = self._take_notes()
        try:
            outcome = await self._store.decide(
                [waiting.received for waiting in group], self._judge, self._clock.now(), notes
            )
        except (ProtocolError, LedgerInvariantBroken) as error:
            self._events.extendleft(reversed(notes.refused))
            self._signatures[:0] = notes.signatures
            await self._one_by_one(group, error)
        except BaseException as error:
            # The engine failed (disk full, input or output error): nobody knows what is durable.
            self._give_up(group, error)
            raise
        else:
            self._settle(group, outcome)

    async def _one_by_one(self, group: Sequence[_Waiting], error: Exception) -> None:
        """A group that failed is retried one by one, so that only the culprit suffers."""
        if len(group) > 1:
            for waiting in group:
                if self._failed:
                    _resolve(waiting, _own_fault())
                else:
                    await self._decide([waiting])
        elif isinstance(error, ProtocolError):
            self._forget_sequence(group[0].received)
            _resolve(group[0], error)
        else:
            self._give_up(group, error)

    def _give_up(self, group: Sequence[_Waiting], error: BaseException) -> None:
        """Fail stop: a broken invariant, or an engine that no longer stores."""
        self._stopping = True
        self._failed = True
        fault = _own_fault()
        for waiting in (*group, *self._queue):
            _resolve(waiting, fault)
        self._queue.clear()
        self._send_early_away(fault)
        self._broken(error)

    def _send_early_away(self, error: ProtocolError) -> None:
        for early in self._early.values():
            for waiting in early.values():
                _resolve(waiting, error)
            early.clear()

    def _settle(self, group: Sequence[_Waiting], outcome: Outcome) -> None:
        for node, sender in outcome.judged.world.senders.items():
            if node not in self._next or self._next[node] < sender.next_sequence:
                self._next[node] = sender.next_sequence
                self._release_early(node)
        for waiting, answered in zip(group, outcome.answered, strict=True):
            if answered.refusal is not None:
                received = waiting.received
                chain = outcome.judged.world.senders.get(received.header.sender_node)
                self._next[received.header.sender_node] = chain.next_sequence if chain else 1
                self.note(received.header.sender_node, answered.refusal, received.payload_hash)
        self._after_commit(outcome)
        for waiting, answered in zip(group, outcome.answered, strict=True):
            if not waiting.answered.done():
                waiting.answered.set_result(answered)

    def _forget_sequence(self, received: Received) -> None:
        """A message that was not recorded gives its number back; those behind it will be told."""
        head = received.header
        if self._next.get(head.sender_node, 1) > head.sender_sequence:
            self._next[head.sender_node] = head.sender_sequence


def _own_fault() -> ProtocolError:
    return ProtocolError(Reason.INTERNAL, "the broker made an error of its own and stops")


def _resolve(waiting: _Waiting, error: ProtocolError) -> None:
    if not waiting.answered.done():
        waiting.answered.set_exception(error)
