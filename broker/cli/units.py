# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Where units are and what happened to them, over the ledger and the reports of registries."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.files import write_whole
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import as_of_option

if TYPE_CHECKING:
    from datetime import datetime

    from broker.reports.paris.fates import Holder
    from broker.reports.paris.visibility import Position, Source


@click.group()
def units() -> None:
    """Shows where units are and what happened to them."""


@units.command()
@click.option("--approach", metavar="ID", required=True, help="Cooperative approach, as CA0003.")
@click.option(
    "--html",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page that an official can read, in place of the list.",
)
@as_of_option
def where(approach: str, file: Path | None, as_of: datetime | None) -> None:
    """Shows who has, or had, the units of a cooperative approach, by ledger and by reports."""
    from broker.reports.log_position import log_position
    from broker.reports.paris import fates
    from broker.reports.paris import meta_registry as report
    from broker.reports.sharing import reported_later
    from broker.reports.snapshot import snapshot
    from itmo.forms import moment, number
    from itmo.identifiers import parse_cooperative_approach_id
    from itmo.reasons import ProtocolError, Reason

    run, wanted = session(), parse_cooperative_approach_id(approach, "--approach")
    with (
        run.reader() as connection,
        snapshot(connection),
        nullcontext() if as_of is None else run.timeline(connection) as made,
    ):
        title = report.approach_title(connection, wanted)
        if title is None:
            raise ProtocolError(Reason.NOT_FOUND, f"No cooperative approach {wanted} is known.")
        title += f", as of {moment(as_of)}" if as_of is not None else ""
        found = report.positions(connection, wanted, as_of, made.connection if made else None)
        unknown = [] if as_of is None else reported_later(connection, as_of)
        position = log_position(connection, as_of)
    summed, holders = fates.totals(wanted, found), fates.holders(found)
    claimed = sum(each.units for each in holders) - summed.issued
    if file is not None:
        from broker.reports.paris.units_page import page
        from itmo.clock import SystemClock

        text = page(wanted, title, summed, holders, claimed, SystemClock().now(), position)
        write_whole(file, text)
        run.show({"file": str(file)}, lambda screen: screen.line(f"The page is in {file}."))
        return

    def text_of(screen: Screen) -> None:
        screen.line(f"{wanted} {title}", "bold")
        _holders(screen, holders)
        screen.line()
        screen.line(
            f"{number(summed.issued)} units: {number(summed.held)} held, {number(summed.used)} used,"
            f" {number(summed.cancelled)} cancelled; {number(summed.first_transferred)} were first"
            " transferred"
        )
        if claimed:
            screen.line(f"{number(claimed)} are reported although somebody else holds them", "red")
        _say_unknown(screen, unknown)

    shown = {"totals": summed, "holders": holders, "units": found}
    run.show(shown if as_of is None else {**shown, "not_known": unknown}, text_of)


def _holders(screen: Screen, holders: list[Holder]) -> None:
    from itmo.forms import number

    screen.table(
        ("registry", "source", "held", "used", "cancelled", "units"),
        [
            (
                each.registry,
                _source(each.source),
                number(each.held),
                number(each.used),
                number(each.cancelled),
                number(each.units),
            )
            for each in holders
        ],
        numbers=["held", "used", "cancelled", "units"],
        empty="no units exist",
    )


@units.command()
@click.argument("unit")
@as_of_option
def history(unit: str, as_of: datetime | None) -> None:
    """Shows everything that happened to a unit, such as THA01:5, and where it is, or was.

    It is looked up in the timeline; where that is far from the end of the record, or this user may not write it, in the
    whole record.
    """
    from broker.reports.paris import meta_registry as report
    from broker.reports.paris import timeline_pages
    from broker.reports.sharing import reported_later
    from broker.reports.snapshot import snapshot
    from itmo.forms import moment
    from itmo.reasons import ProtocolError, Reason

    registry, serial = _unit(unit)
    run = session()
    with run.reader() as connection, snapshot(connection), run.timeline(connection) as made:
        by = None if made is None else timeline_pages.touched(made.connection, registry, serial)
        deeds = report.unit_deeds(connection, registry, serial, as_of, by)
        places = report.unit_positions(connection, registry, serial, as_of, by)
        unknown = [] if as_of is None else reported_later(connection, as_of)
    if not deeds and not places and as_of is None:
        raise ProtocolError(
            Reason.NOT_FOUND, f"Neither the ledger nor a report has a unit {registry}:{serial}."
        )

    def text(screen: Screen) -> None:
        screen.table(
            ("when", "what", "from", "to", "first transfer", "action", "source"),
            [
                (
                    moment(each.at),
                    each.type,
                    each.from_account or each.from_registry or None,
                    each.to_account or each.to_registry,
                    each.first_transfer,
                    each.action_id,
                    f"reported by {each.source.reported_by}"
                    if each.source.reported_by
                    else "ledger",
                )
                for each in deeds
            ],
            empty="no action is known",
        )
        screen.line()
        _places(screen, places, then=as_of is not None)
        _say_unknown(screen, unknown)

    shown = {"actions": deeds, "positions": places}
    run.show(shown if as_of is None else {**shown, "not_known": unknown}, text)


def _places(screen: Screen, places: list[Position], *, then: bool) -> None:
    screen.table(
        ("then in" if then else "now in", "account", "type", "first transferred", "source"),
        [
            (
                each.holder,
                each.account_id or None,
                each.account_type,
                each.first_transferred,
                _source(each.source),
            )
            for each in places
        ],
        empty="nobody held it" if then else "nobody holds it",
    )


def _say_unknown(screen: Screen, registries: list[str]) -> None:
    """Says of whom nothing is known as of a moment: only the last report of each is kept apart."""
    if registries:
        screen.line(
            f"{', '.join(registries)} reported later; what it held outside of the ledger then is not"
            " known",
            "yellow",
        )


def _unit(text: str) -> tuple[str, int]:
    from itmo.identifiers import parse_registry_id
    from itmo.serials import MAX_SERIAL

    name, _, number = text.partition(":")
    registry = parse_registry_id(name, "unit")
    if not (number.isascii() and number.isdecimal() and 1 <= int(number[:20]) <= MAX_SERIAL):
        raise click.BadParameter(f"{text!a}: write a unit as THA01:5", param_hint="UNIT")
    return registry, int(number)


def _source(source: Source) -> str:
    from itmo.forms import moment

    if source.as_of is None:
        return "ledger"
    return f"reported by {source.reported_by} as of {moment(source.as_of)}"
