# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`acknowledge-alarms`: alarms that somebody has looked at."""

from __future__ import annotations

from typing import Final

import click

from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.whole_numbers import LARGE_NUMBER
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command("acknowledge-alarms")
@click.argument("numbers", nargs=-1, type=LARGE_NUMBER)
@click.option("--code", default="", help="Only those of this code.")
@click.option("--all", "every", is_flag=True, help="All that are open.")
@command
def acknowledge_alarms(
    session: Session, numbers: tuple[int, ...], code: str, *, every: bool
) -> None:
    """Says that you have looked at alarms; they stay in the store, and off `status`."""
    if not numbers and not code and not every:
        raise click.UsageError("name alarms by their numbers, by --code, or --all")
    request = api.AcknowledgeAlarmsRequest(numbers=numbers, code=code)
    answer = session.call(lambda stub: stub.AcknowledgeAlarms(request, timeout=_SECONDS))
    session.show(
        answer,
        lambda screen: screen.line(f"{answer.acknowledged} acknowledged."),
    )
