# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`clock`: the clock of a test network is set."""

from __future__ import annotations

from datetime import datetime

import click

from itmo import forms
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.times import MOMENT
from itmo.timestamps import moment, timestamp
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("time", type=MOMENT)
@command
def clock(session: Session, time: datetime) -> None:
    """Sets the node's clock forward, on a test network: registry-node clock 2025-03-01T00:00:00Z."""
    request = api.SetClockRequest(time=timestamp(time))
    answer = session.call(lambda stub: stub.SetClock(request, timeout=seconds_for(0)))
    said = f"The node's time is {forms.moment(moment(answer.time, 'time'))}."
    session.show(answer, lambda screen: screen.line(said))
