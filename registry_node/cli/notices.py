# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`notices`: what came and went."""

from __future__ import annotations

import json
from typing import Final

import click

from itmo.core.v1 import notices_pb2
from itmo.paris.v1 import programmes_pb2, unit_notices_pb2
from itmo.registry.v1 import notice_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from registry_node.cli import showing
from registry_node.cli.pages import all_pages
from registry_node.cli.session import Session, command, seconds_for

_PAGE: Final = 50
"""A notice may name 500 ranges, its receipt as many again; 50 of them fit into an answer."""


@click.command()
@click.option("--open", "only_open", is_flag=True, help="Only those to be acknowledged here.")
@command
def notices(session: Session, only_open: bool) -> None:
    """Lists notices, events of programmes, messages and maintenance, newest first."""

    def ask(token: str) -> api.ListNoticesResponse:
        request = api.ListNoticesRequest(open=only_open, page_size=_PAGE, page_token=token)
        return session.call_notices(lambda stub: stub.ListNotices(request, timeout=seconds_for(0)))

    found = all_pages(ask, "notices")

    def table(screen: Screen) -> None:
        if not found.notices:
            screen.line("No notice waits." if only_open else "No notices.")
            return
        rows: list[tuple[object, ...]] = [
            (
                each.notice_id,
                showing.time_of(each.time),
                each.sender,
                _said(each),
                _units(each),
                _standing(each),
            )
            for each in found.notices
        ]
        screen.table(("notice", "when", "from", "what", "units", "standing"), rows, title="Notices")

    session.show(found, table)


def _said(each: api.Notice) -> str:
    """What a notice says, on a line; a message in full."""
    match each.WhichOneof("content"):
        case "unit_notice":
            return _change(each.unit_notice)
        case "programme_event":
            event = each.programme_event
            kind = programmes_pb2.ProgrammeEventKind.Name(event.kind)
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
        case "stated":
            return _plain(json.loads(each.stated))
        case _:
            window = each.maintenance
            return (
                f"maintenance of {window.registry or 'the whole clearing-house'} from"
                f" {showing.time_of(window.start_time)} to {showing.time_of(window.end_time)}:"
                f" {window.reason}"
            )


def _plain(said: object) -> str:
    """What was stated, in a line: names and values in the order in which they are written."""
    if isinstance(said, dict):
        return ", ".join(
            f"{name.replace('_', ' ')} {_plain(value)}" for name, value in said.items()
        )
    if isinstance(said, list):
        return "; ".join(map(_plain, said))
    return str(said)


def _change(written: unit_notices_pb2.UnitNotice) -> str:
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
