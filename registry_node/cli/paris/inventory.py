# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`inventory`: a Party's inventory is stated."""

from __future__ import annotations

from typing import Final

import click

from itmo.paris.v1 import parties_pb2
from itmo.registry.v1 import paris_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for

_LEVELS: Final = {
    "inventory": parties_pb2.LEVEL_KIND_INVENTORY,
    "target": parties_pb2.LEVEL_KIND_TARGET,
    "inventory-part": parties_pb2.LEVEL_KIND_INVENTORY_PART,
}


@click.command()
@click.argument("party")
@click.argument("years", nargs=-1, required=True, metavar="YEAR=TONNES...")
@click.option("--metric", default="", help="An indicator such as MWh; else t CO2 eq.")
@click.option(
    "--level",
    type=click.Choice(list(_LEVELS)),
    default="inventory",
    help="The trajectory or budget, or the part that policies without a target affect.",
)
@wait_option
@command
def inventory(
    session: Session, party: str, years: tuple[str, ...], metric: str, level: str, wait: float
) -> None:
    """States a Party's inventory: registry-node inventory THA 2022=100000000."""
    stated = parties_pb2.InventoryStatement(party=party, metric=metric, level=_LEVELS[level])
    for each in years:
        year, _, tonnes = each.partition("=")
        try:
            stated.years.add(year=int(year), tonnes=int(tonnes))
        except ValueError:
            raise click.BadParameter(
                f"{each!a} is no YEAR=TONNES in whole tonnes", param_hint="YEAR=TONNES"
            ) from None
    request = api.StateInventoryRequest(statement=stated, wait_ms=milliseconds(wait))
    answer = session.call_paris(
        lambda stub: stub.StateInventory(request, timeout=seconds_for(wait))
    )
    tell(session, answer, wait, "Inventory stated")
