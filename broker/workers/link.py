# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The side of a worker: hands what came through its gate to the process that decides, and hears of changes."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Protocol

from broker.clearing.decision.rows import SignatureRow, StatementRow
from broker.clearing.path.aside import SetAside
from broker.clearing.path.cost import Charge, beyond_reading, known
from broker.clearing.path.deciding import Changes
from broker.clearing.path.early import EarlyMessages
from broker.clearing.path.fault import CODE, FOUND, MessageFault
from broker.clearing.path.lanes import Waiting
from broker.clearing.path.port import Answered
from broker.clearing.path.received import Received
from broker.clearing.path.rehearsing import Rehearsals
from broker.clearing.path.room import Room, RoomLimits
from broker.workers.frames import Kind, Line, refusal, told
from itmo.identifiers import NodeId
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import current_peer
from itmo.runtime.rpc.limiting import CallLimits

_SIGNATURES_AT_ONCE: Final = 64
_SIGNATURES_WAIT_SECONDS: Final = 0.02
"""Signatures gather for so long; what is lost with this process is signed again when it is asked for."""


_DATABASE_AWAY_SECONDS: Final = 0.25
"""What was heard is looked up in the database; while that is away, it is tried again after this."""


class Listener(Protocol):
    """What of a worker acts on what it hears."""

    async def hear(self, kind: Kind, values: tuple[Any, ...]) -> None:
        """Acts on it; the next is told afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the process that decides tells a worker first.

    Attributes:
        port: The one to listen on.
        database: Names its database.
        limits: Those of calls that the broker was started with.
    """

    port: int
    database: str
    limits: CallLimits


@dataclass(slots=True)
class _Heard:
    kind: Kind
    values: tuple[Any, ...]


class Link:
    """The decider of a worker's house: the process at the other end of its line.

    Args:
        rehearsals: Judge here what is only to be validated.
        charge: Has a node pay for it.
        room: How much may wait where it is decided.
        faulted: Told of a message that could not be judged here.
        lost: Told once the process that decides has ended.
    """

    def __init__(
        self,
        rehearsals: Rehearsals,
        charge: Charge,
        room: RoomLimits,
        faulted: Callable[[Received, Exception], None],
        lost: Callable[[], None],
        broken: Callable[[BaseException], None],
    ) -> None:
        self.line = Line(self._taken, self._lost)
        self.early = EarlyMessages(lambda _: None)
        self.welcome: asyncio.Future[Welcome] = asyncio.get_running_loop().create_future()
        self._rehearsals = rehearsals
        self._charge = charge
        self._room = Room(room)
        self._full: set[str] = set()
        """Nodes of which one was turned away where it is decided, and none answered here since."""
        self._faulted = faulted
        self._gone = lost
        self._broken = broken
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._numbers = count(1)
        self._heard: deque[_Heard] = deque()
        self._more = asyncio.Event()
        self._signatures: list[tuple[str, str, bytes]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    # -- what a house asks of its decider -------------------------------------------------------

    depth: Final = 0
    set_aside: Final[tuple[SetAside, ...]] = ()

    def start(self, next_sequences: dict[str, int]) -> None:  # noqa: ARG002  # kept where it is decided
        """Begins to judge what is only to be validated."""
        self._rehearsals.start(self._broken)

    async def stop(self) -> None:
        """Waits for what was handed over; what was signed is told."""
        await self._rehearsals.stop()
        await self._idle.wait()
        self._tell_signatures()

    def check_room(self, node: str, size: int) -> None:
        """Turns away what would be turned away there: nobody looks at its signature for nothing.

        What was handed over from here waits there at most; and once there was no room, there is none
        until one of those is answered.

        Raises:
            ProtocolError: OVERLOADED.
        """
        if node in self._full or not self._room.fits(node, size):
            raise self._room.refusal(node)

    async def submit(self, received: Received) -> Answered:
        """Has a message decided by the other process; returns after the commit.

        Raises:
            ProtocolError: as that process says; SHUTTING_DOWN, where it has ended.
        """
        if received.validate_only:
            return await self._rehearsed(received)
        statements, replayed, error = await self._handed_over(received)
        rows = tuple(_statement(each) for each in statements)
        return Answered(rows, replayed, refusal(error))

    async def _handed_over(self, received: Received) -> tuple[Any, ...]:
        peer, node = current_peer(), received.header.sender_node
        size = len(received.payload_bytes)
        self._room.enter(node, size)
        try:
            answer = await self._ask(
                Kind.SUBMIT,
                peer.node,
                peer.tls_key_hash,
                received.kind.label,
                received.payload_bytes,
                tuple(zip(received.keyids, received.signatures, strict=True)),
                received.verified,
                told(received.refusal),
            )
        except ProtocolError as error:
            if error.reason is Reason.OVERLOADED:
                self._full.add(node)
            raise
        else:
            self._full.discard(node)
            return answer
        finally:
            self._room.leave(node, size)
            if not self._room.holds(node):
                self._full.discard(node)  # nothing here would tell that there is room again

    async def _rehearsed(self, received: Received) -> Answered:
        cost = known(received)
        unpaid = beyond_reading(cost, len(received.payload_bytes))
        self._charge(received.header.sender_node, unpaid)
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        try:
            return await self._rehearsals.judge(Waiting(received, future, cost))
        except MessageFault as fault:
            self._faulted(received, fault.cause)
            raise ProtocolError(CODE, FOUND, message_id=received.header.message_id) from fault

    def catch_up(self, next_sequences: Mapping[str, int]) -> None:
        """Nothing: chains are kept where it is decided."""

    async def expire_due(self) -> int:
        """Ends nothing: the other process does."""
        return 0

    def note(self, caller: str, error: ProtocolError, payload_hash: bytes) -> None:
        """Has a refusal remembered."""
        self.line.send(Kind.REFUSED_AT_GATE, caller, told(error), payload_hash)

    def note_signature(self, row: SignatureRow) -> None:
        """Has a signature remembered, soon."""
        self._signatures.append((row.statement_id, row.keyid, row.signature))
        if len(self._signatures) >= _SIGNATURES_AT_ONCE:
            self._tell_signatures()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_SIGNATURES_WAIT_SECONDS, self._tell_signatures)

    def _tell_signatures(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._signatures:
            self.line.send(Kind.SIGNATURES, tuple(self._signatures))
            self._signatures.clear()

    async def acknowledge(self, node: NodeId, sequence: int) -> int:
        """Has noted how far a node has read."""
        (reached,) = await self._ask(Kind.ACKNOWLEDGE, node, sequence)
        return int(reached)

    async def greeted(self) -> Welcome:
        """Asks to be told of changes from now on; what was before is to be read after it.

        Raises:
            ProtocolError: SHUTTING_DOWN: the process that decides has ended.
        """
        self.line.send(Kind.HELLO)
        return await self.welcome

    def ready(self) -> None:
        """Says that this worker takes calls."""
        self.line.send(Kind.READY)

    def tell_subscription(self, node: NodeId, begins: bool) -> None:  # a callback's signature
        """Says that a node's subscription begins or ends here."""
        self.line.send(Kind.SUBSCRIBED if begins else Kind.UNSUBSCRIBED, node)

    def tell_spent(self, spent: Iterable[tuple[str, int]]) -> None:
        """Says what nodes have spent of their rates here."""
        self.line.send(Kind.SPENT, tuple(spent))

    def tell_held(self, held: Mapping[str, tuple[int, int]]) -> None:
        """Says which calls and streams nodes have under way here."""
        told = tuple((node, calls, streams) for node, (calls, streams) in held.items())
        self.line.send(Kind.HELD, "", told)

    def tell_standing(self, door: bytes, certificates: tuple[tuple[object, ...], ...]) -> None:
        """Says how the door is doing, and which certificates it was shown."""
        self.line.send(Kind.STANDING, door, certificates)

    def tell_keys(self, fault: ProtocolError | None) -> None:
        """Says that the keys are taken up which the settings name, or what hinders it."""
        self.line.send(Kind.TAKEN_UP, told(fault))

    # -- the line -------------------------------------------------------------------------------

    async def _ask(self, kind: Kind, *values: object) -> tuple[Any, ...]:
        if not self.line.open:
            raise _ended()
        number = next(self._numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls[number] = answer
        self._idle.clear()
        try:
            self.line.send(kind, number, *values)
            return await answer  # type: ignore[no-any-return]  # the values of a frame
        except asyncio.CancelledError:
            self.line.send(Kind.GONE, number)
            raise
        finally:
            del self._calls[number]
            if not self._calls:
                self._idle.set()

    def _taken(self, kind: Kind, values: tuple[Any, ...]) -> None:
        match kind:
            case Kind.ANSWERED | Kind.REACHED:
                call = self._calls.get(values[0])
                if call is not None and not call.done():
                    call.set_result(values[1:])
            case Kind.RAISED:
                call = self._calls.get(values[0])
                if call is not None and not call.done():
                    call.set_exception(refusal(values[1]) or _ended())
            case Kind.WELCOME:
                port, database, limits = values
                self.welcome.set_result(Welcome(port, database, CallLimits(**json.loads(limits))))
            case _:
                self._keep(kind, values)

    def _lost(self) -> None:
        for call in self._calls.values():
            if not call.done():
                call.set_exception(_ended())
        if not self.welcome.done():
            self.welcome.set_exception(_ended())
        self._gone()

    def _keep(self, kind: Kind, values: tuple[Any, ...]) -> None:
        """Keeps what is to be heard; changes that nobody has heard yet become one."""
        last = self._heard[-1] if self._heard else None
        if kind is Kind.CHANGED and last is not None and last.kind is kind:
            last.values = _together(last.values, values)
        else:
            self._heard.append(_Heard(kind, values))
        self._more.set()

    async def listen(self, listener: Listener) -> None:
        """Has a listener hear what the other process tells, one after the other."""
        while True:
            while not self._heard:
                self._more.clear()
                await self._more.wait()
            heard = self._heard.popleft()
            while True:
                try:
                    await listener.hear(heard.kind, heard.values)
                    break
                except ProtocolError as error:
                    if error.reason is not Reason.DATABASE_UNREACHABLE:
                        raise
                    await asyncio.sleep(_DATABASE_AWAY_SECONDS)
            if heard.kind is Kind.CHANGED:
                self.line.send(Kind.KNOWN, heard.values[0])


def _together(before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[Any, ...]:
    """Two CHANGED frames as one: the later number, and each name once."""
    number, directory, mailboxes, transactions = after
    return (
        number,
        before[1] or directory,
        tuple(dict.fromkeys((*before[2], *mailboxes))),
        tuple(dict.fromkeys((*before[3], *transactions))),
    )


def changes_of(values: tuple[Any, ...]) -> Changes:
    """What a CHANGED frame says."""
    _, directory, mailboxes, transactions = values
    return Changes(directory=directory, mailboxes=mailboxes, transactions=transactions)


def _statement(values: tuple[Any, ...]) -> StatementRow:
    statement, sequence, kind, *rest = values
    return StatementRow(statement, sequence, PayloadKind(kind), *rest)


def _ended() -> ProtocolError:
    return ProtocolError(
        Reason.SHUTTING_DOWN,
        "the process that decides has ended; connect again and send the same bytes: what was decided"
        " gets its first answer",
    )
