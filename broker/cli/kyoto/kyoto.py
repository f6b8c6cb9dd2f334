# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto`: what the operator states under the rulebook of that name."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.runtime.cli.times import DAY

if TYPE_CHECKING:
    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2
    from itmo.kyoto.v1 import statements_pb2


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
    _state(f"Period {number}", statements_pb2.KyotoStatement(period=said))


@kyoto.command("assigned-amount")
@click.argument("party")
@click.argument("number", metavar="PERIOD", type=click.IntRange(1))
@click.argument("quantity", type=click.IntRange(1))
def assigned_amount(party: str, number: int, quantity: int) -> None:
    """States how many AAUs a PARTY may issue for a PERIOD."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.AssignedAmount(party=party, period=number, quantity=quantity)
    _state(f"Amount of {party}", statements_pb2.KyotoStatement(assigned_amount=said))


@kyoto.command()
@click.argument("party")
@click.option("--no-longer", is_flag=True, help="It is not, or not any more.")
def eligible(party: str, no_longer: bool) -> None:
    """States that a PARTY may take part in the mechanisms."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Eligibility(party=party, eligible=not no_longer)
    _state(f"Eligibility of {party}", statements_pb2.KyotoStatement(eligibility=said))


@kyoto.command()
@click.argument("project")
def project(project: str) -> None:
    """States that a PROJECT such as UKR1000022 is known: host Party and number."""
    from itmo.kyoto.v1 import statements_pb2

    said = statements_pb2.Project(project=project)
    _state(f"Project {project}", statements_pb2.KyotoStatement(project=said))


def _state(what: str, statement: statements_pb2.KyotoStatement) -> None:
    run = session()
    receipt = asyncio.run(_submit(run.settings(), statement))
    place = receipt.log_index
    run.show(
        {"stated": what, "log_index": place},
        lambda screen: screen.line(f"{what} is stated, decision {place} of the log."),
    )


async def _submit(
    settings: BrokerSettings, statement: statements_pb2.KyotoStatement
) -> decision_pb2.Receipt:
    from broker.cli.access import operator_of
    from itmo.payloads import PayloadKind

    async with operator_of(settings) as operator:
        return await operator.state(PayloadKind.KYOTO_STATEMENT, statement)
