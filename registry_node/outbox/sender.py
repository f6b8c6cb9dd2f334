# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Sends the outbox: in order, one message at a time, the same bytes until the broker has them.

The only question after any failure is whether the broker has recorded the message. The answer to
a call says yes. A refusal says no, except where a version sent before may have been recorded under
a key that is no longer valid: so the broker is asked where it stands before anything is given up or
signed again. Everything else says nothing, and the same bytes are sent again later.

Nothing is sent before the broker's record was found to hold what this node was told of it, and while
own messages that it holds are not back in the store.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from itmo import limits
from itmo.envelope import Envelope
from itmo.keys import Signer
from itmo.reasons import CATALOGUE, Family, ProtocolError, Reason
from itmo.runtime.rpc.errors import TRANSPORT_CODE, judged_by_later, reason_name
from registry_node.broker_link import BrokerLink, SenderStanding
from registry_node.clock_watch import ClockWatch
from registry_node.commands.trip import Trip
from registry_node.health import Backoff, Health, asks_to_wait
from registry_node.inbox.opening import Opener
from registry_node.inbox.record_watch import RecordWatch
from registry_node.outbox import items, splitting
from registry_node.store.rows import ItemRow, ItemStatus, SignedRow
from registry_node.work import Work

_TIME_REFUSALS: Final = frozenset({Reason.CLOCK_SKEW, Reason.MESSAGE_EXPIRED})
_CHAIN_REFUSALS: Final = frozenset(
    {Reason.SEQUENCE_GAP, Reason.SEQUENCE_USED, Reason.PREVIOUS_HASH_MISMATCH}
)
_KEY_REFUSALS: Final = frozenset(
    {Reason.KEY_UNKNOWN, Reason.KEY_NOT_VALID_NOW, Reason.KEY_REVOKED, Reason.KEY_WRONG_PURPOSE}
)


_FEW: Final = 4
"""Items for which a stream is worth while."""
_BROKEN_STREAMS: Final = 3
"""Streams in a row that broke where calls got through, after which none is tried any more."""
_log: Final = structlog.get_logger(__name__)


class Progress(StrEnum):
    """What a step came to."""

    IDLE = "IDLE"  # nothing to send
    MOVED = "MOVED"  # an item got further; take the next step at once
    BLOCKED = "BLOCKED"  # try again after the pause


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the sender."""

    progress: Progress
    pause_seconds: float = 0.0


_IDLE: Final = Step(Progress.IDLE)
_MOVED: Final = Step(Progress.MOVED)


class Sender:
    """The one task that talks to the broker on behalf of the outbox.

    Attributes:
        signer: Signs from the next message on; what is signed stays as it is.
    """

    def __init__(
        self,
        work: Work,
        link: BrokerLink,
        signer: Signer,
        opener: Opener,
        health: Health,
        backoff: Backoff,
        clock_watch: ClockWatch,
        record_watch: RecordWatch,
        *,
        streams: bool = True,
    ) -> None:
        self._streams = streams
        self._broken_streams = 0
        self._work = work
        self._link = link
        self.signer = signer
        self._opener = opener
        self._health = health
        self._backoff = backoff
        self._clock_watch = clock_watch
        self._record_watch = record_watch
        self._signed_again: str | None = None
        self._wake = asyncio.Event()
        self._nudge = asyncio.Event()

    def wake(self) -> None:
        """Says that there may be something to send."""
        self._wake.set()

    def nudge(self) -> None:
        """Says that the broker answers again, so that a pause can end."""
        self._nudge.set()

    async def serve(self) -> None:
        """Sends until cancelled."""
        while True:
            self._wake.clear()
            self._nudge.clear()
            step = await self.step()
            if step.progress is Progress.IDLE:
                await self._wake.wait()
            elif step.progress is Progress.BLOCKED:
                try:
                    await asyncio.wait_for(self._nudge.wait(), step.pause_seconds)
                except TimeoutError:
                    continue

    async def pump(self) -> int:
        """Sends everything that can be sent now, without waiting; returns the number of steps."""
        moved = 0
        while (await self.step()).progress is Progress.MOVED:
            moved += 1
        return moved

    async def step(self) -> Step:
        """Takes the oldest item one step further."""
        item = await self._work.read(items.next_item)
        if item is None:
            return _IDLE
        try:
            await self._clock_watch.check()
            await self._record_watch.meet()
        except ProtocolError as error:
            if error is self._clock_watch.wrong:  # nothing is wrong with the line
                return Step(Progress.BLOCKED, self._backoff.next_seconds(error))
            return self._blocked(error)
        if await self._record_watch.behind():
            return Step(Progress.BLOCKED, self._backoff.next_seconds())
        if self._streams:
            step = await self._send_ahead()
            if step is not None:
                return step
        step = await self._send(item)
        if step.progress is Progress.MOVED:
            self._note_streams(self._broken_streams)
        return step

    async def _send(self, item: ItemRow) -> Step:
        """Sends one item by itself."""
        try:
            signed = await self._signed(item)
        except ProtocolError as error:
            return await self._refuse(item, error)
        if signed is None:
            return _MOVED
        try:
            await self._submit(item, signed)
        except ProtocolError as error:
            return await self._failed(item, signed, error)
        return _MOVED

    async def _send_ahead(self) -> Step | None:
        """Sends the next items on a stream, where there are more than a few; None: it cannot."""
        if await self._work.read(lambda trip: items.waiting(trip, _FEW)) < _FEW:
            return None
        window = await self._work.run(
            lambda trip: items.sign_ahead(trip, self.signer, limits.MAX_STREAMED)
        )
        if len(window) < _FEW:
            return None
        try:
            told = await self._link.submit_all(
                [items.envelope_of(signed.envelope) for _, signed in window],
                self._health.asked_to_wait,
            )
        except ProtocolError as error:
            if asks_to_wait(error):  # which says nothing of whether streams pass
                return self._blocked(error)
            self._broken_streams += 1
            if error.reason is Reason.CALL_NOT_OFFERED:
                self._broken_streams = _BROKEN_STREAMS
            return None
        self._broken_streams = 0
        done: list[tuple[ItemRow, SignedRow]] = []
        failure: ProtocolError | None = None
        for (item, signed), answer in zip(window, told, strict=True):
            try:
                if isinstance(answer, ProtocolError):
                    raise answer
                self._check_answer(answer.answers, item, signed)
            except ProtocolError as error:
                failure = error
                break
            done.append((item, signed))
        if done:
            if self._health.succeeded():
                self.nudge()
            await self._recorded(*done)
        # What was sent behind it waits for it, and is sent again, with a new place where it needs one.
        return _MOVED if failure is None else await self._failed(*window[len(done)], failure)

    def _note_streams(self, broken: int) -> None:
        """Gives streams up where calls get through and streams do not: a proxy does not let them pass."""
        if self._streams and broken >= _BROKEN_STREAMS:
            self._streams = False
            _log.warning("streams_do_not_pass_sending_singly")

    async def _signed(self, item: ItemRow) -> SignedRow | None:
        """The newest signing of an item, or None where it was withdrawn meanwhile."""

        def newest(trip: Trip) -> SignedRow | None:
            made = items.versions(trip, item)
            if made:
                return made[0]
            now = items.find_item(trip, item.message_id)  # a batch may have become smaller
            if now is None or now.status is not ItemStatus.QUEUED:
                return None
            return items.sign(trip, now, self.signer)

        if item.status is ItemStatus.SIGNED:
            return await self._work.read(newest)
        return await self._work.run(newest)

    async def _submit(self, item: ItemRow, signed: SignedRow) -> None:
        answer = await self._link.submit(items.envelope_of(signed.envelope))
        self._check_answer(answer.answers, item, signed)
        if self._health.succeeded():
            self.nudge()
        await self._recorded((item, signed))

    def _check_answer(
        self, answers: tuple[Envelope, ...], item: ItemRow, signed: SignedRow
    ) -> None:
        """Takes a message for recorded only on the broker's signed word about this very message."""
        fault: ProtocolError | None = None
        for envelope in answers:
            try:
                statement = self._opener.statement(envelope)
            except ProtocolError as error:
                fault = error
                continue
            if (
                statement.header.causation_id == item.message_id
                and statement.message_hash == signed.payload_hash
            ):
                return
        # Not a refusal: the broker may have recorded it. The same bytes will be sent again.
        raise ProtocolError(
            Reason.INTERNAL,
            "the broker's answer holds no valid statement about the message"
            f" ({fault.message if fault else 'it speaks of another one'});"
            " check the pinned keys of the broker.",
        )

    async def _recorded(self, *sent: tuple[ItemRow, SignedRow]) -> None:
        self._backoff.reset()
        self._signed_again = None

        def note(trip: Trip) -> None:
            for item, signed in sent:
                items.recorded(trip, item.message_id, signed.payload_hash)

        await self._work.run(note)

    async def _failed(self, item: ItemRow, signed: SignedRow, error: ProtocolError) -> Step:
        if not _definite(error):
            return self._blocked(error)
        if error.reason is Reason.MESSAGE_ID_REUSED:
            return await self._find_recorded_version(item, signed, error)
        try:
            standing = await self._link.sender_standing()
        except ProtocolError as unknown:
            return self._blocked(unknown)
        known = await self._work.read(lambda trip: items.versions(trip, item))
        for version in known:
            if _stands_at(standing, version):
                await self._recorded((item, version))
                return _MOVED
        if self._may_sign_again(signed, error):
            if error.reason in _TIME_REFUSALS:
                try:
                    await self._clock_watch.check_broker(error)
                except ProtocolError as wrong:
                    return self._blocked(wrong)
            if self._signed_again == item.message_id:
                self._signed_again = None  # it did not help this time; after the pause it may
                return self._blocked(error)
            self._signed_again = item.message_id
            if error.reason in _CHAIN_REFUSALS:
                # Not from where the broker says that it stands: it has to be the chain known here.
                self._record_watch.lost()
                return _MOVED if await self._followed(item) else self._blocked(error)
            await self._work.run(lambda trip: items.sign(trip, item, self.signer))
            return _MOVED
        return await self._refuse(item, error)

    def _may_sign_again(self, signed: SignedRow, error: ProtocolError) -> bool:
        if error.reason in _KEY_REFUSALS:
            return signed.keyid != self.signer.keyid
        return error.reason in _TIME_REFUSALS or error.reason in _CHAIN_REFUSALS

    async def _followed(self, item: ItemRow) -> bool:
        """Signs an item again for its place, where the broker's chain is the one known here."""
        try:
            await self._record_watch.meet()
        except ProtocolError:
            return False
        if await self._record_watch.behind():
            return False
        await self._work.run(lambda trip: items.sign(trip, item, self.signer))
        return True

    async def _find_recorded_version(
        self, item: ItemRow, signed: SignedRow, error: ProtocolError
    ) -> Step:
        """The broker has other bytes under this id: an earlier signing, most likely."""
        for version in await self._work.read(lambda trip: items.versions(trip, item)):
            if version.payload_hash == signed.payload_hash:
                continue
            try:
                await self._submit(item, version)
            except ProtocolError as other:
                if not _definite(other):
                    return self._blocked(other)
                continue
            return _MOVED

        self._record_watch.lost()
        try:
            await self._record_watch.meet()
        except ProtocolError as other:
            return self._blocked(other)
        if await self._record_watch.behind():
            return self._blocked(error)  # it comes back with what else this store lacks

        def give_up(trip: Trip) -> None:
            trip.alarm(
                error.reason,
                f"the broker has recorded a message {item.message_id} that this store never signed;"
                " the store is older than the broker's record, or a second instance is running."
                " Nothing was released: look at the transaction at the broker.",
                transaction_id=item.transaction_id or "",
            )
            items.conclude_elsewhere(trip, item, error)

        await self._work.run(give_up)
        return _MOVED

    async def _refuse(self, item: ItemRow, error: ProtocolError) -> Step:
        self._backoff.reset()
        self._signed_again = None
        if most := splitting.at_once(item, error):
            parts = await self._work.run(lambda trip: splitting.split(trip, item, most))
            _log.warning("message_split", reason=error.reason, parts=parts)
            return _MOVED
        await self._work.run(
            lambda trip: items.refuse(trip, item, reason_name(error), error.message)
        )
        return _MOVED

    def _blocked(self, error: ProtocolError) -> Step:
        self._health.failed(error)
        if not asks_to_wait(error):
            self._record_watch.lost()
        return Step(Progress.BLOCKED, self._backoff.next_seconds(error))


def _definite(error: ProtocolError) -> bool:
    """Whether an error says that the broker itself judged the message and did not record it."""
    if error.reason in {Reason.MESSAGE_TOO_LARGE, Reason.CALL_NOT_OFFERED}:
        return True  # also where gRPC says so: the same bytes are never taken in
    if judged_by_later(error):
        return True
    # Set by itmo.runtime.rpc for a status that gRPC made up itself; our reasons carry none.
    by_transport = TRANSPORT_CODE in error.metadata
    return not by_transport and CATALOGUE[error.reason].family in (Family.REFUSED, Family.CONFLICT)


def _stands_at(standing: SenderStanding, version: SignedRow) -> bool:
    return (
        standing.next_sequence == version.sender_sequence + 1
        and standing.previous_payload_hash == version.payload_hash
    )
