# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`alarms`: what a person must look at."""

from __future__ import annotations

from typing import Final

import click

from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from registry_node.cli import showing
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command()
@click.option("--all", "every", is_flag=True, help="Those that were acknowledged, too.")
@command
def alarms(session: Session, *, every: bool) -> None:
    """Lists what a person must look at, oldest first."""
    request = api.ListAlarmsRequest(acknowledged=every)
    answer = session.call(lambda stub: stub.ListAlarms(request, timeout=_SECONDS))

    def table(screen: Screen) -> None:
        if not answer.alarms:
            screen.line("There is no alarm.")
            return
        rows: list[tuple[object, ...]] = []
        for each in answer.alarms:
            looked = (
                showing.time_of(each.acknowledge_time) if each.HasField("acknowledge_time") else ""
            )
            found = f"{each.found} {each.transaction_id}".strip()
            rows.append((str(each.number), showing.time_of(each.time), each.code, found, looked))
        screen.table(("number", "when", "what", "found", "looked at"), rows)

    session.show(answer, table)
