# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A worker's life: takes calls of nodes, reads for itself, and has another process decide and write."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop

from broker import __version__
from broker.api.server import NodeServer, ServerSettings
from broker.app import (
    Parts,
    alarm,
    charter_of,
    judge_for,
    regime_services,
    rehearsing_store,
)
from broker.clearing.path.deciding import Writer
from broker.clearing.path.house import ClearingHouse
from broker.clearing.path.rehearsing import Rehearsals
from broker.configured import house_parts, server_settings, signers_named
from broker.mailbox.subscription import Subscriptions
from broker.own_keys import KeysInUse, check_signers
from broker.settings import BrokerSettings, load_settings
from broker.settings_file import FILE_NAME
from broker.store import nodes
from broker.store.genesis import read_network
from broker.store.timekeeping import resume_clock
from broker.workers.frames import Kind
from broker.workers.link import Link, Welcome, changes_of
from broker.workers.orphan import LOST_SECONDS, end_when_orphaned
from broker.workers.spending import PAUSE_SECONDS, Spending, tokens
from itmo.clock import OffsetClock, to_ms
from itmo.identifiers import NodeId
from itmo.keys import Signer
from itmo.reasons import ProtocolError, Reason
from itmo.runtime import observe
from itmo.runtime.db.thread import Database
from itmo.runtime.garbage import spare_what_is_loaded
from itmo.runtime.rpc.connections import raise_descriptor_limit
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.stopping import STOPS, StopWatchdog

STANDING_SECONDS: Final = 1.0
"""How old what `broker status` shows of a worker may be."""
_STOPPED, _CONFIGURATION, _FAILED = 0, 2, 4

_log: Final = structlog.get_logger()


def work(folder: Path, descriptor: int, number: int) -> int:
    """Works until it is told to stop, or nobody is left to tell it; returns the exit status.

    Args:
        folder: The directory of the broker.
        descriptor: The connection to the process that decides.
        number: Which worker it is.
    """
    # A terminal and a service manager tell the process that decides, which tells its workers.
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    connection = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    orphaned = end_when_orphaned(connection)
    try:
        settings = load_settings(folder / FILE_NAME, os.environ)
        observe.set_up_service(
            log_format=settings.log.format,
            level=settings.log.level,
            node=settings.node_id,
            version=__version__,
            worker=str(number),
        )
        return uvloop.run(_work(settings, folder, connection))
    except ProtocolError as error:
        _log.error("worker_cannot_serve", reason=error.reason.value, error=error.message)
        return _CONFIGURATION
    finally:
        orphaned.disarm()


async def _work(settings: BrokerSettings, folder: Path, connection: socket.socket) -> int:
    loop = asyncio.get_running_loop()
    files = raise_descriptor_limit()
    stop = asyncio.Event()
    faults: list[BaseException] = []

    def broken(error: BaseException) -> None:
        faults.append(error)
        _log.error("fail_stop", error=f"{type(error).__name__}: {error}")
        stop.set()

    def ended() -> None:
        if not stop.is_set():
            broken(ProtocolError(Reason.SHUTTING_DOWN, "the process that decides has ended"))

    parts = read_parts(settings)
    books = settings.database.books
    databases = [books.reading(name) for name in ("reader", "rehearsing", "reports")]
    house, link = build_worker(parts, *databases, broken=broken, ended=ended)
    await loop.create_connection(lambda: link.line, sock=connection)
    welcome = await link.greeted()
    check_database(books.shown, parts, welcome.database)
    await house.start()
    serving = as_told(server_settings(settings, files), welcome)
    server = NodeServer(house, serving, regime_services, shared_port=True)
    server.subscriptions.tell(link.tell_subscription)
    server.guard.tell(Spending(link.tell_spent, serving.call_limits.burst).add)
    keys = KeysInUse(parts, house, lambda: _signers(folder))
    heard = Hearing(
        house=house,
        guard=server.guard,
        subscriptions=server.subscriptions,
        serving=lambda yes: server.serving(yes=yes),
        take_up_keys=keys.take_up,
        link=link,
        stop=stop,
    )
    listening = loop.create_task(_watched(link.listen(heard), broken))
    telling = loop.create_task(_watched(_tell_standing(server, link), broken))
    holding = loop.create_task(_watched(tell_held(server.guard, link), broken))
    await server.start()
    link.ready()
    spare_what_is_loaded()
    await stop.wait()
    watchdog = StopWatchdog(LOST_SECONDS) if faults else StopWatchdog()
    watchdog.arm()
    for task in (telling, holding, listening):
        task.cancel()
    await server.stop(house.stop)
    for each in databases:
        await each.close()
    link.line.close()
    watchdog.disarm()
    return _FAILED if faults else _STOPPED


def read_parts(settings: BrokerSettings) -> Parts:
    """What the house of a worker is made of, by a database that the process that decides has founded.

    Raises:
        ProtocolError: CONFIGURATION_INVALID.
    """
    connection = settings.database.books.open_reader()
    try:
        network = read_network(connection)
        if network is None:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"{settings.database.books.shown} was never founded; `broker serve` does it before it starts"
                " workers",
                setting="database.path",
            )
        parts = house_parts(settings, network, operates=False)
        resume_clock(parts.clock, connection)
        check_signers(parts, nodes.keys(connection))
        return parts
    finally:
        connection.close()


def as_told(own: ServerSettings, welcome: Welcome) -> ServerSettings:
    """How a worker serves: its settings, with the port and the limits of calls that the broker was started with.

    A worker that starts again reads the settings again: if a limit was changed in them meanwhile, a node's limits
    would else be others at that worker than at those beside it.
    """
    host = own.listen.rpartition(":")[0]
    return replace(own, listen=f"{host}:{welcome.port}", call_limits=welcome.limits)


def check_database(shown: str, parts: Parts, decided: str) -> None:
    """Looks whether the settings still name the database that the process that decides writes to.

    Raises:
        ProtocolError: CONFIGURATION_INVALID: they were changed since it started.
    """
    found = parts.network.database_id
    if found != decided:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"The settings name another database now ({shown}) than when the"
            " broker was started; start it again, or undo the change.",
            setting="database",
            found=found,
            expected=decided,
        )


def build_worker(
    parts: Parts,
    reader: Database,
    rehearsing: Database,
    reports: Database,
    *,
    broken: Callable[[BaseException], None],
    ended: Callable[[], None],
) -> tuple[ClearingHouse, Link]:
    """A house that decides nothing itself, and its link to the process that does.

    Args:
        parts: What it is made of.
        reader: Answers questions.
        rehearsing: Validates without effect.
        reports: Answers what may take long.
        broken: Told of what the worker cannot go on after.
        ended: Told once the process that decides has ended.
    """
    charter = charter_of(parts)
    links: list[Link] = []

    def decider(house: ClearingHouse) -> Link:
        rehearsals = Rehearsals(
            rehearsing_store(parts, rehearsing), judge_for(parts, charter), parts.clock, house.pay
        )
        room = parts.clerk_limits.room
        links.append(Link(rehearsals, house.pay, room, alarm, ended, broken))
        return links[0]

    async def acknowledge(node: NodeId, sequence: int) -> int:
        return await links[0].acknowledge(node, sequence)

    async def signed_there(_: Signer) -> int:
        return 0  # the process that decides signs what is stored, before it has keys changed

    house = ClearingHouse(
        charter=charter,
        decider=decider,
        writer=Writer(
            acknowledge=acknowledge,
            sign_stored=signed_there,
        ),
        reader=reader,
        reports=reports,
        clock=parts.clock,
        signer=parts.signer,
        broken=broken,
    )
    return house, links[0]


def _signers(folder: Path) -> tuple[Signer, Signer]:
    return signers_named(load_settings(folder / FILE_NAME, os.environ), operates=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What of a worker acts on what the process that decides tells."""

    house: ClearingHouse
    guard: CallGuard
    subscriptions: Subscriptions
    serving: Callable[[bool], Awaitable[None]]
    take_up_keys: Callable[[], Awaitable[object]]
    link: Link
    stop: asyncio.Event

    async def hear(self, kind: Kind, values: tuple[Any, ...]) -> None:
        """Acts on it; the next is told afterwards."""
        match kind:
            case Kind.CHANGED:
                await self.house.hear(changes_of(values))
            case Kind.SPENT:
                for node, parts in values[0]:
                    self.guard.charge_elsewhere(node, tokens(parts))
            case Kind.HELD:
                process, held = values
                self.guard.hold_elsewhere(process, {node: each for node, *each in held})
            case Kind.SUPERSEDED:
                self.subscriptions.supersede(values[0])
            case Kind.SERVING:
                await self.serving(values[0])
            case Kind.CLOCK:
                self._set_clock(*values)
            case Kind.TAKE_UP:
                await self._take_up()
            case Kind.STOP:
                self.stop.set()
            case _:
                _log.error("frame_not_expected", kind=kind.name)

    def _set_clock(self, offset_ms: int, accepted: bool) -> None:
        clock = self.house.clock
        if accepted:
            clock.accept()
        elif isinstance(clock, OffsetClock):
            clock.resume(timedelta(milliseconds=offset_ms))

    async def _take_up(self) -> None:
        fault: ProtocolError | None = None
        try:
            await self.take_up_keys()
        except ProtocolError as error:
            fault = error
        self.link.tell_keys(fault)


async def _tell_standing(server: NodeServer, link: Link) -> None:
    while True:
        certificates = tuple(
            (node, each.what, each.fingerprint, to_ms(each.not_before), to_ms(each.not_after))
            for node, each in server.certificates.last().items()
        )
        link.tell_standing(server.door().SerializeToString(), certificates)
        await asyncio.sleep(STANDING_SECONDS)


async def tell_held(guard: CallGuard, link: Link) -> None:
    """Says what nodes have under way, as often as that changes, until it is cancelled."""
    last: dict[str, tuple[int, int]] = {}
    while True:
        held = guard.held()
        if held != last:
            link.tell_held(held)
            last = held
        await asyncio.sleep(PAUSE_SECONDS)


async def _watched(
    work: Coroutine[object, object, None], broken: Callable[[BaseException], None]
) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001  # whatever ends it ends the worker
        broken(error)
