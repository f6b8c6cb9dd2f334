# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Puts the program together: the only place that constructs adapters."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import grpc
import structlog

from itmo.clock import Clock, OffsetClock, SystemClock
from itmo.expiry import Expiring
from itmo.ids import RandomIds
from itmo.keys import Keyring, PublicKey, signer_from_uri
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.back_up import BackUp, back_up, note_back_up
from itmo.runtime.db.head import Head, damaged_database
from itmo.runtime.db.migrations import version_of
from itmo.runtime.db.sqlite import open_reader
from itmo.runtime.db.undamaged import refuse_undamaged
from itmo.runtime.garbage import spare_what_is_loaded
from itmo.runtime.rights import NotAllowed
from itmo.runtime.rpc.callers import identify_as
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.interceptors import CallGuard
from itmo.runtime.rpc.proxies import proxy_of
from itmo.runtime.rpc.renewing import RenewingChannel
from itmo.runtime.rpc.server import LOCAL, add_unix_port, make_server, stop_gracefully
from itmo.runtime.rpc.tls import TlsFiles
from itmo.runtime.standing import files_that_end
from itmo.runtime.stopping import StopWatchdog, stop_on_signals
from registry_node.adapters.grpc_link import READS, GrpcLink
from registry_node.adapters.grpc_meta import META_READS, GrpcMetaRegistry
from registry_node.adapters.grpc_office import OFFICE_READS, GrpcPartyAccounts
from registry_node.adapters.line import Line
from registry_node.adapters.report_file import ReportFile
from registry_node.api import (
    job_service,
    key_service,
    notice_service,
    office_service,
    reconciliation_service,
    sharing_service,
)
from registry_node.api.operator_service import OPERATOR_LIMITS, OperatorServicer, add_to_server
from registry_node.commands.trip import Trip
from registry_node.expiries import NodeExpiries, keys_that_end
from registry_node.going_back import Comparison, WentBack, compare, go_back
from registry_node.inbox.directory import registered_keys
from registry_node.inbox.opening import Opener, Verified
from registry_node.inbox.pinning import pinned_rows, with_rows
from registry_node.own_keys import check_signer
from registry_node.paris import paris_service
from registry_node.paris.grpc_authorizations import AUTHORIZATION_READS, GrpcAuthorizations
from registry_node.paris.rules import PARIS
from registry_node.service import RegistryNode
from registry_node.settings import Settings
from registry_node.store.commit_head import commit_end, commit_shortfall, has_head
from registry_node.store.database import (
    NotClaimed,
    Store,
    change_schema,
    is_new,
    node_state,
    open_for_writing,
    refuse_new,
)
from registry_node.store.explaining import explain
from registry_node.store.migrate import SCHEMA
from registry_node.store.signed_with import SignedMessage, signed_with
from registry_node.verifying.books import Audit, verify_store
from registry_node.verifying.proofs import Problem, Told, proven, untold

DATABASE: Final = "node.db"
_log: Final = structlog.get_logger(__name__)


def make_node(settings: Settings, store: Store) -> tuple[RegistryNode, GrpcLink, RenewingChannel]:
    """Constructs the node of the settings over a store.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, for keys and certificates that cannot be used.
    """
    link, channel = make_link(settings)
    clock: Clock = OffsetClock(SystemClock()) if settings.node.test_network else SystemClock()
    node = RegistryNode(
        identity=settings.identity(),
        store=store,
        link=link,
        signer=signer_from_uri(settings.node.signer),
        broker_keys=settings.broker_keys(),
        clock=clock,
        ids=RandomIds(),
        policy=settings.policy(),
        random=Random(secrets.randbits(64)),  # noqa: S311 - jitter, no secret
        delivery=settings.broker.delivery,
        report_source=ReportFile(books) if (books := settings.sharing.books) else None,
        rules=PARIS,
        frequency=settings.frequency(),
    )
    return node, link, channel


def make_link(settings: Settings) -> tuple[GrpcLink, RenewingChannel]:
    """Constructs the way to the broker of the settings, and what makes it anew with new certificates.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, for certificates that cannot be used.
    """
    address = settings.broker.address
    files = tls_files(settings)
    channel = RenewingChannel(
        files,
        lambda: secure_channel(
            address,
            files,
            server_name=settings.broker.server_name,
            reads=READS + META_READS + OFFICE_READS + AUTHORIZATION_READS,
        ),
    )
    link = GrpcLink(Line(channel, proxy_of(address, os.environ)))
    channel.renewed = link.reconnect
    return link, channel


def make_expiries(settings: Settings, node: RegistryNode) -> NodeExpiries:
    """Constructs what looks when the keys and certificates of the settings end."""
    return NodeExpiries(
        node,
        tls=tls_files(settings),
        database=settings.node.data_dir / DATABASE,
    )


def tls_files(settings: Settings) -> TlsFiles:
    """Returns the files of the connection."""
    return TlsFiles(settings.tls.ca, settings.tls.certificate, settings.tls.key)


def verify_stored(settings: Settings, told: Told = untold) -> Audit:
    """Verifies the store of a node as of one moment, whether the node runs or not; changes nothing.

    Of a store without a head, such as a back-up that is tried, what it lacks cannot be told.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when there is none or it cannot be opened.
    """
    path = _database(settings)
    try:
        missing = commit_shortfall(path) if has_head(path) else ""
        with closing(SCHEMA.open_reader(path)) as db:
            opener = Opener(settings.identity(), Keyring(settings.broker_keys()))
            if not missing:
                refuse_new(db)
            db.execute("BEGIN")
            found = verify_store(_trip(settings, db), opener, told)
    except sqlite3.Error as error:
        refuse_undamaged(path, error)
        missing, found = f"the file {path} is damaged: {error}", Audit(0, 0, ())
    except (NotAllowed, NotClaimed):
        raise  # nothing was looked at
    except ProtocolError as error:
        missing, found = error.message, Audit(0, 0, ())
    lost = (Problem(b"", "", Reason.LEDGER_AUDIT_FAILED, missing),) if missing else ()
    return replace(found, problems=(*lost, *found.problems))


def is_of_another_version(settings: Settings) -> bool:
    """Whether the store has a version that this program does not read, as in the midst of an upgrade."""
    try:
        with closing(open_reader(settings.node.data_dir / DATABASE)) as db:
            if not version_of(db):
                return False
            SCHEMA.check_reader(db, older=False)
    except ProtocolError:
        return True
    except sqlite3.Error:
        return False
    return False


@contextmanager
def proven_store(settings: Settings) -> Iterator[tuple[Trip, Mapping[bytes, Verified]]]:
    """Opens the store for reading, whether the node runs or not, with every message in it verified.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when there is none or it cannot be read;
            LEDGER_AUDIT_FAILED, when a message in it does not verify or one is missing.
    """
    path = _database(settings)
    try:
        with closing(SCHEMA.open_reader(path)) as db:
            refuse_new(db)
            trip = _trip(settings, db)
            now = trip.now + timedelta(milliseconds=node_state(db).clock_offset_ms)
            opener = Opener(settings.identity(), Keyring(settings.broker_keys()))
            yield replace(trip, now=now), proven(trip, opener)
    except sqlite3.Error as error:
        raise ProtocolError(Reason.CONFIGURATION_INVALID, damaged_database(path, error)) from None


def check_keys(settings: Settings) -> list[Expiring]:
    """Compares the signer with its registration as it is known here; returns what ends.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when it cannot sign, or the store cannot be read.
    """
    identity, machine = settings.identity(), SystemClock().now()
    keyid, pinned = signer_from_uri(settings.node.signer).keyid, settings.broker_keys()
    now, keys = machine, list[PublicKey]()
    database = settings.node.data_dir / DATABASE
    if database.exists():
        try:
            with closing(SCHEMA.open_reader(database)) as db:
                if not is_new(db):
                    now += timedelta(milliseconds=node_state(db).clock_offset_ms)
                    trip = Trip(db, now, RandomIds(), identity, PARIS)
                    keys, told = registered_keys(trip), pinned_rows(trip)
                    pinned = tuple(with_rows(Keyring(pinned), told, identity.broker_node))
        except sqlite3.Error as error:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID, damaged_database(database, error)
            ) from None
    check_signer(keyid, identity.node, keys, pinned, now)
    own = [key for key in keys if key.keyid == keyid]
    files = files_that_end(tls_files(settings), identity.node, identity.network_id, machine)
    return [*files, *keys_that_end((*own, *pinned), now)]


def signed_messages(settings: Settings, keyid: str, since: datetime | None) -> list[SignedMessage]:
    """Returns what was signed here with a key, whether the node runs or not.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when there is no database.
    """
    with closing(SCHEMA.open_reader(_database(settings))) as db:
        refuse_new(db)
        return signed_with(db, keyid, since)


def back_up_store(settings: Settings, target: Path) -> BackUp[Head]:
    """Copies the store to a new file, whether the node runs or not; says how far it had come.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when there is none or it cannot be opened;
            ALREADY_EXISTS; LEDGER_AUDIT_FAILED, when the copy is not sound.
        OSError: The disk did not take it; it names the copy.
    """
    database = _database(settings)
    with closing(SCHEMA.open_reader(database, older=True)) as db:
        made = back_up(db, target, lambda copy: commit_end(copy).head)
    note_back_up(database, made, SystemClock().now())
    return made


async def compare_record(settings: Settings) -> Comparison:
    """Compares the broker's record with what the store was told of it; changes nothing.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when there is no store; LEDGER_AUDIT_FAILED, when it ends
            before its head; why the broker cannot be asked.
    """
    with closing(SCHEMA.open_reader(whole_database(settings))) as db:
        refuse_new(db)
        return await _compared(settings, db)


async def accept_record(
    settings: Settings, *, send_again: bool
) -> tuple[Comparison, WentBack | None]:
    """Takes the broker's record as it is: the store goes back to what both have; see `going_back`.

    Returns:
        What was found, and what came of it; None where nothing differed and nothing was changed.

    Raises:
        ProtocolError: As of `compare_record`; CONFIGURATION_INVALID, when the node runs.
    """
    path = whole_database(settings)
    with closing(open_for_writing(path)) as db:
        found = await _compared(settings, db)
        if not found.differs:
            return found, None
        opener = Opener(settings.identity(), Keyring(settings.broker_keys()))
        trip = _trip(settings, db)
        return found, go_back(trip, path, opener, found.common, send_again=send_again)


async def _compared(settings: Settings, db: sqlite3.Connection) -> Comparison:
    link, _ = make_link(settings)
    try:
        return await compare(_trip(settings, db), link)
    finally:
        await link.close()


def _trip(settings: Settings, db: sqlite3.Connection) -> Trip:
    return Trip(db, SystemClock().now(), RandomIds(), settings.identity(), PARIS)


def migrate(settings: Settings, *, contract: bool) -> tuple[str, str]:
    """Adds to the store of a node that does not run what this program needs, or takes away what it does not.

    Returns:
        The schema version that was found, and that it has now.

    Raises:
        ProtocolError: CONFIGURATION_INVALID: the store is in use, or of a version that is not known.
    """
    return change_schema(whole_database(settings), contract=contract)


def whole_database(settings: Settings) -> Path:
    """Where the store lies that has all that was acknowledged.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED, where something is missing; CONFIGURATION_INVALID.
    """
    path = _database(settings)
    if missing := commit_shortfall(path):
        raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, missing, found=str(path))
    return path


def _database(settings: Settings) -> Path:
    path = settings.node.data_dir / DATABASE
    if not path.exists():
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"There is no database {path} yet; the first `registry-node serve` makes it.",
            setting="node.data_dir",
            found=str(path),
        )
    return path


async def serve(
    settings: Settings,
    stopping: asyncio.Event,
    watchdog: StopWatchdog | None = None,
    again: Callable[[], Settings] | None = None,
) -> None:
    """Serves until `stopping` is set, a signal comes, or a task fails.

    Args:
        settings: Everything that can be set.
        stopping: Ends it.
        watchdog: Ends a stop that hangs.
        again: Reads the settings again, for keys that are changed while it serves.

    Raises:
        ProtocolError: CONFIGURATION_INVALID; nothing was started.
    """
    settings.node.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = await Store.open(settings.node.data_dir / DATABASE)
    link: GrpcLink | None = None
    try:
        node, link, channel = make_node(settings, store)
        await node.prepare()
        expiries = make_expiries(settings, node)
        identity = node.identity
        guard = CallGuard(
            identify=identify_as(identity.network_id, identity.node),
            limits=OPERATOR_LIMITS,
            explain=explain,
        )
        server = make_server(limits=LOCAL, interceptors=[guard])
        _add_services(server, node, link, expiries)
        reread = again or (lambda: settings)
        keys = key_service.KeyServicer(
            node, lambda: signer_from_uri(reread().node.signer), channel.renew
        )
        key_service.add_to_server(keys, server)
        add_unix_port(server, settings.node.operator_socket)
        await server.start()
        await node.start(expiries=expiries.serve)
        spare_what_is_loaded()
        _log.info("serving", node=identity.node, socket=str(settings.node.operator_socket))
        watchdog = watchdog or StopWatchdog()
        try:
            await _until(stopping, node, watchdog)
        finally:
            watchdog.arm()
            watchdog.stage("the operator's server")
            await stop_gracefully(server, guard=guard)
            watchdog.stage("the background tasks")
            await node.stop()
            watchdog.stage("the store")
            _log.info("stopped", node=identity.node)
    finally:
        if link is not None:
            await link.close()
        await store.close()
        if watchdog is not None:
            watchdog.disarm()


def _add_services(
    server: grpc.aio.Server, node: RegistryNode, link: GrpcLink, expiries: NodeExpiries
) -> None:
    look_up = paris_service.looking_up(node, GrpcAuthorizations(link.line))
    add_to_server(OperatorServicer(node, expiries.standing, look_up), server)
    paris_service.add_to_server(paris_service.ParisServicer(node), server)
    meta = GrpcMetaRegistry(link.line)
    sharing_service.add_to_server(sharing_service.SharingServicer(node, meta), server)
    notice_service.add_to_server(notice_service.NoticeServicer(node), server)
    reconciliation_service.add_to_server(
        reconciliation_service.ReconciliationServicer(node), server
    )
    job_service.add_to_server(job_service.JobServicer(node), server)
    accounts = GrpcPartyAccounts(link.line)
    office_service.add_to_server(office_service.OfficeServicer(node.identity, accounts), server)


async def _until(stopping: asyncio.Event, node: RegistryNode, watchdog: StopWatchdog) -> None:
    stop_on_signals(watchdog, stopping)
    asked = asyncio.create_task(stopping.wait())
    failed = asyncio.create_task(node.failed())
    try:
        done, _ = await asyncio.wait({asked, failed}, return_when=asyncio.FIRST_COMPLETED)
        if failed in done:
            failed.result()  # raises what went wrong: the process ends and is started anew
    finally:
        asked.cancel()
        failed.cancel()
        # Waited for, so that neither is destroyed pending nor keeps a fault that nobody reads.
        await asyncio.gather(asked, failed, return_exceptions=True)
