# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`balance`: a Party's emissions balance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import click

from itmo.clearing.v1 import adjustment_service_pb2 as pb
from itmo.forms import number
from itmo.paris.v1 import parties_pb2
from itmo.quantity import signed
from itmo.registry.v1 import office_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.session import as_tree
from itmo.runtime.cli.times import as_of_option
from itmo.runtime.cli.whole_numbers import YEAR
from itmo.timestamps import timestamp
from registry_node.cli.paris.party_accounts import (
    GHG,
    entries_of,
    fraction_of,
    metric_option,
    party_option,
    show_entries,
)
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command()
@party_option
@click.option("--year", required=True, type=YEAR, help="The calendar year.")
@metric_option
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions and how averages come about.")
@command
def balance(
    session: Session, party: str, year: int, metric: str, as_of: datetime | None, explain: bool
) -> None:
    """Shows the Party's emissions balance for a year: inventory, first transfers, uses, method."""
    stamp = None if as_of is None else timestamp(as_of)
    request = api.GetBalanceRequest(
        request=pb.GetBalanceRequest(party=party, year=year, metric=metric, as_of=stamp)
    )
    found = session.call_office(lambda stub: stub.GetBalance(request, timeout=_SECONDS)).response
    averages = found.method == parties_pb2.ADJUSTMENT_METHOD_AVERAGING
    entries = [
        each
        for each in (entries_of(session, party, 0 if averages else year, as_of) if explain else ())
        if each.metric == metric
    ]
    tree: dict[str, Any] = as_tree(found)
    if explain:
        tree["entries"] = [as_tree(each) for each in entries]

    def table(screen: Screen) -> None:
        _balance(screen, found, f"{party} {year}, {metric or GHG}".lstrip(), indicator=bool(metric))
        if averages:
            _averages(screen, found.averages, year)
        if explain:
            show_entries(screen, entries, explain=True)

    session.show(tree, table)


def _balance(screen: Screen, found: pb.GetBalanceResponse, what: str, *, indicator: bool) -> None:
    """A non-GHG indicator is adjusted the other way round (2/CMA.3 annex para 9)."""
    given = -1 if indicator else 1
    period = f"{found.period.first}-{found.period.last}" if found.period.first else "not known"
    method = parties_pb2.AdjustmentMethod.Name(found.method)
    applies = "not known: no NDC period is stated for the year"
    if found.HasField("adjustment"):
        effect = "" if found.effective else ", indicative: it takes effect in the NDC year"
        plus = "+" if found.adjustment.numerator > 0 else ""
        applies = f"{plus}{fraction_of(found.adjustment)}{effect}"
    known = found.HasField("inventory")
    rows = (
        ("inventory", number(found.inventory) if known else "not known"),
        ("first transferred", signed(given * found.first_transferred)),
        ("used", signed(-given * found.used)),
        ("NDC period", period + (", final" if found.final else "")),
        ("method", method.removeprefix("ADJUSTMENT_METHOD_").replace("UNSPECIFIED", "not known")),
        ("adjustment", applies),
        ("balance", fraction_of(found.exact) if found.HasField("exact") else "not known"),
    )
    screen.line(what, "bold")
    screen.facts(rows)


def _averages(screen: Screen, steps: Iterable[pb.AverageStep], year: int) -> None:
    rows: list[tuple[object, ...]] = []
    for step in steps:
        if step.year <= year:
            cumulative = number(step.cumulative)
            rows.append((str(step.year), cumulative, str(step.elapsed), fraction_of(step.average)))
    screen.table(
        ("year", "cumulative", "years", "average"),
        rows,
        numbers=("cumulative", "years", "average"),
        title="Averages: cumulative net over elapsed years",
    )
