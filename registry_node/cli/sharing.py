# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How much the registries share, their reports, and the meta-registry: share, report, units, actions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from google.protobuf.message import Message
from rich.markup import escape
from rich.table import Table

from itmo.clearing.v1 import meta_registry_service_pb2 as meta
from itmo.core.v1 import sharing_pb2
from itmo.payloads import moment, timestamp
from itmo.registry.v1 import sharing_service_pb2 as api
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.times import MOMENT, as_of_option
from itmo.serials import MAX_SERIAL
from registry_node.adapters.report_file import read_report
from registry_node.cli import showing
from registry_node.cli.session import Session, command, seconds_for
from registry_node.cli.trading import milliseconds, wait_option

_LEVELS: Final = ("VIEW", "NOTIFY", "TRANSACT")
_FREQUENCIES: Final = ("AT_ONCE", "DAILY", "YEARLY")
_ROLES: Final = ("PROPOSER", "RECEIVER", "BOTH")
_PAGE: Final = 1000
_STALE: Final = " stale, pull again"
P = TypeVar("P", bound=Message)


@click.command()
@click.option("--level", type=click.Choice(_LEVELS, case_sensitive=False), help="How much.")
@click.option(
    "--frequency",
    type=click.Choice(_FREQUENCIES, case_sensitive=False),
    help="How often it reports.",
)
@click.option(
    "--without",
    "switched_off",
    multiple=True,
    metavar="CHECK[:ROLE]",
    help="Do without an optional check, as proposer, receiver or both (default); repeatable.",
)
@click.option("--registry", default="", help="Where the node speaks for several.")
@wait_option
@command
def share(
    session: Session,
    level: str | None,
    frequency: str | None,
    switched_off: tuple[str, ...],
    registry: str,
    wait: float,
) -> None:
    r"""State how much a registry shares; without --level show it.

    \b
    VIEW      show holdings and actions in reports
    NOTIFY    report after the fact, and be checked
    TRANSACT  take part in the full protocol
    """
    if level is None:
        _show_sharing(session)
        return
    if (level == "TRANSACT") != (frequency is None):
        raise click.UsageError("--frequency goes with VIEW and NOTIFY, and with these only")
    statement = sharing_pb2.SharingStatement(
        registry=registry,
        level=sharing_pb2.SharingLevel.Value(f"SHARING_LEVEL_{level}"),
        frequency=sharing_pb2.ReportFrequency.Value(f"REPORT_FREQUENCY_{frequency}")
        if frequency
        else sharing_pb2.REPORT_FREQUENCY_UNSPECIFIED,
        switched_off=map(_switch, switched_off),
    )
    request = api.ShareRequest(statement=statement, wait_ms=milliseconds(wait))
    answer = session.call_sharing(lambda stub: stub.Share(request, timeout=seconds_for(wait)))
    session.show(answer, lambda: showing.outcome(session, answer.outcome, f"Shares at {level}"))
    showing.leave(answer.outcome, wait)


def _switch(text: str) -> sharing_pb2.SwitchedOffCheck:
    check_id, _, role = text.partition(":")
    role = role.upper() or "BOTH"
    if role not in _ROLES:
        raise click.BadParameter(f"{text!a}: write CHECK:PROPOSER", param_hint="--without")
    return sharing_pb2.SwitchedOffCheck(
        check_id=check_id, role=sharing_pb2.CheckRole.Value(f"CHECK_ROLE_{role}")
    )


def _show_sharing(session: Session) -> None:
    request = api.GetSharingRequest()
    answer = session.call_sharing(lambda stub: stub.GetSharing(request, timeout=seconds_for(0)))

    def table() -> None:
        rows = [
            (
                each.registry,
                sharing_pb2.SharingLevel.Name(each.level).removeprefix("SHARING_LEVEL_"),
                sharing_pb2.ReportFrequency.Name(each.frequency)
                .removeprefix("REPORT_FREQUENCY_")
                .replace("UNSPECIFIED", ""),
                _time(each, "reported_until"),
                _time(each, "due"),
            )
            for each in answer.registries
        ]
        _table(session, ("registry", "level", "reports", "until", "due"), rows)

    session.show(answer, table)


@click.command()
@click.option(
    "--file",
    "books",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Holdings and actions of a registry system, CSV or JSON; default: the node's own ledger.",
)
@click.option(
    "--as-of",
    type=MOMENT,
    help="Up to when the books say everything; default: the file's, or now.",
)
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="FINDING=TEXT",
    help="Answer a finding; repeatable.",
)
@click.option("--registry", default="", help="Where the node speaks for several.")
@wait_option
@command
def report(
    session: Session,
    books: Path | None,
    as_of: datetime | None,
    answers: tuple[str, ...],
    registry: str,
    wait: float,
) -> None:
    """Report what is in a registry's books; exit code 1 also when something was found in it."""
    written = (
        read_report(books, registry) if books else sharing_pb2.RegistryReport(registry=registry)
    )
    if as_of is not None:
        aware = as_of if as_of.tzinfo is not None else as_of.replace(tzinfo=UTC)
        written.as_of.CopyFrom(timestamp(aware))
    for each in answers:
        finding_id, _, text = each.partition("=")
        written.answers.add(finding_id=finding_id, text=text)
    request = api.ReportRequest(
        report=written, from_ledger=books is None, wait_ms=milliseconds(wait)
    )
    answer = session.call_sharing(lambda stub: stub.Report(request, timeout=seconds_for(wait)))

    def text_of() -> None:
        showing.outcome(session, answer.outcome, "Reported")
        for remark in answer.remarks:
            session.console.print(f"  [red]{remark.code}[/red] {escape(remark.found)}")

    session.show(answer, text_of)
    showing.leave(answer.outcome, wait)
    if answer.remarks:
        sys.exit(Exit.REFUSED)


@click.group()
@click.option("--json", "json_here", is_flag=True, help="Print one JSON value, nothing else.")
@click.pass_obj
def units(session: Session, json_here: bool) -> None:
    """Ask the clearing-house where units are and what happened to them."""
    session.as_json = session.as_json or json_here


@units.command()
@click.option("--approach", required=True, help="Cooperative approach, such as CA0003.")
@as_of_option
@command
def where(session: Session, approach: str, as_of: datetime | None) -> None:
    """Show where units of a cooperative approach are, or were: own ones in full, totals of the rest."""

    def ask(token: str) -> meta.ListUnitsResponse:
        asked = meta.ListUnitsRequest(
            cooperative_approach=approach,
            page_size=_PAGE,
            page_token=token,
            as_of=None if as_of is None else timestamp(as_of),
        )
        request = api.ListUnitsRequest(request=asked)
        return session.call_sharing(
            lambda stub: stub.ListUnits(request, timeout=seconds_for(0))
        ).response

    found = _pages(ask, "units")

    def table() -> None:
        _positions(session, found.units)
        totals = found.totals
        held = f"{totals.held} held, " if totals.participant else ""
        session.console.print(
            f"of {totals.issued} units: {held}{totals.used} used, {totals.cancelled} cancelled,"
            f" {totals.first_transferred} first transferred"
        )

    session.show(found, table)


@units.command()
@click.argument("unit", metavar="THA01:5")
@as_of_option
@command
def history(session: Session, unit: str, as_of: datetime | None) -> None:
    """Show what happened to a unit, as far as the own registries had to do with it."""
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

    def table() -> None:
        _actions(session, found.actions)
        _positions(session, found.positions)
        if found.withheld:
            session.console.print("[dim]There is more that is not this node's to see.[/dim]")

    session.show(found, table)


@units.command("first-transferred")
@click.argument("host", metavar="PARTY")
@command
def first_transferred(session: Session, host: str) -> None:
    """List the ids of units that a host first transferred; where they are stays untold."""

    def ask(token: str) -> meta.ListFirstTransferredIdsResponse:
        asked = meta.ListFirstTransferredIdsRequest(host=host, page_size=_PAGE, page_token=token)
        request = api.ListFirstTransferredIdsRequest(request=asked)
        return session.call_sharing(
            lambda stub: stub.ListFirstTransferredIds(request, timeout=seconds_for(0))
        ).response

    found = _pages(ask, "units")

    def table() -> None:
        rows = [(_range(each), str(each.last - each.first + 1)) for each in found.units]
        _table(session, ("units", "quantity"), rows)

    session.show(found, table)


@click.command()
@click.option(
    "--approach", default="", help="Cooperative approach; default: the Article 6.4 mechanism's."
)
@command
def mirror(session: Session, approach: str) -> None:
    """Pull what the node's Parties hold in other registries, to be seen and not moved here."""
    request = api.MirrorRequest(cooperative_approach=approach)
    answer = session.call_sharing(lambda stub: stub.Mirror(request, timeout=seconds_for(0)))
    said = f"{answer.quantity} units pulled; `registry-node mirrored` lists them."
    session.show(answer, lambda: session.console.print(said, highlight=False))


@click.command()
@command
def mirrored(session: Session) -> None:
    """List what was pulled last; it is moved in the registry that holds it only."""
    request = api.ListMirroredRequest()
    answer = session.call_sharing(lambda stub: stub.ListMirrored(request, timeout=seconds_for(0)))

    def table() -> None:
        rows = [
            (
                _range(each.position),
                each.position.holder,
                str(each.position.account_type),
                "yes" if each.position.first_transferred else "no",
                showing.time_of(each.time) + _STALE * each.stale,
                str(each.log_size),
            )
            for each in answer.units
        ]
        _table(
            session, ("units", "held in", "type", "first transferred", "pulled", "log size"), rows
        )
        if rows:
            session.console.print("[dim]Mirrored: cannot be moved here.[/dim]")

    session.show(answer, table)


@click.command()
@click.argument("party")
@click.argument("year", type=click.IntRange(1990, 9998))
@command
def actions(session: Session, party: str, year: int) -> None:
    """List a Party's actions of a calendar year that the own registries took part in."""

    def ask(token: str) -> meta.ListActionsResponse:
        asked = meta.ListActionsRequest(party=party, year=year, page_size=_PAGE, page_token=token)
        request = api.ListActionsRequest(request=asked)
        return session.call_sharing(
            lambda stub: stub.ListActions(request, timeout=seconds_for(0))
        ).response

    found = _pages(ask, "actions")
    session.show(found, lambda: _actions(session, found.actions))


def _pages(ask: Callable[[str], P], field: str) -> P:
    """All pages of a list as one."""
    whole = ask("")
    token = str(whole.next_page_token)  # type: ignore[attr-defined]  # every page has one
    while token:
        page = ask(token)
        getattr(whole, field).extend(getattr(page, field))
        token = str(page.next_page_token)  # type: ignore[attr-defined]
    whole.ClearField("next_page_token")
    return whole


def _positions(session: Session, found: Iterable[meta.UnitPosition]) -> None:
    rows = [
        (
            _range(each),
            each.holder,
            each.account_id or "-",
            str(each.account_type),
            "yes" if each.first_transferred else "no",
            _source(each.source),
        )
        for each in found
    ]
    heads = ("units", "registry", "account", "type", "first transferred", "source")
    _table(session, heads, rows)


def _actions(session: Session, found: Iterable[meta.UnitAction]) -> None:
    rows = [
        (
            showing.time_of(each.time),
            each.type,
            _range(each),
            each.from_account or each.from_registry or "-",
            each.to_account or each.to_registry,
            each.action_id,
            _source(each.source),
        )
        for each in found
    ]
    _table(session, ("when", "what", "units", "from", "to", "action", "source"), rows)


def _table(session: Session, heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(*heads, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))
    session.console.print(table)


def _range(each: Any) -> str:  # noqa: ANN401  # three messages with the same three fields
    return f"{each.registry}:{each.first}-{each.last}"


def _source(source: meta.Source) -> str:
    if not source.reported_by:
        return "ledger"
    return f"reported by {source.reported_by} as of {moment(source.as_of, 'as_of'):%Y-%m-%d}"


def _time(each: api.Shared, field: str) -> str:
    if not each.HasField(field):  # type: ignore[arg-type]  # one of its two times
        return "-"
    return f"{moment(getattr(each, field), field):%Y-%m-%d %H:%M}Z"


COMMANDS: Final = (share, report, units, actions, mirror, mirrored)
