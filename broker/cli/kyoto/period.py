# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto period`: a commitment period, and when its units may be carried over."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import NUMBER


@click.command()
@click.argument("number", type=NUMBER)
@click.argument("first_day", type=DAY, required=False)
@click.argument("last_day", type=DAY, required=False)
@click.argument("true_up_ends", type=DAY, required=False)
@click.option("--carry-over", nargs=2, type=DAY, metavar="FROM UNTIL",
              help="First and last day on which its units may be carried over.")  # fmt: skip
def period(
    number: int,
    first_day: datetime | None,
    last_day: datetime | None,
    true_up_ends: datetime | None,
    carry_over: tuple[datetime, datetime] | None,
) -> None:
    """States commitment period NUMBER, its two ends, and the last day of its true-up.

    With the number alone periods 1 and 2 are stated as they were, with their window of carry-over.
    """
    from broker.rulebook.kyoto.tables import PERIODS
    from itmo.kyoto.v1 import statements_pb2

    days = [each for each in (first_day, last_day, true_up_ends) if each is not None]
    if days and true_up_ends is None:
        raise click.UsageError("name all three days, or none for a period as it was")
    said = statements_pb2.CommitmentPeriod(period=number)
    if days:
        texts = [each.date().isoformat() for each in days]
        said.first_day, said.last_day, said.true_up_ends = texts
    elif number not in PERIODS:
        known = " and ".join(map(str, PERIODS))
        raise click.UsageError(f"of period {number} nothing is known but of {known}; name its days")
    else:
        was = PERIODS[number]
        said.first_day = was.first_day.isoformat()
        said.last_day = was.last_day.isoformat()
        said.true_up_ends = was.true_up_ends.isoformat()
        said.carry_over_from = was.carry_over_from.isoformat() if was.carry_over_from else ""
        said.carry_over_until = was.carry_over_until.isoformat() if was.carry_over_until else ""
    if carry_over:
        said.carry_over_from, said.carry_over_until = (d.date().isoformat() for d in carry_over)
    state(f"Period {number}", statements_pb2.KyotoStatement(period=said))
