# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`complete`: the last word on an own proposal."""

from __future__ import annotations

import click

from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("transaction_id")
@wait_option
@command
def complete(session: Session, transaction_id: str, wait: float) -> None:
    """Completes an own proposal that was made with --by-proposer and accepted."""
    request = api.CompleteRequest(transaction_id=transaction_id, wait_ms=milliseconds(wait))
    answer = session.call(lambda stub: stub.Complete(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, "Completed")
