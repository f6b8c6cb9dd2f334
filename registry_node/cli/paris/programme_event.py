# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`programme-event`: what happened to units of a crediting programme."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import click

from itmo.paris.v1 import attributes_pb2, programmes_pb2
from itmo.registry.v1 import paris_service_pb2 as api
from itmo.runtime.cli.times import DAY
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for

_EVENT_KINDS: Final = ("cancellation", "use")


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
    """Says that units of the node's crediting programme were cancelled or used."""
    event = programmes_pb2.ProgrammeEvent(
        kind=programmes_pb2.ProgrammeEventKind.Value(f"PROGRAMME_EVENT_KIND_{kind.upper()}"),
        units=attributes_pb2.UnderlyingUnits(
            registry=programme, first_unit_id=first_id, last_unit_id=last_id
        ),
        date=day.date().isoformat(),
        beneficiary=beneficiary,
        purpose=purpose,
    )
    request = api.ReportProgrammeEventRequest(event=event, wait_ms=milliseconds(wait))
    answer = session.call_paris(
        lambda stub: stub.ReportProgrammeEvent(request, timeout=seconds_for(wait))
    )
    tell(session, answer, wait, "Told", named=True)
