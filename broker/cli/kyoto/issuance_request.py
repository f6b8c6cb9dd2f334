# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto issuance-request`: that units of an activity were asked for."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import NUMBER, QUANTITY_OR_NONE


@click.command("issuance-request")
@click.argument("activity")
@click.argument("number", type=NUMBER)
@click.argument("day", type=DAY)
@click.argument("quantity", type=QUANTITY_OR_NONE)
@click.option("--paid-before", is_flag=True, help="It is dealt with only when it is paid for.")
def issuance_request(
    activity: str, number: int, day: datetime, quantity: int, paid_before: bool
) -> None:
    """States request NUMBER of an ACTIVITY such as IND9876, of a DAY, for so many units; 0: withdrawn."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.IssuanceRequest(
        project=activity,
        request_number=number,
        requested_on=day.date().isoformat(),
        quantity=quantity,
        paid_before=paid_before,
    )
    state(f"Request {number} of {activity}", statements_pb2.KyotoStatement(issuance_request=said))
