# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`units`: where units are, and what happened to them."""

from __future__ import annotations

from datetime import datetime

import click

from itmo.clearing.v1 import meta_registry_service_pb2 as meta
from itmo.registry.v1 import sharing_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option
from itmo.serials import MAX_SERIAL
from itmo.timestamps import timestamp
from registry_node.cli.pages import PAGE, all_pages
from registry_node.cli.paris.unit_tables import (
    range_of,
    show_actions,
    show_positions,
)
from registry_node.cli.session import Session, command, seconds_for


@click.group()
def units() -> None:
    """Asks the clearing-house where units are and what happened to them."""


@units.command()
@click.option("--approach", required=True, help="Cooperative approach, such as CA0003.")
@as_of_option
@command
def where(session: Session, approach: str, as_of: datetime | None) -> None:
    """Shows where units of a cooperative approach are, or were: own ones in full, totals of the rest."""

    def ask(token: str) -> meta.ListUnitsResponse:
        asked = meta.ListUnitsRequest(
            cooperative_approach=approach,
            page_size=PAGE,
            page_token=token,
            as_of=None if as_of is None else timestamp(as_of),
        )
        request = api.ListUnitsRequest(request=asked)
        return session.call_sharing(
            lambda stub: stub.ListUnits(request, timeout=seconds_for(0))
        ).response

    found = all_pages(ask, "units")

    def table(screen: Screen) -> None:
        show_positions(screen, found.units)
        totals = found.totals
        held = f"{totals.held} held, " if totals.participant else ""
        screen.line(
            f"of {totals.issued} units: {held}{totals.used} used, {totals.cancelled} cancelled,"
            f" {totals.first_transferred} first transferred"
        )

    session.show(found, table)


@units.command()
@click.argument("unit", metavar="THA01:5")
@as_of_option
@command
def history(session: Session, unit: str, as_of: datetime | None) -> None:
    """Shows what happened to a unit, as far as the own registries had to do with it."""
    registry, _, serial = unit.partition(":")
    if not (serial.isascii() and serial.isdecimal() and 1 <= int(serial[:20]) <= MAX_SERIAL):
        raise click.BadParameter(f"{unit!a}: write THA01:5", param_hint="UNIT")
    asked = meta.GetUnitHistoryRequest(
        registry=registry,
        serial=int(serial),
        as_of=None if as_of is None else timestamp(as_of),
    )
    request = api.GetUnitHistoryRequest(request=asked)
    found = session.call_sharing(
        lambda stub: stub.GetUnitHistory(request, timeout=seconds_for(0))
    ).response

    def table(screen: Screen) -> None:
        show_actions(screen, found.actions)
        show_positions(screen, found.positions)
        if found.withheld:
            screen.line("There is more that is not this node's to see.", "dim")

    session.show(found, table)


@units.command("first-transferred")
@click.argument("host", metavar="PARTY")
@command
def first_transferred(session: Session, host: str) -> None:
    """Lists the ids of units that a host first transferred; where they are stays untold."""

    def ask(token: str) -> meta.ListFirstTransferredIdsResponse:
        asked = meta.ListFirstTransferredIdsRequest(host=host, page_size=PAGE, page_token=token)
        request = api.ListFirstTransferredIdsRequest(request=asked)
        return session.call_sharing(
            lambda stub: stub.ListFirstTransferredIds(request, timeout=seconds_for(0))
        ).response

    found = all_pages(ask, "units")

    def table(screen: Screen) -> None:
        rows = [(range_of(each), str(each.last - each.first + 1)) for each in found.units]
        screen.table(("units", "quantity"), rows)

    session.show(found, table)
