# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto verification`: what a project reduced in a monitoring period."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import NUMBER, QUANTITY


@click.command()
@click.argument("project")
@click.argument("number", type=NUMBER)
@click.argument("from_day", type=DAY)
@click.argument("to_day", type=DAY)
@click.argument("quantity", type=QUANTITY)
@click.option("--draft", is_flag=True, help="It is not final yet.")
def verification(
    project: str, number: int, from_day: datetime, to_day: datetime, quantity: int, draft: bool
) -> None:
    """States verification NUMBER of a PROJECT for the days FROM_DAY to TO_DAY: QUANTITY units."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Verification(
        project=project,
        verification_number=number,
        from_day=from_day.date().isoformat(),
        to_day=to_day.date().isoformat(),
        quantity=quantity,
        final=not draft,
    )
    state(f"Verification {number} of {project}", statements_pb2.KyotoStatement(verification=said))
