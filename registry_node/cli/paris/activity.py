# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`activity`: the registration of an activity is stated."""

from __future__ import annotations

from datetime import datetime

import click

from itmo.paris.v1 import approaches_pb2
from itmo.registry.v1 import paris_service_pb2 as api
from itmo.runtime.cli.times import DAY
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("approach")
@click.argument("name", metavar="ACTIVITY")
@click.option(
    "--registered",
    required=True,
    type=DAY,
    help="The day on which it was registered.",
)
@wait_option
@command
def activity(session: Session, approach: str, name: str, registered: datetime, wait: float) -> None:
    """States when an ACTIVITY was registered, as its units name it; the mechanism registry's only."""
    stated = approaches_pb2.ActivityStatement(
        cooperative_approach=approach,
        activity=name,
        registration_date=registered.date().isoformat(),
    )
    request = api.RegisterActivityRequest(statement=stated, wait_ms=milliseconds(wait))
    answer = session.call_paris(
        lambda stub: stub.RegisterActivity(request, timeout=seconds_for(wait))
    )
    tell(session, answer, wait, "Registration stated")
