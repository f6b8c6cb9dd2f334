# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the commands about a Party's own accounts have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Final

import click

from itmo.clearing.v1 import adjustment_service_pb2 as pb
from itmo.core.v1 import proposal_pb2
from itmo.forms import fraction
from itmo.quantity import signed
from itmo.registry.v1 import office_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.timestamps import timestamp
from registry_node.cli import showing
from registry_node.cli.pages import PAGE, all_pages
from registry_node.cli.session import Session, seconds_for

_SECONDS: Final = seconds_for(0)


GHG: Final = "t CO2 eq"


party_option = click.option(
    "--party", default="", metavar="CODE", help="The Party; default: that of the node's registry."
)


metric_option = click.option(
    "--metric", default="", metavar="NAME", help="An indicator such as MWh; else t CO2 eq."
)


def entries_of(
    session: Session, party: str, year: int, as_of: datetime | None
) -> list[pb.Adjustment]:
    """Every entry."""
    then = None if as_of is None else timestamp(as_of)

    def ask(token: str) -> pb.ListAdjustmentsResponse:
        asked = pb.ListAdjustmentsRequest(
            party=party, year=year, page_size=PAGE, page_token=token, as_of=then
        )
        request = api.ListAdjustmentsRequest(request=asked)
        return session.call_office(
            lambda stub: stub.ListAdjustments(request, timeout=_SECONDS)
        ).response

    return list(all_pages(ask, "adjustments").adjustments)


def _sums(found: Iterable[pb.Adjustment]) -> list[tuple[tuple[int, str], int]]:
    """Net by year adjusted and metric."""
    sums = Counter[tuple[int, str]]()
    for entry in found:
        sums[entry.year, entry.metric or GHG] += entry.quantity
    return sorted(sums.items())


def show_entries(screen: Screen, found: Iterable[pb.Adjustment], *, explain: bool) -> None:
    """Prints entries of the adjustment ledger; explained, with what each did, and the sums."""
    listed = list(found)
    if not listed:
        screen.line("Nothing is booked.")
        return
    more = ("does", "authorization", "from", "to") if explain else ()
    rows: list[tuple[object, ...]] = []
    for each in listed:
        kind = pb.AdjustmentKind.Name(each.kind).removeprefix("ADJUSTMENT_KIND_")
        scope = " (outside the NDC)" if each.outside_ndc_scope else ""
        row = [
            str(each.entry_id),
            str(each.year),
            signed(each.quantity),
            each.metric or GHG,
            kind + scope,
            f"{each.registry}:{each.first}-{each.last}",
            each.transaction_id,
            showing.time_of(each.book_time),
        ]
        if explain:
            does = proposal_pb2.TransactionType.Name(each.type)
            row += [
                does.removeprefix("TRANSACTION_TYPE_").lower(),
                each.authorization_id,
                each.from_account,
                each.to_account,
            ]
        rows.append(tuple(row))
    screen.table(
        ("entry", "year", "quantity", "metric", "for", "units", "transaction", "booked", *more),
        rows,
        numbers=("entry", "year", "quantity"),
    )
    if explain:
        sums_rows: list[tuple[object, ...]] = []
        for (year, metric), quantity in _sums(listed):
            sums_rows.append((str(year), metric, signed(quantity)))
        screen.table(("year", "metric", "net"), sums_rows, numbers=("year", "net"), title="Sums")


def fraction_of(value: pb.Fraction) -> str:
    """A fraction as it is written."""
    return fraction(Fraction(value.numerator, value.denominator))
