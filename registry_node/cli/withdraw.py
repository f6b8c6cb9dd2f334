# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`withdraw`: an own proposal is taken back."""

from __future__ import annotations

import click

from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli.options import wait_option
from registry_node.cli.sending import milliseconds, tell
from registry_node.cli.session import Session, command, seconds_for


@click.command()
@click.argument("transaction_id")
@click.option("--reason", default="", help="Why, for the receiver.")
@wait_option
@command
def withdraw(session: Session, transaction_id: str, reason: str, wait: float) -> None:
    """Withdraws an own proposal that is not accepted yet, or that was never sent."""
    request = api.WithdrawRequest(
        transaction_id=transaction_id, reason=reason, wait_ms=milliseconds(wait)
    )
    answer = session.call(lambda stub: stub.Withdraw(request, timeout=seconds_for(wait)))
    tell(session, answer, wait, "Withdrawn")
