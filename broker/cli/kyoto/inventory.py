# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto inventory`: what a Party emitted in a year, after review."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import QUANTITY


@click.command()
@click.argument("party")
@click.argument("year", type=click.IntRange(1900, 2200))
@click.argument("emissions", type=QUANTITY)
@click.option("--reviewed", type=DAY, required=True, help="Day on which its review ended.")
def inventory(party: str, year: int, emissions: int, reviewed: datetime) -> None:
    """States what a PARTY emitted in a YEAR: EMISSIONS in t CO2 eq, after review."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Inventory(
        party=party, year=year, emissions=emissions, reviewed_on=reviewed.date().isoformat()
    )
    state(f"Inventory {year} of {party}", statements_pb2.KyotoStatement(inventory=said))
