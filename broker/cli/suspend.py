# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Suspension of a registry."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from broker.cli.session import session

if TYPE_CHECKING:
    from broker.rulebook.general.registries import OperationalStatus
    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2


@click.command()
@click.argument("registry")
@click.option(
    "--reason", required=True, metavar="TEXT", help="Why; the node of the registry reads it."
)
@click.option("--only-new", is_flag=True, help="Refuse new proposals only; what is open may end.")
def suspend(registry: str, reason: str, only_new: bool) -> None:
    """Suspends a REGISTRY until it is resumed; its node is told, with the reason.

    No proposal from or to it is validated, no acceptance and no completion of what is open takes effect,
    and its accounts stay as they are. What ends a transaction does: rejection, withdrawal, the deadline.
    Its node goes on reading, reporting and writing; letters are the Party's and not the registry's.
    """
    from broker.rulebook.general.registries import OperationalStatus

    status = (
        OperationalStatus.TRANSACTIONS_DISALLOWED if only_new else OperationalStatus.NON_OPERATIONAL
    )
    set_status(registry, status, reason)


def set_status(
    registry: str, status: OperationalStatus, reason: str, rulebooks: tuple[str, ...] = ()
) -> None:
    """Sets whether a registry takes part, and shows the decision."""
    from itmo.identifiers import parse_free_text, parse_registry_id

    run = session()
    name = parse_registry_id(registry, "REGISTRY")
    parse_free_text(reason, "--reason")
    receipt = asyncio.run(_state_status(run.settings(), name, status, reason, rulebooks))
    facts = {"registry": name, "status": status, "reason": reason, "log_index": receipt.log_index}
    run.show(
        facts,
        lambda screen: screen.line(f"{name} is {status} from decision {receipt.log_index} on."),
    )


async def _state_status(
    settings: BrokerSettings,
    registry: str,
    status: OperationalStatus,
    reason: str,
    rulebooks: tuple[str, ...],
) -> decision_pb2.Receipt:
    from broker.cli.access import operator_of

    async with operator_of(settings) as operator:
        return await operator.set_registry_status(registry, status, reason, rulebooks)
