# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How the operator states something of a Party or an approach."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from broker.cli.session import session

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from broker.cli.paris.statement_forms import ApproachForm, PartyForm
    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2
    from itmo.payloads import PayloadKind

FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
YES: Final = click.option("--yes", is_flag=True, help="Replace what was stated without asking.")


def given(options: dict[str, Any]) -> list[str]:
    """Names of options that were given."""
    return [key for key, value in options.items() if value not in (None, False, (), "")]


def alone(name: str | None, options: dict[str, Any]) -> None:
    """Refuses a name or options beside --file."""
    if name is not None or given(options):
        raise click.UsageError("--file says everything; leave the name and the other options out")


def constant(text: str) -> str:
    """A word of the command line as the protocol names it."""
    return text.upper().replace("-", "_")


def state(
    kind: PayloadKind, statement: Message, name: dict[str, str], form: PartyForm | ApproachForm
) -> None:
    """States it as the operator, and shows the decision."""
    run = session()
    receipt = asyncio.run(submit(run.settings(), kind, statement))
    stated = form.model_dump(mode="json")
    facts = {**name, "log_index": receipt.log_index, "stated": stated}
    told = next(iter(name.values()))
    run.show(
        facts,
        lambda screen: screen.line(f"{told} is stated, decision {receipt.log_index} of the log."),
    )


async def submit(
    settings: BrokerSettings, kind: PayloadKind, statement: Message
) -> decision_pb2.Receipt:
    """States something as the operator; the broker runs or not."""
    from broker.cli.access import operator_of

    async with operator_of(settings) as operator:
        return await operator.state(kind, statement)
