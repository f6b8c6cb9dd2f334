# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Windows of maintenance."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.runtime.cli.times import MOMENT

if TYPE_CHECKING:
    from datetime import datetime

    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2, notices_pb2


@click.command()
@click.option("--registry", default="", help="The registry; left out: the whole clearing-house.")
@click.option("--start", type=MOMENT, required=True, help="Start of the window.")
@click.option("--end", type=MOMENT, required=True, help="End of the window.")
@click.option("--reason", required=True, help="Why; every node reads it.")
def maintenance(registry: str, start: datetime, end: datetime, reason: str) -> None:
    """Announces a window in which a registry, or every one, takes no new proposals."""
    from itmo.clock import to_text
    from itmo.core.v1 import notices_pb2
    from itmo.timestamps import timestamp

    run = session()
    statement = notices_pb2.MaintenanceStatement(
        registry=registry, start_time=timestamp(start), end_time=timestamp(end), reason=reason
    )
    receipt = asyncio.run(_state(run.settings(), statement))
    facts = {
        "registry": registry,
        "start": to_text(start),
        "end": to_text(end),
        "log_index": receipt.log_index,
    }
    run.show(
        facts,
        lambda screen: screen.line(
            f"{registry or 'The whole clearing-house'} takes no new proposals from {to_text(start)}"
            f" to {to_text(end)}; every node is told."
        ),
    )


async def _state(
    settings: BrokerSettings, statement: notices_pb2.MaintenanceStatement
) -> decision_pb2.Receipt:
    from broker.cli.access import operator_of
    from itmo.payloads import PayloadKind

    async with operator_of(settings) as operator:
        return await operator.state(PayloadKind.MAINTENANCE_STATEMENT, statement)
