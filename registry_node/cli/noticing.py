# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices: state them, read them, acknowledge them; events of programmes, messages."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import click
from google.protobuf.message import Message
from rich.markup import escape

from itmo.core.v1 import notices_pb2, units_pb2
from itmo.registry.v1 import notice_service_pb2 as api
from itmo.registry.v1 import operator_service_pb2
from itmo.runtime.cli.times import DAY
from registry_node.cli import showing
from registry_node.cli.session import Session, command, seconds_for
from registry_node.cli.trading import blocks_argument, milliseconds, wait_option

_PAGE: Final = 50
"""A notice may name 500 ranges, its receipt as many again; 50 of them fit into an answer."""
_EVENT_KINDS: Final = ("cancellation", "use")


@click.command()
@click.option("--open", "only_open", is_flag=True, help="Only those to be acknowledged here.")
@command
def notices(session: Session, only_open: bool) -> None:
    """List notices, events of programmes, messages and maintenance, newest first."""
    found = api.ListNoticesResponse()
    while True:
        request = api.ListNoticesRequest(
            open=only_open, page_size=_PAGE, page_token=found.next_page_token
        )
        page = session.call_notices(
            lambda stub, asked=request: stub.ListNotices(asked, timeout=seconds_for(0))  # type: ignore[misc]  # bound now
        )
        found.notices.extend(page.notices)
        found.next_page_token = page.next_page_token
        if not page.next_page_token:
            break

    def table() -> None:
        if not found.notices:
            session.console.print("No notice waits." if only_open else "No notices.")
            return
        made = showing.table_of("Notices", "notice", "when", "from", "what", "units", "standing")
        for each in found.notices:
            made.add_row(
                each.notice_id,
                showing.time_of(each.time),
                escape(each.sender),
                escape(_said(each)),
                escape(_units(each)),
                escape(_standing(each)),
            )
        session.console.print(made)

    session.show(found, table)


def _said(each: api.Notice) -> str:
    """What a notice says, on a line; a message in full."""
    match each.WhichOneof("content"):
        case "unit_notice":
            return _change(each.unit_notice)
        case "programme_event":
            event = each.programme_event
            kind = notices_pb2.ProgrammeEventKind.Name(event.kind)
            why = ", ".join(filter(None, (event.beneficiary, event.purpose)))
            return (
                f"{kind.removeprefix('PROGRAMME_EVENT_KIND_').lower()} of {event.units.registry}"
                f" {event.units.first_unit_id} to {event.units.last_unit_id} on {event.date}"
                + (f" ({why})" if why else "")
            )
        case "administrator_message":
            message = each.administrator_message
            return f"{message.subject}: {message.text}" if message.text else message.subject
        case "registry_status":
            stated = each.registry_status
            return f"{stated.registry} is {showing.status_of(stated)}: {stated.reason}"
        case _:
            window = each.maintenance
            return (
                f"maintenance of {window.registry or 'the whole clearing-house'} from"
                f" {showing.time_of(window.start_time)} to {showing.time_of(window.end_time)}:"
                f" {window.reason}"
            )


def _change(written: notices_pb2.UnitNotice) -> str:
    parts = []
    if written.HasField("authorization"):
        named = written.authorization
        parts.append(f"authorization {named.id} version {named.version}")
    if written.vintage:
        parts.append(f"vintage {written.vintage}")
    return f"{' and '.join(parts)} of {written.party}: {written.reason}"


def _units(each: api.Notice) -> str:
    return ", ".join(
        f"{noticed.units.registry}:{noticed.units.first}-{noticed.units.last} "
        + notices_pb2.NoticeOutcome.Name(noticed.outcome)
        .removeprefix("NOTICE_OUTCOME_")
        .replace("_", " ")
        .lower()
        for noticed in each.units
    )


def _standing(each: api.Notice) -> str:
    if each.own:
        return f"read by {', '.join(each.read_by)}" if each.read_by else "sent"
    if each.HasField("acknowledge_time"):
        return f"acknowledged {showing.time_of(each.acknowledge_time)}"
    return "to be acknowledged"


@click.command()
@blocks_argument
@click.option("--authorization", default="", help="Authorization of the units from now on.")
@click.option(
    "--version", type=click.IntRange(1), help="Its latest version; default: as stated here."
)
@click.option(
    "--vintage", type=click.IntRange(1990, 9998), help="Vintage of the units from now on."
)
@click.option("--reason", required=True, help="Why; every holder reads it.")
@click.option(
    "--party",
    default="",
    help="First transferring Party; default: that of the authorization, or of the registry.",
)
@wait_option
@command
def notify(
    session: Session,
    blocks: tuple[units_pb2.UnitBlock, ...],
    authorization: str,
    version: int | None,
    vintage: int | None,
    reason: str,
    party: str,
    wait: float,
) -> None:
    """Give issued units another authorization or vintage; every holder is told."""
    if not authorization and vintage is None:
        raise click.UsageError("say what changes: --authorization, --vintage or both")
    if version is not None and not authorization:
        raise click.UsageError("--version goes with --authorization")
    notice = notices_pb2.UnitNotice(
        party=party,
        units=[
            notices_pb2.UnitRange(registry=block.registry, first=block.first, last=block.last)
            for block in blocks
        ],
        vintage=vintage or 0,
        reason=reason,
    )
    if authorization:
        notice.authorization.id = authorization
        notice.authorization.version = version or 0
    request = api.NotifyRequest(notice=notice, wait_ms=milliseconds(wait))
    answer = session.call_notices(lambda stub: stub.Notify(request, timeout=seconds_for(wait)))
    _show(session, answer, answer.outcome, "Changed, every holder is told", wait)


@click.command()
@click.argument("notice_id")
@click.option("--note", default="", help="Free text for whoever sent it.")
@wait_option
@command
def acknowledge(session: Session, notice_id: str, note: str, wait: float) -> None:
    """Say that a notice was read; nothing else follows from it."""
    request = api.AcknowledgeRequest(notice_id=notice_id, note=note, wait_ms=milliseconds(wait))
    answer = session.call_notices(lambda stub: stub.Acknowledge(request, timeout=seconds_for(wait)))
    _show(session, answer, answer.outcome, "Acknowledged", wait)


@click.command()
@click.argument("recipients", nargs=-1, required=True, metavar="REGISTRY...")
@click.option("--subject", required=True, help="What it is about, on one line.")
@click.option("--text", default="", help="The message.")
@wait_option
@command
def message(
    session: Session, recipients: tuple[str, ...], subject: str, text: str, wait: float
) -> None:
    """Write to the administrators of other registries or programmes."""
    written = notices_pb2.AdministratorMessage(recipients=recipients, subject=subject, text=text)
    request = api.WriteMessageRequest(message=written, wait_ms=milliseconds(wait))
    answer = session.call_notices(
        lambda stub: stub.WriteMessage(request, timeout=seconds_for(wait))
    )
    _show(session, answer, answer.outcome, "Sent", wait)


@click.command("programme-event")
@click.argument("kind", type=click.Choice(_EVENT_KINDS))
@click.argument("first_id")
@click.argument("last_id")
@click.option("--programme", default="", help="Where the node speaks for several.")
@click.option(
    "--date",
    "day",
    type=DAY,
    required=True,
    help="When it happened.",
)
@click.option("--beneficiary", default="", help="For whom.")
@click.option("--purpose", default="", help="What for, such as CORSIA.")
@wait_option
@command
def programme_event(
    session: Session,
    kind: str,
    first_id: str,
    last_id: str,
    programme: str,
    day: datetime,
    beneficiary: str,
    purpose: str,
    wait: float,
) -> None:
    """Say that units of the node's crediting programme were cancelled or used."""
    event = notices_pb2.ProgrammeEvent(
        kind=notices_pb2.ProgrammeEventKind.Value(f"PROGRAMME_EVENT_KIND_{kind.upper()}"),
        units=units_pb2.UnderlyingUnits(
            registry=programme, first_unit_id=first_id, last_unit_id=last_id
        ),
        date=day.date().isoformat(),
        beneficiary=beneficiary,
        purpose=purpose,
    )
    request = api.ReportProgrammeEventRequest(event=event, wait_ms=milliseconds(wait))
    answer = session.call_notices(
        lambda stub: stub.ReportProgrammeEvent(request, timeout=seconds_for(wait))
    )
    _show(session, answer, answer.outcome, "Told", wait)


def _show(
    session: Session,
    answer: Message,
    outcome: operator_service_pb2.Outcome,
    done: str,
    wait: float,
) -> None:
    """Show what came of a message, with its id, by which others name it; leave with its code."""

    def text() -> None:
        showing.outcome(session, outcome, done)
        session.console.print(f"  message {outcome.message_id}", style="dim", markup=False)

    session.show(answer, text)
    showing.leave(outcome, wait)


COMMANDS: Final = (notices, notify, acknowledge, message, programme_event)
