# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The broker's clock: shown, accepted after it jumped, on a test network set forward."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import click

from broker.cli.session import Session, session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import MOMENT

if TYPE_CHECKING:
    from broker.settings import BrokerSettings


@click.group(invoke_without_command=True)
@click.pass_context
def clock(context: click.Context) -> None:
    """Shows the broker's clock, accepts it after it jumped, or sets it on a test network."""
    if context.invoked_subcommand is None:
        context.invoke(show_clock)


@clock.command("show")
def show_clock() -> None:
    """Shows the broker's time."""
    run = session()
    _show(run, *asyncio.run(_read(run.settings())))


@clock.command("set")
@click.argument("to", type=MOMENT, metavar="ISO")
def set_clock(to: datetime) -> None:
    """Sets the clock of a test network forward, whether the broker runs or not."""
    run = session()
    settings = run.settings()
    if not settings.test_network:
        raise ProtocolError(
            Reason.NOT_A_TEST_NETWORK,
            f"{settings.network_id} is no test network; its clock is that of the machine.",
            network=settings.network_id,
        )
    _show(run, *asyncio.run(_set(settings, to)))


@clock.command("accept")
@click.argument("told", type=MOMENT, metavar="ISO")
def accept_clock(told: datetime) -> None:
    """Takes the machine's time for right after the clock jumped, whether the broker runs or not.

    ISO is the time now by another clock, such as 2026-11-27T07:30Z. Set the machine's clock first:
    it is accepted only when it says the same within ten minutes. The record stays as it is.
    """
    from broker.cli.status import show_dated_ahead
    from broker.reports.dated_ahead import dated_ahead
    from itmo.forms import moment

    run = session()
    time, running = asyncio.run(_accept(run.settings(), told))
    with run.reader() as connection:
        ahead = dated_ahead(connection, time)

    def text(screen: Screen) -> None:
        screen.line(f"The clock is accepted; the broker's time is {moment(time)}.", "green")
        show_dated_ahead(screen, list(map(str, ahead)))

    run.show({"time": time, "running": running, "dated_ahead": ahead}, text)


def _show(run: Session, time: datetime, running: bool) -> None:
    from itmo.forms import moment

    facts = {"time": time, "running": running}
    run.show(facts, lambda screen: screen.line(moment(time)))


async def _read(settings: BrokerSettings) -> tuple[datetime, bool]:
    from contextlib import closing

    from broker.cli.operator_link import operator_link
    from broker.store import genesis
    from broker.store.genesis import broker_clock
    from itmo.clock import SystemClock
    from itmo.timestamps import moment

    async with operator_link(settings.server.operator_socket) as link:
        if link is not None:
            return moment((await link.status()).time, "time"), True
    if not settings.database.books.made():
        return SystemClock().now(), False
    with closing(settings.database.books.open_reader()) as connection:
        network = genesis.read_network(connection)
    return (broker_clock(network) if network else SystemClock()).now(), False


async def _set(settings: BrokerSettings, to: datetime) -> tuple[datetime, bool]:
    from datetime import timedelta

    from broker.cli.operator_link import operator_link
    from broker.cli.own_books import own_books
    from broker.store import genesis
    from itmo.clock import OffsetClock, SystemClock

    async with operator_link(settings.server.operator_socket) as link:
        if link is not None:
            return await link.set_clock(to), True
    with own_books(settings) as books:
        now = SystemClock().now()
        offset = timedelta(milliseconds=books.parts.network.clock_offset_ms)
        clock = OffsetClock(SystemClock(), offset)
        clock.set(to)  # refuses to go back
        genesis.set_clock_offset(books.connection, (to - now) // timedelta(milliseconds=1))
        return clock.now(), False


async def _accept(settings: BrokerSettings, told: datetime) -> tuple[datetime, bool]:
    from broker.cli.operator_link import operator_link
    from broker.cli.own_books import own_books
    from broker.store.timekeeping import accept_clock as accept

    async with operator_link(settings.server.operator_socket) as link:
        if link is not None:
            return await link.accept_clock(told), True
    with own_books(settings) as books:
        return accept(books.parts.clock, books.connection, told, books.parts.operator_signer), False
