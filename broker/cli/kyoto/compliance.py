# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto compliance`: whether compliance of a Party with a period is settled."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import DAY
from itmo.runtime.cli.whole_numbers import NUMBER, QUANTITY_OR_NONE


@click.command()
@click.argument("party")
@click.argument("number", metavar="PERIOD", type=NUMBER)
@click.argument("emissions", type=QUANTITY_OR_NONE)
@click.option("--settled", type=DAY, help="The day; left out, it is not settled, or not any more.")
def compliance(party: str, number: int, emissions: int, settled: datetime | None) -> None:
    """States compliance of a PARTY with a PERIOD: EMISSIONS of all its years, t CO2 eq."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Compliance(
        party=party,
        period=number,
        emissions=emissions,
        settled_on=settled.date().isoformat() if settled else "",
    )
    state(f"Compliance of {party}", statements_pb2.KyotoStatement(compliance=said))
