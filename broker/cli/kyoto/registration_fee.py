# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto registration-fee`: what is prepaid when an activity is registered."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.session import session
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import QUANTITY_OR_NONE


@click.command("registration-fee")
@click.argument("reductions", type=QUANTITY_OR_NONE)
@click.option("--on", "on", type=DAY, help="Day of the registration; today where not given.")
def registration_fee(reductions: int, on: datetime | None) -> None:
    """Says what is due for an activity by its average yearly REDUCTIONS, t CO2 eq; it is a prepayment."""
    from broker.rulebook.kyoto.fees import dollars
    from broker.rulebook.kyoto.fees import registration_fee as due
    from itmo.clock import SystemClock

    cents = due(reductions, (on or SystemClock().now()).date())
    session().show({"owed_cents": cents}, lambda screen: screen.line(f"{dollars(cents)} are due."))
