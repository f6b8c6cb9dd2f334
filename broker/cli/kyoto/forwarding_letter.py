# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto forwarding-letter`: by which units of an activity may go to the registry of a Party."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY


@click.command("forwarding-letter")
@click.argument("party")
@click.argument("activity")
@click.argument("day", type=DAY)
@click.option("--reference", default="", help="How the Party calls it.")
@click.option("--withdrawn", is_flag=True, help="It holds no more.")
def forwarding_letter(
    party: str, activity: str, day: datetime, reference: str, withdrawn: bool
) -> None:
    """States the letter of a PARTY of a DAY, by which CERs of an ACTIVITY may be forwarded to it."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.ForwardingLetter(
        party=party,
        project=activity,
        signed_on=day.date().isoformat(),
        reference=reference,
        withdrawn=withdrawn,
    )
    what = f"Letter of {party} for {activity}"
    state(what, statements_pb2.KyotoStatement(forwarding_letter=said))
