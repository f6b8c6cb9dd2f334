# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto target`: what a Party means to reach."""

from __future__ import annotations

from typing import Any

import click

from broker.cli.kyoto.stating import state
from itmo.runtime.cli.times import PERIOD
from itmo.runtime.cli.whole_numbers import NUMBER_OR_NONE, QUANTITY

_YEAR = click.IntRange(1900, 2200)
_SHARE = click.IntRange(-10_000, 10_000)


@click.command()
@click.argument("party")
@click.argument("name")
@click.argument("years", type=PERIOD)
@click.option("--base", "base_emissions", type=QUANTITY, required=True, metavar="TONNES",
              help="Emissions of the base, t CO2 eq a year.")  # fmt: skip
@click.option("--base-year", type=_YEAR, required=True, help="The year of the base, or the first.")
@click.option("--reduction", "least", type=_SHARE, required=True, metavar="HUNDREDTHS",
              help="Below the base, in hundredths of a per cent: 2000 is 20 per cent.")  # fmt: skip
@click.option("--up-to", "most", type=_SHARE, metavar="HUNDREDTHS",
              help="The most, where it is a range.")  # fmt: skip
@click.option("--condition", "conditions", multiple=True, help="What it depends on; repeatable.")
@click.option("--met", is_flag=True, help="These conditions are met.")
@click.option(
    "--gas", "gases", multiple=True, help="A gas that it covers, such as CO2; repeatable."
)
@click.option("--sector", "sectors", multiple=True, help="A sector; repeatable.")
@click.option("--activity", "activities", type=click.IntRange(1, 7), multiple=True,
              help="A land-use activity that it counts, 1 to 7; repeatable.")  # fmt: skip
@click.option("--land-use-rule", default="", help="By which rule land use is counted.")
@click.option("--abroad", type=click.IntRange(0, 10_000), default=10_000, metavar="HUNDREDTHS",
              help="The most that units from abroad may meet.")  # fmt: skip
@click.option("--period", type=NUMBER_OR_NONE, default=0, metavar="NUMBER",
              help="Commitment period whose units count towards it; 0: none.")  # fmt: skip
def target(
    party: str,
    name: str,
    years: tuple[int, int],
    **fields: Any,  # noqa: ANN401  # fields of the message, as click read them
) -> None:
    """States target NAME of a PARTY for YEARS such as 2013-2020; stated anew it is replaced."""
    from itmo.kyoto.v1 import statements_pb2

    least, most = fields.pop("least"), fields.pop("most")
    abroad, met = fields.pop("abroad"), fields.pop("met")
    said = statements_pb2.Target(
        party=party,
        name=name,
        first_year=years[0],
        last_year=years[1],
        least_per_myriad=least,
        most_per_myriad=least if most is None else most,
        abroad_per_myriad=abroad,
        conditions_met=met,
        **fields,
    )
    state(f"Target {name} of {party}", statements_pb2.KyotoStatement(target=said))
