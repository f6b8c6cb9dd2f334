# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto activity-move`: that an activity goes on under the mechanism of Article 6.4."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY


@click.command("activity-move")
@click.argument("activity")
@click.argument("day", type=DAY, required=False)
@click.option("--as", "moved_to", default="", help="How it is called there.")
def activity_move(activity: str, day: datetime | None, moved_to: str) -> None:
    """States that for what an ACTIVITY is monitored from a DAY on, units are issued there and not here.

    Without a DAY it did not move, whatever was stated before.
    """
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.ActivityMove(
        project=activity, from_day=day.date().isoformat() if day else "", moved_to=moved_to
    )
    state(f"Move of {activity}", statements_pb2.KyotoStatement(activity_move=said))
