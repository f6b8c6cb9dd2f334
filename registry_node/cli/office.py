# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A Party's own accounts at the clearing-house: summary, balance, adjustments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import click
from rich.markup import escape

from itmo import limits
from itmo.clearing.v1 import adjustment_service_pb2 as pb
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.files import write_whole
from itmo.forms import fraction, number
from itmo.payloads import timestamp
from itmo.quantity import signed
from itmo.registry.v1 import office_service_pb2 as api
from itmo.runtime.cli.times import as_of_option
from registry_node.cli import showing
from registry_node.cli.session import Session, as_tree, command, seconds_for

_SECONDS: Final = seconds_for(0)
_PAGE: Final = 1000
_PERIOD: Final = re.compile(r"([0-9]{4})-([0-9]{4})", re.ASCII)
GHG: Final = "t CO2 eq"

party_option = click.option(
    "--party", default="", metavar="CODE", help="The Party; default: that of the node's registry."
)
year_type = click.IntRange(1990, 9998)
metric_option = click.option(
    "--metric", default="", metavar="NAME", help="An indicator such as MWh; else t CO2 eq."
)


class _Period(click.ParamType[tuple[int, int]]):
    """Two years such as 2021-2030."""

    name = "first-last"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        match = _PERIOD.fullmatch(str(value))
        if match is None or not 0 <= int(match[2]) - int(match[1]) < limits.MAX_SUMMARY_YEARS:
            self.fail(f"{value!a} is no period such as 2021-2030", param, ctx)
        return int(match[1]), int(match[2])


@click.command()
@party_option
@click.option("--year", type=year_type, help="One calendar year.")
@click.option("--period", type=_Period(), help="Every year from the first to the last.")
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
    """Show the Party's structured summary: 5/CMA.3 annex II, table 4."""
    if (year is None) == (period is None):
        raise click.UsageError("Give either --year or --period.")
    first, last = period or (year or 0, year or 0)
    request = api.GetSummaryRequest(
        request=pb.GetSummaryRequest(
            party=party,
            years=statements_pb2.YearSpan(first=first, last=last),
            metric=metric,
            as_of=None if as_of is None else timestamp(as_of),
            explain=explain,
        )
    )
    found = session.call_office(lambda stub: stub.GetSummary(request, timeout=_SECONDS)).response
    if file is not None:
        write_whole(file, found.page)
    entries = {
        each.entry_id: each for each in (_entries(session, party, 0, as_of) if explain else ())
    }
    tree: dict[str, Any] = as_tree(found)
    del tree["page"]
    if explain:
        tree["entries"] = [as_tree(each) for each in entries.values() if each.metric == metric]

    session.show(tree, lambda: _summary(session, found, entries))


def _summary(
    session: Session, found: pb.GetSummaryResponse, entries: Mapping[int, pb.Adjustment]
) -> None:
    console = session.console
    console.print(found.heading, markup=False)
    years = [str(each.year) for each in found.years]
    made = showing.table_of("", "", *years, right=tuple(years))
    for row in found.rows:
        made.add_row(escape(row.label), *map(_figure, row.figures))
    made.add_row("Status", *(each.status for each in found.years))
    console.print(made)
    if found.total:
        console.print(found.total, markup=False)
    place, decisions = found.position, number(found.position.decisions)
    console.print(
        f"{decisions} decisions of network {place.network_id}, leaf {place.last_leaf.hex()}",
        style="dim",
        markup=False,
    )
    for row in found.rows:
        for year, figure in zip(years, row.figures, strict=True):
            made_of = [entries[each] for each in figure.entry_ids if each in entries]
            if made_of:
                console.print(f"\n{row.label}, {year}", style="bold", markup=False)
                _adjustments(session, made_of, explain=True)


@click.command()
@party_option
@click.option("--year", required=True, type=year_type, help="The calendar year.")
@metric_option
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions and how averages come about.")
@command
def balance(
    session: Session, party: str, year: int, metric: str, as_of: datetime | None, explain: bool
) -> None:
    """Show the Party's emissions balance for a year: inventory, first transfers, uses, method."""
    stamp = None if as_of is None else timestamp(as_of)
    request = api.GetBalanceRequest(
        request=pb.GetBalanceRequest(party=party, year=year, metric=metric, as_of=stamp)
    )
    found = session.call_office(lambda stub: stub.GetBalance(request, timeout=_SECONDS)).response
    averages = found.method == statements_pb2.ADJUSTMENT_METHOD_AVERAGING
    entries = [
        each
        for each in (_entries(session, party, 0 if averages else year, as_of) if explain else ())
        if each.metric == metric
    ]
    tree: dict[str, Any] = as_tree(found)
    if explain:
        tree["entries"] = [as_tree(each) for each in entries]

    def table() -> None:
        _balance(
            session, found, f"{party} {year}, {metric or GHG}".lstrip(), indicator=bool(metric)
        )
        if averages:
            _averages(session, found.averages, year)
        if explain:
            _adjustments(session, entries, explain=True)

    session.show(tree, table)


@click.command()
@party_option
@click.option("--year", type=year_type, default=None, help="Only those that adjust this year.")
@as_of_option
@click.option("--explain", is_flag=True, help="Show the transactions, and the sums.")
@command
def adjustments(
    session: Session, party: str, year: int | None, as_of: datetime | None, explain: bool
) -> None:
    """List the Party's entries of the adjustment ledger, oldest first; additions are positive."""
    found = _entries(session, party, year or 0, as_of)
    tree: dict[str, Any] = {"adjustments": [as_tree(each) for each in found]}
    if explain:
        tree["sums"] = [
            {"year": of_year, "metric": metric, "quantity": str(quantity)}
            for (of_year, metric), quantity in _sums(found)
        ]
    session.show(tree, lambda: _adjustments(session, found, explain=explain))


def _entries(
    session: Session, party: str, year: int, as_of: datetime | None
) -> list[pb.Adjustment]:
    """Every entry, page by page."""
    found: list[pb.Adjustment] = []
    request = api.ListAdjustmentsRequest(
        request=pb.ListAdjustmentsRequest(
            party=party,
            year=year,
            page_size=_PAGE,
            as_of=None if as_of is None else timestamp(as_of),
        )
    )
    while True:
        page = session.call_office(
            lambda stub: stub.ListAdjustments(request, timeout=_SECONDS)
        ).response
        found.extend(page.adjustments)
        if not page.next_page_token:
            return found
        request.request.page_token = page.next_page_token


def _sums(found: Iterable[pb.Adjustment]) -> list[tuple[tuple[int, str], int]]:
    """Net by year adjusted and metric."""
    sums = Counter[tuple[int, str]]()
    for entry in found:
        sums[entry.year, entry.metric or GHG] += entry.quantity
    return sorted(sums.items())


def _adjustments(session: Session, found: Iterable[pb.Adjustment], *, explain: bool) -> None:
    listed = list(found)
    if not listed:
        session.console.print("Nothing is booked.")
        return
    more = ("does", "authorization", "from", "to") if explain else ()
    made = showing.table_of(
        "", "entry", "year", "quantity", "metric", "for", "units", "transaction", "booked", *more,
        right=("entry", "year", "quantity"),
    )  # fmt: skip
    for each in listed:
        kind = pb.AdjustmentKind.Name(each.kind).removeprefix("ADJUSTMENT_KIND_")
        scope = " (outside the NDC)" if each.outside_ndc_scope else ""
        row = [
            str(each.entry_id),
            str(each.year),
            signed(each.quantity),
            escape(each.metric or GHG),
            kind + scope,
            f"{each.registry}:{each.first}-{each.last}",
            each.transaction_id,
            showing.time_of(each.book_time),
        ]
        if explain:
            does = proposal_pb2.TransactionType.Name(each.type)
            row += [
                does.removeprefix("TRANSACTION_TYPE_").lower(),
                escape(each.authorization_id),
                escape(each.from_account),
                escape(each.to_account),
            ]
        made.add_row(*row)
    session.console.print(made)
    if explain:
        sums = showing.table_of("Sums", "year", "metric", "net", right=("year", "net"))
        for (year, metric), quantity in _sums(listed):
            sums.add_row(str(year), escape(metric), signed(quantity))
        session.console.print(sums)


def _balance(session: Session, found: pb.GetBalanceResponse, what: str, *, indicator: bool) -> None:
    """A non-GHG indicator is adjusted the other way round (2/CMA.3 annex para 9)."""
    given = -1 if indicator else 1
    period = f"{found.period.first}-{found.period.last}" if found.period.first else "not known"
    method = statements_pb2.AdjustmentMethod.Name(found.method)
    applies = "not known: no NDC period is stated for the year"
    if found.HasField("adjustment"):
        effect = "" if found.effective else ", indicative: it takes effect in the NDC year"
        plus = "+" if found.adjustment.numerator > 0 else ""
        applies = f"{plus}{_fraction(found.adjustment)}{effect}"
    known = found.HasField("inventory")
    rows = (
        ("inventory", number(found.inventory) if known else "not known"),
        ("first transferred", signed(given * found.first_transferred)),
        ("used", signed(-given * found.used)),
        ("NDC period", period + (", final" if found.final else "")),
        ("method", method.removeprefix("ADJUSTMENT_METHOD_").replace("UNSPECIFIED", "not known")),
        ("adjustment", applies),
        ("balance", _fraction(found.exact) if found.HasField("exact") else "not known"),
    )
    session.console.print(what, style="bold", markup=False)
    for name, value in rows:
        session.console.print(f"  {name:<18}{value}", markup=False)


def _averages(session: Session, steps: Iterable[pb.AverageStep], year: int) -> None:
    made = showing.table_of(
        "Averages: cumulative net over elapsed years", "year", "cumulative", "years", "average",
        right=("cumulative", "years", "average"),
    )  # fmt: skip
    for step in steps:
        if step.year <= year:
            cumulative = number(step.cumulative)
            made.add_row(str(step.year), cumulative, str(step.elapsed), _fraction(step.average))
    session.console.print(made)


def _figure(figure: pb.SummaryFigure) -> str:
    return _fraction(figure.value) if figure.HasField("value") else "-"


def _fraction(value: pb.Fraction) -> str:
    return fraction(Fraction(value.numerator, value.denominator))


COMMANDS: Final = (summary, balance, adjustments)
