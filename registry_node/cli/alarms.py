# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`alarms`: what a person must look at."""

from __future__ import annotations

from typing import Final

import click
from rich.markup import escape

from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli import showing
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command()
@click.option("--all", "every", is_flag=True, help="Those that were acknowledged, too.")
@command
def alarms(session: Session, *, every: bool) -> None:
    """List what a person must look at, oldest first."""
    request = api.ListAlarmsRequest(acknowledged=every)
    answer = session.call(lambda stub: stub.ListAlarms(request, timeout=_SECONDS))

    def table() -> None:
        if not answer.alarms:
            session.console.print("There is no alarm.")
            return
        made = showing.table_of("", "number", "when", "what", "found", "looked at")
        for each in answer.alarms:
            looked = (
                showing.time_of(each.acknowledge_time) if each.HasField("acknowledge_time") else ""
            )
            found = f"{each.found} {each.transaction_id}".strip()
            made.add_row(
                str(each.number), showing.time_of(each.time), each.code, escape(found), looked
            )
        session.console.print(made)

    session.show(answer, table)
