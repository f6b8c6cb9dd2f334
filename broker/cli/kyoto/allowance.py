# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto allowance`: how many removal units a Party may issue for an activity."""

from __future__ import annotations

import click

from broker.cli.kyoto.options import ACTIVITY
from broker.cli.kyoto.stating import state
from itmo.runtime.cli.whole_numbers import NUMBER, QUANTITY


@click.command()
@click.argument("party")
@click.argument("number", metavar="PERIOD", type=NUMBER)
@click.argument("activity", type=ACTIVITY)
@click.argument("quantity", type=QUANTITY)
def allowance(party: str, number: int, activity: int, quantity: int) -> None:
    """States how many RMUs a PARTY may issue for a PERIOD and an ACTIVITY such as forest-management."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.RemovalAllowance(
        party=party,
        period=number,
        activity=activity,  # type: ignore[arg-type]  # a code, as the option read it
        quantity=quantity,
    )
    state(f"Allowance of {party}", statements_pb2.KyotoStatement(removal_allowance=said))
