# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker serve`: opens the books, audits them, serves until told to stop, and closes in order."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import structlog
import uvloop

from broker import __version__
from broker.api.operator import Operations
from broker.api.server import BrokerServers
from broker.app import (
    Parts,
    bring_up_to_date,
    broker_keys,
    build_house,
    invariants_of,
    reading_ahead_of,
    regime_services,
    timeline_standing_of,
)
from broker.clearing.path.aside import SetAside
from broker.clearing.path.house import ClearingHouse
from broker.configured import house_parts, server_settings, signers_named
from broker.expiries import BrokerExpiries
from broker.other_brokers import OtherBrokers
from broker.own_keys import KeysInUse, check_signers
from broker.regime.regimes import Regimes
from broker.reports import newest
from broker.reports.audit import MAX_SHOWN, broken_invariants
from broker.reports.dated_ahead import dated_ahead
from broker.settings import BrokerSettings
from broker.store import genesis, log_head, nodes
from broker.store.catalogues import outdated_from, refuse_outdated
from broker.store.engines import Writing, groups_of, made_anew
from broker.store.genesis import Network
from broker.store.log_head import log_end
from broker.store.signatures import sign_again
from broker.store.timekeeping import accept_clock, keep_clock, resume_clock
from broker.store.upgrading import say_gone, say_presence
from broker.ticking import Ticker
from broker.use_elsewhere import UseElsewhere
from broker.workers.front import WorkerFront
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.clock import Clock, OffsetClock, SystemClock
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import RandomIds
from itmo.reasons import ProtocolError, Reason
from itmo.runtime import observe
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.head import keep
from itmo.runtime.db.soundness import schema_faults
from itmo.runtime.db.sqlite import checkpoint
from itmo.runtime.db.thread import Database
from itmo.runtime.garbage import spare_what_is_loaded
from itmo.runtime.rpc.connections import raise_descriptor_limit
from itmo.runtime.stopping import StopWatchdog, stop_on_signals
from itmo.runtime.tasks import Tasks, TaskStanding

TICK_GRACE_SECONDS: Final = 5.0
"""A tick that was begun at a stop may take this long: one commit and one checkpoint."""
_MILLISECOND: Final = timedelta(milliseconds=1)
_STOPPED, _FAILED = 0, 4


def serve(
    settings: BrokerSettings,
    again: Callable[[], BrokerSettings] | None = None,
    folder: Path | None = None,
) -> int:
    """Serves; returns the exit status: 0 after an orderly stop, 4 after a fail stop.

    Args:
        settings: Everything that can be set.
        again: Reads the settings again, for keys that are changed while it serves.
        folder: Where workers find the settings, if there are to be any.

    Raises:
        ProtocolError: CONFIGURATION_INVALID or LEDGER_AUDIT_FAILED; nothing was served.
    """
    observe.set_up_service(
        log_format=settings.log.format,
        level=settings.log.level,
        node=settings.node_id,
        version=__version__,
    )
    # Workers are new programs and no copies of this one; gRPC would remark on each of them.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    watchdog = StopWatchdog()
    try:
        return uvloop.run(_serve(settings, watchdog, again or (lambda: settings), folder))
    finally:
        watchdog.disarm()


async def _serve(
    settings: BrokerSettings,
    watchdog: StopWatchdog,
    again: Callable[[], BrokerSettings],
    folder: Path | None,
) -> int:
    parts, connection = open_books(settings)
    books = settings.database.books
    writer = books.writing(connection)
    reader, rehearsing, reports = map(books.reading, ("reader", "rehearsing", "reports"))
    log = structlog.get_logger()
    stop = asyncio.Event()
    faults: list[BaseException] = []

    def broken(error: BaseException) -> None:
        faults.append(error)
        log.error("fail_stop", error=str(error))
        stop.set()

    house = build_house(parts, writer, reader, broken, rehearsing, reports, groups_of(connection))
    await house.start()
    tasks = Tasks(broken)
    keys = KeysInUse(parts, house, lambda: signers_named(again()))
    expiries = BrokerExpiries(
        settings,
        lambda: keys.parts,
        reader,
        lambda: servers.shown_certificates(),  # noqa: PLW0108  # made below
    )
    servers = _servers(
        house,
        settings,
        raise_descriptor_limit(),
        _Hands(parts.clock, writer, house, keys),
        folder,
        lambda: _standings(tasks, house),
        expiries.standing,
    )
    stop_on_signals(watchdog, stop)
    await servers.start()
    spare_what_is_loaded()
    listen = settings.server.listen
    log.info("serving", listen=listen, port=servers.port, network=settings.network_id)
    ticker = _ticker(house, parts, expiries, servers, writer)
    for name, run in _in_background(settings, parts, house, writer, reader, servers).items():
        tasks.start(name, partial(run, stop))
    tasks.start("tick", partial(ticker.run, stop))
    await stop.wait()
    watchdog.arm()
    log.info("stopping")
    watchdog.stage("the tick")
    await tasks.stop(within_seconds=TICK_GRACE_SECONDS)
    watchdog.stage("the servers and the queue")
    await servers.stop(house.stop)
    watchdog.stage("the database")
    await _close(house, parts, writer, reader, rehearsing, reports)
    log.info("stopped")
    return _FAILED if faults else _STOPPED


def _in_background(
    settings: BrokerSettings,
    parts: Parts,
    house: ClearingHouse,
    writer: Database,
    reader: Database,
    servers: Servers,
) -> dict[str, Callable[[asyncio.Event], Coroutine[object, object, None]]]:
    """What runs beside the tick until it is told to stop, by its name."""
    run: dict[str, Callable[[asyncio.Event], Coroutine[object, object, None]]] = {}
    ahead = reading_ahead_of(parts, house)
    if ahead is not None:
        run["timeline"] = ahead.run
    if settings.database.url:
        run["presence"] = partial(say_presence, writer)
    if settings.database.shared:
        run["other brokers"] = _others(house, reader, servers).run
    return run


def _others(house: ClearingHouse, reader: Database, servers: Servers) -> OtherBrokers:
    elsewhere = UseElsewhere(secrets.token_hex(8), servers.door, time.monotonic)
    return OtherBrokers(house, reader, elsewhere)


Servers = BrokerServers | WorkerFront
"""A server for nodes in this process, or workers that serve them."""


@dataclass(slots=True)
class _Hands:
    """What an operator's word does to this process and to its workers."""

    clock: Clock
    writer: Database
    house: ClearingHouse
    keys: KeysInUse
    servers: Servers | None = None

    async def set_clock(self, moment: datetime) -> datetime:
        reached = await set_clock(self.clock, self.writer, self.house, moment)
        await self._all().clock_set(self.clock)
        return reached

    async def accept_clock(self, moment: datetime) -> datetime:
        signer = self.keys.parts.operator_signer
        accepted = await self.writer.run(
            lambda connection: accept_clock(self.clock, connection, moment, signer)
        )
        await self._all().clock_accepted()
        return accepted

    async def take_up_keys(self) -> tuple[str, str]:
        taken = await self.keys.take_up()
        await self._all().take_up_keys()
        return taken

    def _all(self) -> Servers:
        assert self.servers is not None  # noqa: S101  # nobody can ask before they are there
        return self.servers


def _servers(
    house: ClearingHouse,
    settings: BrokerSettings,
    files: int,
    hands: _Hands,
    folder: Path | None,
    tasks: Callable[[], tuple[TaskStanding, ...]],
    standing: Callable[[], Awaitable[pb.ProgramStanding]],
) -> Servers:
    serving = server_settings(settings, files)
    operations = Operations(
        set_clock=hands.set_clock,
        accept_clock=hands.accept_clock,
        take_up_keys=hands.take_up_keys,
        tasks=tasks,
        standing=standing,
        timeline=timeline_standing_of(hands.keys.parts),
    )
    if folder is None or not settings.server.workers:
        hands.servers = BrokerServers(house, serving, operations, regime_services)
    else:
        database = hands.keys.parts.network.database_id
        hands.servers = WorkerFront(
            house, serving, operations, folder, settings.server.workers, database
        )
    return hands.servers


def _ticker(
    house: ClearingHouse,
    parts: Parts,
    expiries: BrokerExpiries,
    servers: Servers,
    writer: Database,
) -> Ticker:
    return Ticker(
        house,
        parts.clock,
        tell_expiries=expiries.tell,
        serving=lambda yes: servers.serving(yes=yes),
        keep_clock=lambda: writer.run(partial(keep_clock, parts.clock)),
        checkpoint=lambda: writer.run(checkpoint),
        may_judge=lambda: house.reader.run(partial(may_judge, parts)),
    )


def may_judge(parts: Parts, connection: Connection) -> None:
    """Looks whether this program may judge on a database, by the catalogues that programs brought.

    Raises:
        ProtocolError: RULEBOOK_OUTDATED.
    """
    refuse_outdated(outdated_from(connection, parts.regimes), parts.clock.now())


def _standings(tasks: Tasks, house: ClearingHouse) -> tuple[TaskStanding, ...]:
    aside = map(_standing, house.timeouts_set_aside())
    return (*tasks.standings(), *aside, *observe.log_standings())


def _standing(failed: SetAside) -> TaskStanding:
    return TaskStanding(f"time-out of {failed.transaction_id}", failed.fault, failed.failures)


async def _close(house: ClearingHouse, parts: Parts, writer: Database, *others: Database) -> None:
    """Leaves word of what the next start has to know, and closes; what fails here loses nothing decided."""
    left: list[str] = []
    found, away = "", False
    for what, last in (
        # After this start another key may be in use, which could not sign what was decided before it.
        ("signatures of statements", house.signer.sign_stored),
        ("the time of the clock", lambda: writer.run(partial(keep_clock, parts.clock))),
        ("the end of this process", lambda: writer.run(say_gone)),
        ("a checkpoint", lambda: writer.run(checkpoint)),
    ):
        try:
            if not away:  # each attempt to reach it takes seconds, and a stop has thirty
                await last()
                continue
        except (sqlite3.Error, ProtocolError) as error:
            found, away = found or str(error), isinstance(error, ProtocolError)
        left.append(what)
    if left:
        structlog.get_logger().error("not_tidied", left=", ".join(left), error=found)
    for each in (*others, writer):
        await each.close()


def open_books(settings: BrokerSettings) -> tuple[Parts, Writing]:
    """Opens the database for writing, brings it up to date, audits it, and checks the signers.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, or LEDGER_AUDIT_FAILED: it is not fit to be served.
    """
    books = settings.database.books
    if missing := books.shortfall():
        raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, missing, found=books.shown)
    connection = books.open_writer(alone=not settings.database.shared)
    try:
        _check_safe(settings, connection)
        parts = found_books(settings, connection)
        connection.head = keep(books.file, log_end(connection))
        faults = list(_start_faults(connection, parts.regimes))
    except BaseException:
        connection.close()
        raise
    if faults:
        connection.close()
        raise ProtocolError(
            Reason.LEDGER_AUDIT_FAILED,
            f"the start-up audit found {len(faults)} faults and refuses to serve:"
            f' {faults[0]}; run `broker verify` and see "At night" in operating.md',
        )
    resume_clock(parts.clock, connection)
    _tell_dated_ahead(connection, parts.clock)
    try:
        may_judge(parts, connection)
        check_signers(parts, nodes.keys(connection))
    except ProtocolError:
        connection.close()
        raise
    signed = sign_again(connection, parts.signer)
    if signed:
        structlog.get_logger().warning("statements_signed_again", count=signed)
    return parts, connection


def _check_safe(settings: BrokerSettings, connection: Connection) -> None:
    """A server that may lose what it committed serves test networks only, and is told of."""
    danger = settings.database.books.danger(connection)
    if danger and not settings.test_network:
        raise ProtocolError(Reason.CONFIGURATION_INVALID, danger, setting="database.url")
    if danger:
        structlog.get_logger().warning("database_not_safe", found=danger)


def found_books(
    settings: BrokerSettings, connection: Connection, clock_offset: timedelta = timedelta()
) -> Parts:
    """Brings a database that is open for writing up to date, and founds the network in an empty one.

    Args:
        settings: What the network is.
        connection: The database.
        clock_offset: How far the clock of a new test network is ahead.

    Returns:
        What the house of the settings and of the database's network is made of.
    """
    network = Network(
        network_id=NetworkId(settings.network_id),
        broker_node=NodeId(settings.node_id),
        test_network=settings.test_network,
        clock_offset_ms=clock_offset // timedelta(milliseconds=1),
        database_id=RandomIds().uuid7(SystemClock().now()),
    )
    parts = house_parts(settings, network)
    bring_up_to_date(connection, parts.regimes)
    known = genesis.found(connection, network, broker_keys(parts, parts.clock.now()))
    return house_parts(settings, known)


def _start_faults(connection: Connection, regimes: Regimes) -> Iterator[str]:
    """What does not hold, of what can be told at once: tables and guards, and the invariants.

    Of a long record its newest part is looked at; `broker verify` audits the whole.
    """
    with closing(made_anew(connection, regimes)) as fresh:
        yield from schema_faults(connection, fresh)
    # Other brokers may decide meanwhile: what is compared is of one moment.
    connection.execute("BEGIN")
    try:
        yield from _faults_of_the_record(connection, regimes)
    finally:
        connection.execute("ROLLBACK")


def _faults_of_the_record(connection: Connection, regimes: Regimes) -> Iterator[str]:
    decisions = log_head.log_size(connection)
    since = newest.newest_since(connection, decisions)
    if since is None:
        yield from broken_invariants(connection, invariants_of(regimes))
        return
    structlog.get_logger().info("audit_of_the_newest", since=since, decisions=decisions)
    yield from islice(newest.newest_faults(connection, since), MAX_SHOWN)


def _tell_dated_ahead(connection: Connection, clock: Clock) -> None:
    """Says at the start what a clock that was ahead has left in the record."""
    for each in dated_ahead(connection, clock.now()):
        structlog.get_logger().warning(
            "dated_ahead", kind=each.kind.value, name=each.name, until=str(each.until)
        )


async def set_clock(
    clock: Clock, writer: Database, house: ClearingHouse, moment: datetime
) -> datetime:
    """Sets a test network's clock forward, keeps it over a restart, and ends what is due by it.

    Raises:
        ProtocolError: NOT_A_TEST_NETWORK or CLOCK_NOT_SETTABLE.
    """
    if not isinstance(clock, OffsetClock):
        raise ProtocolError(
            Reason.NOT_A_TEST_NETWORK, "this is not a test network; its clock is the machine's"
        )
    clock.set(moment)
    offset = clock.offset // _MILLISECOND
    await writer.run(partial(genesis.set_clock_offset, offset_ms=offset))
    await house.expire_due()
    return clock.now()
