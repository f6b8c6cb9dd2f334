# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of a broker, checked before it serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.reasons import ProtocolError
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from itmo.runtime.db.in_use import Locked

if TYPE_CHECKING:
    from pathlib import Path

    from broker.settings import BrokerSettings
    from broker.store.genesis import Network
    from itmo.runtime.db.connection import Connection


@click.command("check-config")
def check_config() -> int:
    """Reads broker.toml and every file it names, and says what is wrong with them."""
    from broker.settings_file import FILE_NAME

    run = session()
    settings = run.settings()
    results = [_checked(name, check) for name, check in _checks(settings, run.folder / FILE_NAME)]

    def text(screen: Screen) -> None:
        screen.table(
            ("what", "result", "found"),
            [(name, _result(ok, found), found) for name, ok, found in results],
        )

    faults = [found for _, ok, found in results if not ok]
    listed = [
        {"what": name, "ok": ok, "result": _result(ok, found), "found": found}
        for name, ok, found in results
    ]
    run.show({"ok": not faults, "checked": listed}, text)
    return Exit.USAGE if faults else Exit.DONE


class Remark(str):
    """What was found and keeps nothing from starting, but is not as it should be."""

    __slots__ = ()


def _result(ok: bool, found: str) -> str:
    return ("REMARK" if isinstance(found, Remark) else "ok") if ok else "ERROR"


def _checks(settings: BrokerSettings, file: Path) -> list[tuple[str, Callable[[], str]]]:
    from broker.authority import load_authority
    from itmo.identifiers import NetworkId
    from itmo.keys import signer_from_uri
    from itmo.runtime.rpc.connections import connections_within, raise_descriptor_limit
    from itmo.runtime.rpc.tls import channel_credentials

    def files() -> str:
        limit = raise_descriptor_limit()
        return f"{limit} may be open, for {connections_within(limit)} connections"

    def tls() -> str:
        channel_credentials(settings.tls_files)
        return _certificate(settings)

    def authority() -> str:
        if not settings.authority.key.exists():
            return "its key is not here; `broker admit` needs it, serving does not"
        network = NetworkId(settings.network_id)
        return load_authority(
            network, settings.authority.certificate, settings.authority.key
        ).fingerprint

    return [
        ("settings", lambda: f"{settings.network_id}, node {settings.node_id}"),
        ("signers.message", lambda: signer_from_uri(settings.signers.message).keyid),
        ("signers.operator", lambda: signer_from_uri(settings.signers.operator).keyid),
        ("tls", tls),
        ("authority", authority),
        ("database", lambda: _database(settings)),
        ("private files", lambda: _private(settings, file)),
        ("open files", files),
        ("registered keys", lambda: _registered(settings)),
        ("what ends", lambda: _ends(settings)),
        ("clock", lambda: _clock(settings)),
    ]


@contextmanager
def _books(settings: BrokerSettings) -> Iterator[tuple[Connection, Network] | None]:
    """The database for reading, and its network; None where it is not founded, or to be upgraded."""
    import sqlite3
    from contextlib import closing

    from broker.store import genesis
    from broker.store.migrate import SCHEMA
    from itmo.reasons import Reason
    from itmo.runtime.db.head import damaged_database
    from itmo.runtime.db.migrations import version_of

    if not settings.database.books.made():
        yield None
        return
    try:
        with closing(settings.database.books.open_reader(older=True)) as connection:
            upgraded = version_of(connection) == SCHEMA.newest
            known = genesis.read_network(connection) if upgraded else None
            yield None if known is None else (connection, known)
    except sqlite3.Error as error:
        found = damaged_database(settings.database.books.file, error)
        raise ProtocolError(Reason.CONFIGURATION_INVALID, found) from None


def _database(settings: BrokerSettings) -> str:
    from itmo.reasons import Reason

    with _books(settings) as books:
        if books is None and not settings.database.books.shortfall():
            return "not made or not brought up to date yet; the next `broker serve` does it"
        if books is not None and books[1].network_id != settings.network_id:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"It belongs to the network {books[1].network_id}.",
                setting="network_id",
            )
    if missing := settings.database.books.shortfall():
        raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, missing)
    return settings.database.books.shown


def _private(settings: BrokerSettings, file: Path) -> str:
    """Who else could open or change files; secrets that others can open were refused before."""
    from broker.settings import secret_files
    from itmo.files import database_files, open_to_others

    private = (
        *secret_files(settings).values(),
        *database_files(settings.database.books.file),
        settings.server.operator_socket,
    )
    trusted = (file, settings.tls.ca, settings.tls.certificate, settings.authority.certificate)
    opened = open_to_others(private, dict.fromkeys(trusted))
    return Remark(opened) if opened else "their owner's alone"


def _registered(settings: BrokerSettings) -> str:
    """Both signers against the keys in the database, as `broker serve` compares them."""
    from broker.configured import house_parts
    from broker.own_keys import check_signers
    from broker.store import nodes

    with _books(settings) as books:
        if books is None:
            return "the first `broker serve` registers both"
        connection, known = books
        check_signers(house_parts(settings, known), nodes.keys(connection))
    return "both are registered for what they sign, and valid now"


def _certificate(settings: BrokerSettings) -> str:
    """The broker's certificate against its name, its purpose, and the address nodes call it by."""
    from broker.setting_up import host_of
    from itmo.clock import SystemClock, to_text
    from itmo.identifiers import NetworkId, NodeId
    from itmo.runtime.rpc.tls_checks import check_certificate

    host = host_of(settings.server.public_address)
    end = check_certificate(
        settings.tls_files,
        NetworkId(settings.network_id),
        NodeId(settings.node_id),
        SystemClock().now(),
        host=host,
    )
    return f"names {host}, until {to_text(end)}"


def _ends(settings: BrokerSettings) -> str:
    """What ends within 60 days, of what the broker needs; what has ended is a fault."""
    import asyncio

    from broker.configured import house_parts
    from broker.expiries import REMEDIES, BrokerExpiries
    from itmo.expiry import UNUSABLE, Nearness
    from itmo.reasons import Reason
    from itmo.runtime.db.thread import InlineDatabase
    from itmo.runtime.standing import said

    with _books(settings) as books:
        if books is None:
            return "nothing yet"
        connection, known = books
        parts = house_parts(settings, known)
        expiries = BrokerExpiries(settings, lambda: parts, InlineDatabase(connection), dict)
        found = asyncio.run(expiries.find())
    near = [each for each in found if each.own and each.nearness is not Nearness.FAR]
    told = " ".join(said(each, REMEDIES) for each in near)
    if any(each.nearness in UNUSABLE for each in near):
        raise ProtocolError(Reason.CONFIGURATION_INVALID, told, setting="tls")
    return Remark(told) if told else "nothing within 60 days"


def _clock(settings: BrokerSettings) -> str:
    """The machine's clock against where it was last right, and the last decision."""
    from broker.store.genesis import broker_clock
    from broker.store.timekeeping import resume_clock
    from itmo.forms import moment

    with _books(settings) as books:
        if books is None:
            return "nothing to compare with yet"
        connection, known = books
        clock = broker_clock(known)
        resume_clock(clock, connection)
    look = clock.look()
    # No error: the broker starts, decides nothing, and goes on when the time service has set it.
    return moment(look.now) if look.fault is None else Remark(f"NOT RIGHT: {look.fault}")


def _checked(name: str, check: Callable[[], str]) -> tuple[str, bool, str]:
    try:
        return name, True, check()
    except Locked:
        raise  # nothing was looked at, and a little later it can be
    except ProtocolError as error:
        return name, False, error.message
