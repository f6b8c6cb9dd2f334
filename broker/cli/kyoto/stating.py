# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every command does that states something under the rulebook `kyoto`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from broker.cli.session import session

if TYPE_CHECKING:
    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2
    from itmo.kyoto.v1 import statements_pb2


def state(what: str, statement: statements_pb2.KyotoStatement) -> None:
    """States something and shows its place in the log.

    Args:
        what: What it is about, for people.
        statement: The message, without its header.
    """
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
