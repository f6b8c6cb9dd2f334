# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`summary`: a Party's structured summary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from itmo.clearing.v1 import adjustment_service_pb2 as pb
from itmo.files import write_whole
from itmo.forms import number
from itmo.paris.v1 import terms_pb2
from itmo.registry.v1 import office_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.session import as_tree
from itmo.runtime.cli.times import PERIOD, as_of_option
from itmo.runtime.cli.whole_numbers import YEAR
from itmo.timestamps import timestamp
from registry_node.cli.paris.party_accounts import (
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
@click.option("--year", type=YEAR, help="One calendar year.")
@click.option("--period", type=PERIOD, help="Every year from the first to the last.")
@metric_option
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions that make each figure.")
@click.option(
    "--html",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table as a page into this file.",
)
@command
def summary(
    session: Session,
    party: str,
    year: int | None,
    period: tuple[int, int] | None,
    metric: str,
    as_of: datetime | None,
    explain: bool,
    file: Path | None,
) -> None:
    """Shows the Party's structured summary: 5/CMA.3 annex II, table 4."""
    if (year is None) == (period is None):
        raise click.UsageError("Give either --year or --period.")
    first, last = period or (year or 0, year or 0)
    request = api.GetSummaryRequest(
        request=pb.GetSummaryRequest(
            party=party,
            years=terms_pb2.YearSpan(first=first, last=last),
            metric=metric,
            as_of=None if as_of is None else timestamp(as_of),
            explain=explain,
        )
    )
    found = session.call_office(lambda stub: stub.GetSummary(request, timeout=_SECONDS)).response
    if file is not None:
        write_whole(file, found.page)
    entries = {
        each.entry_id: each for each in (entries_of(session, party, 0, as_of) if explain else ())
    }
    tree: dict[str, Any] = as_tree(found)
    del tree["page"]
    if explain:
        tree["entries"] = [as_tree(each) for each in entries.values() if each.metric == metric]

    session.show(tree, lambda screen: _summary(screen, found, entries))


def _summary(
    screen: Screen, found: pb.GetSummaryResponse, entries: Mapping[int, pb.Adjustment]
) -> None:
    screen.line(found.heading)
    years = [str(each.year) for each in found.years]
    rows: list[tuple[object, ...]] = [(row.label, *map(_figure, row.figures)) for row in found.rows]
    rows.append(("Status", *(each.status for each in found.years)))
    screen.table(("", *years), rows, numbers=tuple(years))
    if found.total:
        screen.line(found.total)
    place, decisions = found.position, number(found.position.decisions)
    screen.line(
        f"{decisions} decisions of network {place.network_id}, leaf {place.last_leaf.hex()}", "dim"
    )
    for row in found.rows:
        for year, figure in zip(years, row.figures, strict=True):
            made_of = [entries[each] for each in figure.entry_ids if each in entries]
            if made_of:
                screen.heading(f"{row.label}, {year}")
                show_entries(screen, made_of, explain=True)


def _figure(figure: pb.SummaryFigure) -> str:
    return fraction_of(figure.value) if figure.HasField("value") else "-"
