# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto assigned-amount`: what a Party may issue for a period."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.whole_numbers import NUMBER, QUANTITY


class _Percentage(click.ParamType[int]):
    """A percentage with at most two decimals, read as hundredths."""

    name = "percentage"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Reads a percentage."""
        try:
            hundredths = Decimal(str(value)) * 100
        except InvalidOperation:
            hundredths = Decimal(0)
        if not hundredths.is_finite() or hundredths != int(hundredths) or hundredths <= 0:
            self.fail(f"{str(value)!a} is no percentage; write one such as 87.5.", param, ctx)
        return int(hundredths)


@click.command("assigned-amount")
@click.argument("party")
@click.argument("number", metavar="PERIOD", type=NUMBER)
@click.argument("quantity", type=QUANTITY, required=False)
@click.option("--base", type=QUANTITY, metavar="TONNES",
              help="Emissions of the base year, t CO2 eq.")  # fmt: skip
@click.option("--base-year", type=click.IntRange(1900, 2200), default=1990, show_default=True,
              help="The base year, or the first.")  # fmt: skip
@click.option("--percentage", "per_myriad", type=_Percentage(),
              help="Of the base that may be emitted a year, such as 87.5.")  # fmt: skip
def assigned_amount(
    party: str,
    number: int,
    quantity: int | None,
    base: int | None,
    base_year: int,
    per_myriad: int | None,
) -> None:
    """States how many AAUs a PARTY may issue for a PERIOD.

    Without a QUANTITY it follows from --base and --percentage, for the years of the period.
    """
    from broker.rulebook.kyoto.tables import PERIODS
    from itmo.kyoto.v1 import statements_pb2

    if (base is None) != (per_myriad is None):
        raise click.UsageError("--base and --percentage go together")
    said = statements_pb2.AssignedAmount(party=party, period=number)
    if base is not None and per_myriad is not None:
        said.base_emissions, said.base_year, said.per_myriad = base, base_year, per_myriad
        if quantity is None and number in PERIODS:
            quantity = base * per_myriad * PERIODS[number].years // 10_000
    if quantity is None:
        raise click.UsageError("say the QUANTITY, or --base and --percentage")
    said.quantity = quantity
    state(f"Amount of {party}", statements_pb2.KyotoStatement(assigned_amount=said))
