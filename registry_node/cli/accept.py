# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`accept`: yes to a transfer that waits here."""

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
def accept(session: Session, transaction_id: str, wait: float) -> None:
    """Accepts a transfer that waits here (see `inbox`)."""
    request = api.AcceptRequest(transaction_id=transaction_id, wait_ms=milliseconds(wait))
    answer = session.call(lambda stub: stub.Accept(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, "Accepted")
