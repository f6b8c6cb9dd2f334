# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The side of the process that decides: takes verified messages from workers, and tells them what changed."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

import structlog

from broker.clearing.decision.rows import SignatureRow
from broker.clearing.path.cost import TOKEN
from broker.clearing.path.deciding import Changes
from broker.clearing.path.gate import Passed
from broker.clearing.path.house import ClearingHouse
from broker.workers.frames import Kind, Line, refusal, told
from broker.workers.spending import Spending, tokens
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.clock import from_ms
from itmo.envelope import Envelope, Signature
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.limiting import CallLimits
from itmo.validity import Validity

KNOWN_WITHIN: Final = timedelta(seconds=5)
"""A worker that has not taken note of a change of keys by then is hung, and is ended."""
LOOK_SECONDS: Final = 1.0
MOST_SILENT_LOOKS: Final = 10
"""A worker says each second how it is doing. One that has said nothing for so many looks is hung: the system
would go on leading new connections to it. Looks are counted and not seconds: this process may have been
asleep itself, and what workers said meanwhile is still to be read."""
_MAX_SIGNED_KEPT: Final = 20_000
"""Statements of which is known that their signature was noted, a few seconds' worth."""
_MILLISECOND: Final = timedelta(milliseconds=1)

_log: Final = structlog.get_logger()


class Member:
    """A worker, as the process that decides sees it.

    Attributes:
        name: What it is called in the log and in the status.
        line: The connection to it.
        follows: Whether it takes note of changes: it has read what there was before, or reads it next.
        ready: Set once it takes calls.
        gone: Set once its connection has ended.
        end: Ends the process at once.
        door: How its door is doing, as it said last.
        certificates: Those that nodes showed it.
    """

    def __init__(self, hub: Hub, name: str) -> None:
        self.name = name
        self.line = Line(self._taken, self._lost)
        self.follows = False
        self.ready = asyncio.Event()
        self.gone = asyncio.Event()
        self.end: Callable[[], None] = lambda: None
        self.door = pb.DoorStatus()
        self.certificates: dict[NodeId, Validity] = {}
        self._hub = hub
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._known = 0
        self._more_known = asyncio.Event()
        self._taking_up: deque[asyncio.Future[ProtocolError | None]] = deque()
        self._silent_looks = 0

    def _taken(self, kind: Kind, values: tuple[Any, ...]) -> None:
        match kind:
            case Kind.SUBMIT:
                self._begin(values[0], self._decided(*values))
            case Kind.ACKNOWLEDGE:
                self._begin(values[0], self._acknowledged(*values))
            case Kind.GONE:
                if call := self._calls.get(values[0]):
                    call.cancel()
            case Kind.HELLO:
                self.follows = True
                self._known = self._hub.welcome(self)
            case Kind.KNOWN:
                self._known = values[0]
                self._more_known.set()
            case Kind.STANDING:
                self._silent_looks = 0
                self.door = pb.DoorStatus.FromString(values[0])
                self.certificates = {
                    NodeId(node): Validity(what, fingerprint, from_ms(since), from_ms(until))
                    for node, what, fingerprint, since, until in values[1]
                }
            case Kind.READY:
                self.ready.set()
            case Kind.TAKEN_UP:
                if self._taking_up:
                    _settle(self._taking_up.popleft(), refusal(values[0]))
            case _:
                self._hub.taken(self, kind, values)

    def _begin(self, call: int, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._answered(call, work))
        self._calls[call] = task
        task.add_done_callback(lambda _: self._calls.pop(call, None))

    async def _answered(self, call: int, work: Coroutine[object, object, None]) -> None:
        """Whatever comes of it, the caller is told."""
        try:
            await work
        except Exception as raised:  # noqa: BLE001  # it is raised again where the caller waits
            self.line.send(Kind.RAISED, call, told(_as_refusal(raised)))

    async def _decided(
        self,
        call: int,
        caller: str,
        tls_key_hash: bytes,
        label: str,
        payload: bytes,
        signatures: tuple[tuple[str, bytes], ...],
        verified: bool,
        error: Any,  # noqa: ANN401  # what `refusal` takes
    ) -> None:
        envelope = Envelope(payload, label, tuple(Signature(*each) for each in signatures))
        passed = Passed(NodeId(caller), envelope, verified, refusal(error))
        answered = await self._hub.house.decide(passed, tls_key_hash)
        statements = tuple(
            (
                row.statement_id, row.sequence, row.kind.value, row.payload, row.payload_hash,
                row.causation_id, row.transaction_id, row.log_index, row.keyid, row.signature,
            )
            for row in answered.statements
        )  # fmt: skip
        self.line.send(Kind.ANSWERED, call, statements, answered.replayed, told(answered.refusal))

    async def _acknowledged(self, call: int, node: str, sequence: int) -> None:
        reached = await self._hub.house.acknowledge(NodeId(node), sequence)
        self.line.send(Kind.REACHED, call, reached)

    def knows_of(self, number: int) -> bool:
        """Whether the worker has taken note of a change, or will read it when it starts."""
        return self._known >= number or not self.follows

    async def knows(self, number: int) -> None:
        """Waits until the worker has taken note of a change, or has gone."""
        while not self.knows_of(number) and not self.gone.is_set():
            self._more_known.clear()
            await self._more_known.wait()

    def look(self) -> None:
        """Ends the worker, where it serves and has said nothing for long."""
        if not self.ready.is_set():
            return
        self._silent_looks += 1
        if self._silent_looks > MOST_SILENT_LOOKS:
            self.give_up()

    def give_up(self) -> None:
        """Ends a worker that is hung: whatever it does from now on is not to be seen by anybody."""
        _log.error("worker_hung", worker=self.name)
        self.end()
        self.line.abort()

    async def take_up_keys(self) -> ProtocolError | None:
        """Has the worker sign with the keys that the settings name now; returns what hinders it."""
        if self.gone.is_set():
            return None
        taken: asyncio.Future[ProtocolError | None] = asyncio.get_running_loop().create_future()
        self._taking_up.append(taken)
        self.line.send(Kind.TAKE_UP)
        try:
            return await asyncio.wait_for(asyncio.shield(taken), KNOWN_WITHIN.total_seconds())
        except TimeoutError:
            self.give_up()
            return None

    def _lost(self) -> None:
        for call in list(self._calls.values()):
            call.cancel()
        self.gone.set()
        self._more_known.set()
        while self._taking_up:  # its successor reads the settings when it starts
            _settle(self._taking_up.popleft(), None)
        self._hub.lost(self)


def _settle(taken: asyncio.Future[ProtocolError | None], fault: ProtocolError | None) -> None:
    if not taken.done():
        taken.set_result(fault)


class Hub:
    """The workers of a house.

    Args:
        house: Decides.
        port: The one that workers listen on.
        database: Names the database: what is decided there is what workers read.
        limits: Those of calls, at all workers.
    """

    def __init__(self, house: ClearingHouse, port: int, database: str, limits: CallLimits) -> None:
        self.house = house
        self._port = port
        self._database = database
        self._limits = json.dumps(asdict(limits))
        self._members: list[Member] = []
        self._number = 0
        self._directory = 0
        self._subscribed: dict[str, Member] = {}
        self._serving = True
        self._held: dict[str, tuple[tuple[str, int, int], ...]] = {}
        self._used: Callable[[str, float], None] = lambda *_: None
        self._subscribes: Callable[[str], None] = lambda _: None
        self._signed: OrderedDict[str, None] = OrderedDict()
        self._spending = Spending(self._tell_spent, limits.burst)
        house.tell(self._changed, self._known_everywhere)
        house.charge_by(self._charge)

    def _charge(self, node: str, spent: int) -> None:
        self._spending.add(node, spent / TOKEN)
        self._used(node, spent / TOKEN)

    # -- what nodes have of all workers, and of other brokers -----------------------------------

    def tell_use(
        self, spent: Callable[[str, float], None], subscribed: Callable[[str], None]
    ) -> None:
        """See `broker.use_elsewhere.Door`."""
        self._used, self._subscribes = spent, subscribed

    def held(self) -> dict[str, tuple[int, int]]:
        """See `broker.use_elsewhere.Door`."""
        total: dict[str, tuple[int, int]] = {}
        for member in self._members:
            for node, calls, streams in self._held.get(member.name, ()):
                before = total.get(node, (0, 0))
                total[node] = (before[0] + calls, before[1] + streams)
        return total

    def charge_elsewhere(self, node: str, tokens: float) -> None:
        """See `broker.use_elsewhere.Door`."""
        self._spending.add(node, tokens)

    def hold_elsewhere(self, process: str, held: Mapping[str, tuple[int, int]]) -> None:
        """See `broker.use_elsewhere.Door`."""
        self._hold(process, tuple((node, *each) for node, each in held.items()))

    def supersede(self, node: str) -> None:
        """See `broker.use_elsewhere.Door`."""
        holder = self._subscribed.pop(node, None)
        if holder is not None:
            holder.line.send(Kind.SUPERSEDED, node)

    def _hold(
        self, process: str, held: tuple[tuple[str, int, int], ...], but: Member | None = None
    ) -> None:
        if held:
            self._held[process] = held
        else:
            self._held.pop(process, None)
        self._send(Kind.HELD, process, held, but=but)

    def join(self, name: str) -> Member:
        """A place for a worker that starts; its line is to be connected."""
        member = Member(self, name)
        self._members.append(member)
        return member

    def welcome(self, member: Member) -> int:
        """Tells a worker that asks what it has to know; returns the number of the last change.

        What was changed before it reads from the database, of what is changed from now on it is told.
        """
        member.line.send(Kind.WELCOME, self._port, self._database, self._limits)
        member.line.send(Kind.SERVING, self._serving)
        for process, held in self._held.items():
            member.line.send(Kind.HELD, process, held)
        return self._number

    async def keep_watch(self) -> None:
        """Ends workers that are hung, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for member in list(self._members):
                member.look()

    def lost(self, member: Member) -> None:
        """Forgets a worker."""
        self._members.remove(member)
        self._hold(member.name, ())
        self._subscribed = {
            node: holder for node, holder in self._subscribed.items() if holder is not member
        }

    def taken(self, member: Member, kind: Kind, values: tuple[Any, ...]) -> None:
        """What a worker says that is not answered."""
        match kind:
            case Kind.REFUSED_AT_GATE:
                caller, error, payload_hash = values
                self.house.note(caller, refusal(error) or _unreadable(), payload_hash)
            case Kind.SIGNATURES:
                self._note_signatures(values[0])
            case Kind.SUBSCRIBED:
                self._subscribe(member, values[0])
            case Kind.UNSUBSCRIBED:
                if self._subscribed.get(values[0]) is member:
                    del self._subscribed[values[0]]
            case Kind.SPENT:
                self._send(Kind.SPENT, values[0], but=member)
                for node, parts in values[0]:
                    self._used(node, tokens(parts))
            case Kind.HELD:
                self._hold(member.name, values[1], but=member)
            case _:
                _log.error("frame_not_expected", worker=member.name, kind=kind.name)

    def _note_signatures(self, made: Iterable[tuple[str, str, bytes]]) -> None:
        """Notes each once: a statement that several workers hand out is signed by each of them."""
        for statement, keyid, signature in made:
            if statement not in self._signed:
                self._signed[statement] = None
                self.house.note_signature(SignatureRow(statement, keyid, signature))
        while len(self._signed) > _MAX_SIGNED_KEPT:
            self._signed.popitem(last=False)

    def connected(self, node: str) -> bool:
        """True while a node has a subscription."""
        return node in self._subscribed

    def doors(self) -> Mapping[str, pb.DoorStatus]:
        """How the door of each worker is doing."""
        return {each.name: each.door for each in self._members if each.ready.is_set()}

    def certificates(self) -> Mapping[NodeId, Validity]:
        """Returns of each node the certificate that ends last, of those shown to any worker."""
        last: dict[NodeId, Validity] = {}
        for member in self._members:
            for node, shown in member.certificates.items():
                if node not in last or shown.not_after > last[node].not_after:
                    last[node] = shown
        return last

    async def serving(self, *, yes: bool) -> None:
        """Has workers say to nodes whether messages are decided on."""
        self._serving = yes
        self._send(Kind.SERVING, yes)

    async def clock_set(self, offset: timedelta) -> None:
        """Has workers set the clock of a test network, and waits until they have."""
        self._send(Kind.CLOCK, offset // _MILLISECOND, False)
        await self._told_of_clock()

    async def clock_accepted(self) -> None:
        """Has workers take the machine's time for right, and waits until they have."""
        self._send(Kind.CLOCK, 0, True)
        await self._told_of_clock()

    async def _told_of_clock(self) -> None:
        self._changed(Changes(directory=True, mailboxes=(), transactions=()))
        await self._known_everywhere()

    async def take_up_keys(self) -> None:
        """Has all workers sign with the keys that the settings name now.

        Raises:
            ProtocolError: what hinders one of them. It is let go; its successor will find the same.
        """
        members = list(self._members)
        faults = await asyncio.gather(*(each.take_up_keys() for each in members))
        for member, fault in zip(members, faults, strict=True):
            if fault is not None:
                member.line.close()
        for fault in filter(None, faults):
            raise fault

    def stop(self) -> None:
        """Has workers finish what they have begun, and end."""
        self._send(Kind.STOP)

    def _subscribe(self, member: Member, node: str) -> None:
        holder = self._subscribed.get(node)
        if holder is not None and holder is not member:
            holder.line.send(Kind.SUPERSEDED, node)
        self._subscribed[node] = member
        self._subscribes(node)

    def _changed(self, changes: Changes) -> None:
        self._number += 1
        if changes.directory:
            self._directory = self._number
        self._send(
            Kind.CHANGED,
            self._number,
            changes.directory,
            changes.mailboxes,
            changes.transactions,
        )

    async def _known_everywhere(self) -> None:
        number = self._directory
        if all(each.knows_of(number) for each in self._members):
            return
        waits = {each: asyncio.ensure_future(each.knows(number)) for each in self._members}
        _, hung = await asyncio.wait(waits.values(), timeout=KNOWN_WITHIN.total_seconds())
        for member, wait in waits.items():
            if wait in hung:
                wait.cancel()
                if not member.gone.is_set():
                    member.give_up()

    def _tell_spent(self, spent: Iterable[tuple[str, int]]) -> None:
        self._send(Kind.SPENT, tuple(spent))

    def _send(self, kind: Kind, *values: object, but: Member | None = None) -> None:
        for member in self._members:
            if member is not but:
                member.line.send(kind, *values)


def _as_refusal(error: Exception) -> ProtocolError:
    if isinstance(error, ProtocolError):
        return error
    _log.error("worker_call_failed", error=f"{type(error).__name__}: {error}")
    return ProtocolError(Reason.INTERNAL, "the broker made an error of its own")


def _unreadable() -> ProtocolError:
    return ProtocolError(Reason.INTERNAL, "a worker said nothing of why it refused")
