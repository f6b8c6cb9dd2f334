# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto`: what the operator states under the rulebook of that name."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.kyoto.stating import state
from broker.cli.kyoto.target import target
from broker.cli.kyoto.targets import targets
from itmo.runtime.cli.times import DAY


@click.group()
def kyoto() -> None:
    """States what the rulebook kyoto asks for; of one name the last statement holds."""


@kyoto.command()
@click.argument("number", type=click.IntRange(1))
@click.argument("first_day", type=DAY)
@click.argument("last_day", type=DAY)
@click.argument("true_up_ends", type=DAY)
def period(number: int, first_day: datetime, last_day: datetime, true_up_ends: datetime) -> None:
    """States commitment period NUMBER, its two ends, and the last day of its true-up."""
    from itmo.kyoto.v1 import statements_pb2

    days = [each.date().isoformat() for each in (first_day, last_day, true_up_ends)]
    said = statements_pb2.CommitmentPeriod(
        period=number, first_day=days[0], last_day=days[1], true_up_ends=days[2]
    )
    state(f"Period {number}", statements_pb2.KyotoStatement(period=said))


@kyoto.command("assigned-amount")
@click.argument("party")
@click.argument("number", metavar="PERIOD", type=click.IntRange(1))
@click.argument("quantity", type=click.IntRange(1))
def assigned_amount(party: str, number: int, quantity: int) -> None:
    """States how many AAUs a PARTY may issue for a PERIOD."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.AssignedAmount(party=party, period=number, quantity=quantity)
    state(f"Amount of {party}", statements_pb2.KyotoStatement(assigned_amount=said))


@kyoto.command()
@click.argument("party")
@click.option("--no-longer", is_flag=True, help="It is not, or not any more.")
def eligible(party: str, no_longer: bool) -> None:
    """States that a PARTY may take part in the mechanisms."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Eligibility(party=party, eligible=not no_longer)
    state(f"Eligibility of {party}", statements_pb2.KyotoStatement(eligibility=said))


@kyoto.command()
@click.argument("project")
def project(project: str) -> None:
    """States that a PROJECT such as UKR1000022 is known: host Party and number."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Project(project=project)
    state(f"Project {project}", statements_pb2.KyotoStatement(project=said))


kyoto.add_command(target)
kyoto.add_command(targets)
