# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Declare what is so: accounts, inventories, activities; set the clock of a test network."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import click

from itmo import forms
from itmo.core.v1 import statements_pb2
from itmo.payloads import moment, timestamp
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.times import DAY, MOMENT
from registry_node.cli import showing
from registry_node.cli.reading import SPAN
from registry_node.cli.session import Session, command, seconds_for
from registry_node.cli.trading import milliseconds, send, wait_option

_ROLES: Final = ("PENDING", "ADAPTATION_FUND", "MANDATORY_OMGE")


@click.command("open-account")
@click.option("--type", "account_type", type=int, default=0, help="Account type, such as 100.")
@click.option("--registry", default="", help="Where the node speaks for several.")
@click.option("--id", "account_id", default="", help="Identifier; default: the next free one.")
@click.option("--ndc", type=SPAN, help="NDC period such as 2021-2030; for account type 200.")
@click.option("--entity", default="", help="Entity that holds it; default: the Party.")
@click.option("--non-ghg-metric", default="", help="Name of the metric; default: tCO2eq.")
@click.option(
    "--role",
    type=click.Choice(_ROLES),
    help="What it is for in the Article 6.4 mechanism registry.",
)
@click.option("--party", default="", help="Party it is tied to; in the mechanism registry only.")
@click.option("--close", is_flag=True, help="Close the account that --id names.")
@wait_option
@command
def open_account(
    session: Session,
    account_type: int,
    registry: str,
    account_id: str,
    ndc: tuple[int, int] | None,
    entity: str,
    non_ghg_metric: str,
    role: str | None,
    party: str,
    close: bool,
    wait: float,
) -> None:
    """Open an account, or close one."""
    request = api.OpenAccountRequest(
        registry=registry,
        account_type=account_type,
        account_id=account_id,
        ndc_period=None
        if ndc is None
        else statements_pb2.YearSpan(first=max(ndc[0], 0), last=max(ndc[1], 0)),
        entity=entity,
        non_ghg_metric=non_ghg_metric,
        role=statements_pb2.AccountRole.Value(f"ACCOUNT_ROLE_{role or 'UNSPECIFIED'}"),
        party=party,
        close=close,
        wait_ms=milliseconds(wait),
    )
    answer = session.call(lambda stub: stub.OpenAccount(request, timeout=seconds_for(wait)))
    done = f"{'Closed' if close else 'Opened'} {answer.account.account_id}"
    session.show(answer, lambda: showing.outcome(session, answer.outcome, done))
    showing.leave(answer.outcome, wait)


_LEVELS: Final = {
    "inventory": statements_pb2.LEVEL_KIND_INVENTORY,
    "target": statements_pb2.LEVEL_KIND_TARGET,
    "inventory-part": statements_pb2.LEVEL_KIND_INVENTORY_PART,
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
    """State a Party's inventory: registry-node inventory THA 2022=100000000."""
    stated = statements_pb2.InventoryStatement(party=party, metric=metric, level=_LEVELS[level])
    for each in years:
        year, _, tonnes = each.partition("=")
        try:
            stated.years.add(year=int(year), tonnes=int(tonnes))
        except ValueError:
            raise click.BadParameter(
                f"{each!a} is no YEAR=TONNES in whole tonnes", param_hint="YEAR=TONNES"
            ) from None
    request = api.StateInventoryRequest(statement=stated, wait_ms=milliseconds(wait))
    send(
        session,
        lambda stub: stub.StateInventory(request, timeout=seconds_for(wait)),
        wait,
        "Inventory stated",
    )


@click.command()
@click.argument("approach")
@click.argument("name", metavar="ACTIVITY")
@click.option(
    "--registered",
    required=True,
    type=DAY,
    help="The day on which it was registered.",
)
@wait_option
@command
def activity(session: Session, approach: str, name: str, registered: datetime, wait: float) -> None:
    """State when an ACTIVITY was registered, as its units name it; the mechanism registry's only."""
    stated = statements_pb2.ActivityStatement(
        cooperative_approach=approach,
        activity=name,
        registration_date=registered.date().isoformat(),
    )
    request = api.RegisterActivityRequest(statement=stated, wait_ms=milliseconds(wait))
    send(
        session,
        lambda stub: stub.RegisterActivity(request, timeout=seconds_for(wait)),
        wait,
        "Registration stated",
    )


@click.command()
@click.argument("time", type=MOMENT)
@command
def clock(session: Session, time: datetime) -> None:
    """Set the node's clock forward, on a test network: registry-node clock 2025-03-01T00:00:00Z."""
    request = api.SetClockRequest(time=timestamp(time))
    answer = session.call(lambda stub: stub.SetClock(request, timeout=seconds_for(0)))
    said = f"The node's time is {forms.moment(moment(answer.time, 'time'))}."
    session.show(answer, lambda: session.console.print(said))


COMMANDS: Final = (open_account, inventory, activity, clock)
