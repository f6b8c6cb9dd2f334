# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto fee-payment`: that something was paid for an activity."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import NUMBER

_FOR: Final = ("issuance", "registration", "methodology")


@click.command("fee-payment")
@click.argument("activity")
@click.argument("number", type=NUMBER)
@click.argument("day", type=DAY)
@click.argument("cents", type=click.IntRange(0, 2**32 - 1))
@click.option("--for", "what", type=click.Choice(_FOR), default=_FOR[0], show_default=True,
              help="What was paid: all of it counts towards the share for administration.")  # fmt: skip
def fee_payment(activity: str, number: int, day: datetime, cents: int, what: str) -> None:
    """States payment NUMBER for an ACTIVITY, received on a DAY, in whole CENTS of dollars; 0: paid back."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.FeePayment(
        project=activity,
        payment_number=number,
        paid_on=day.date().isoformat(),
        cents=cents,
        kind=statements_pb2.FeeKind.Value(f"FEE_KIND_{what.upper()}"),
    )
    state(f"Payment {number} for {activity}", statements_pb2.KyotoStatement(fee_payment=said))
