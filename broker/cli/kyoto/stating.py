# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every command does that states something under the rulebook `kyoto`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
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
    place = placed(statement)
    run.show(
        {"stated": what, "log_index": place},
        lambda screen: screen.line(f"{what} is stated, decision {place} of the log."),
    )


def placed(statement: statements_pb2.KyotoStatement) -> int:
    """States something, and returns its place in the log."""
    return asyncio.run(_submit(session().settings(), statement)).log_index


def state_all(statements: Iterable[statements_pb2.KyotoStatement]) -> None:
    """States several things, one after the other; what stands before a refused one is stated."""
    asyncio.run(_submit_all(session().settings(), statements))


async def _submit_all(
    settings: BrokerSettings, statements: Iterable[statements_pb2.KyotoStatement]
) -> None:
    from broker.cli.access import operator_of
    from itmo.payloads import PayloadKind

    async with operator_of(settings) as operator:
        for each in statements:
            await operator.state(PayloadKind.KYOTO_STATEMENT, each)


async def _submit(
    settings: BrokerSettings, statement: statements_pb2.KyotoStatement
) -> decision_pb2.Receipt:
    from broker.cli.access import operator_of
    from itmo.payloads import PayloadKind

    async with operator_of(settings) as operator:
        return await operator.state(PayloadKind.KYOTO_STATEMENT, statement)
