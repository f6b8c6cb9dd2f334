# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The operator agrees to the reversal of a completed transfer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from broker.cli.session import session

if TYPE_CHECKING:
    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2


@click.command(name="agree-to-reversal")
@click.argument("transaction_id")
@click.option("--reason", required=True, help="What the review found; both sides can read it.")
@click.option("--yes", is_flag=True, help="Agree without asking.")
def agree_to_reversal(transaction_id: str, reason: str, yes: bool) -> None:
    """Agrees that a completed transfer may be reversed, after a manual review of what happened.

    It does not move anything: the registry that holds the units then proposes the reversal, and
    the one that gave them accepts.
    """
    from broker.reports.transactions import meant
    from itmo.identifiers import parse_free_text, parse_transaction_id

    run = session()
    with run.reader() as connection:
        name = parse_transaction_id(meant(connection, transaction_id), "TRANSACTION_ID")
    parse_free_text(reason, "--reason")
    question = f"Agree that {name} may be reversed?"
    run.ask(question, yes=yes, needs="say --yes once the review is done")
    receipt = asyncio.run(_agree(run.settings(), name, reason))
    facts = {"transaction_id": name, "reason": reason, "log_index": receipt.log_index}
    run.show(
        facts,
        lambda screen: screen.line(
            f"{name} may be reversed from decision {receipt.log_index} on; its receiver proposes"
            " that with `registry-node reverse`."
        ),
    )


async def _agree(
    settings: BrokerSettings, transaction_id: str, reason: str
) -> decision_pb2.Receipt:
    from broker.cli.access import operator_of
    from itmo.core.v1 import statements_pb2
    from itmo.payloads import PayloadKind

    async with operator_of(settings) as operator:
        return await operator.state(
            PayloadKind.REVERSAL_STATEMENT,
            statements_pb2.ReversalStatement(transaction_id=transaction_id, reason=reason),
        )
