# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`reject`: no to a transfer that waits here."""

from __future__ import annotations

import click

from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("transaction_id")
@click.option("--reason", default="", help="Why, for the proposer.")
@wait_option
@command
def reject(session: Session, transaction_id: str, reason: str, wait: float) -> None:
    """Rejects a transfer that waits here (see `inbox`)."""
    request = api.RejectRequest(
        transaction_id=transaction_id, reason=reason, wait_ms=milliseconds(wait)
    )
    answer = session.call(lambda stub: stub.Reject(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, "Rejected")
